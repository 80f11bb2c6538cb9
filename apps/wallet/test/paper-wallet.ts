import { type AccountId, parseId } from '@sallyport/kernel'
import type * as fc from 'fast-check'
import { expect } from 'vitest'
import type { OfferBatch, OfferBatchId } from '../src/holds/offers.ts'
import type { Settlement } from '../src/holds/settlements.ts'
import { type Tux, tux } from '../src/ledger/money.ts'
import type { AuctionId, HoldId, TransferId } from '../src/ledger/transfer.ts'
import { outcomeOf, type TestWallet } from './test-wallet.ts'

/** The wallet as one would keep it on paper. */
export interface Paper {
  readonly players: Map<AccountId, PaperPlayer>
  /** What each id was first used for, and what came of it. */
  readonly transfers: Map<TransferId, { readonly content: string; readonly outcome: string }>
  readonly holds: Map<HoldId, PaperHold>
  readonly batches: Map<OfferBatchId, { readonly content: string; readonly outcome: string }>
  /** What an auction house knows: the batches it sent, and what stands on its lots. */
  readonly sent: Map<OfferBatchId, OfferBatch>
  readonly lots: Map<AuctionId, { readonly hold: HoldId; readonly amount: Tux }>
}

export function emptyPaper(): Paper {
  return {
    players: new Map(),
    transfers: new Map(),
    holds: new Map(),
    batches: new Map(),
    sent: new Map(),
    lots: new Map(),
  }
}

interface PaperHold {
  /** Undefined when it was released before it was placed. */
  readonly placed?: { readonly uid: AccountId; readonly amount: bigint } | undefined
  state: 'open' | 'captured' | 'released'
  /** The sale that ended it, if one did, and what came of that. */
  capture?: { readonly content: string; readonly outcome: string }
}

interface PaperPlayer {
  state: 'open' | 'closed'
  /** Without what is held. */
  tux: bigint
  fiat: bigint
}

/** What things happen to. */
export type Wallet = Pick<TestWallet, 'ledger' | 'holds'>

/** Something that happens: to the ledger, and on paper. */
export class Event implements fc.AsyncCommand<Paper, Wallet> {
  readonly name: string
  /** Does it, to the wallet alone; what it does may depend on what is on paper. */
  readonly act: (wallet: Wallet, paper: Paper) => Promise<unknown>
  /** Says what must come of it. */
  readonly note: (paper: Paper) => string

  constructor(name: string, act: Event['act'], note: Event['note']) {
    this.name = name
    this.act = act
    this.note = note
  }
  check(): boolean {
    return true
  }
  async run(paper: Paper, wallet: Wallet): Promise<void> {
    expect(await outcomeOf(this.act(wallet, paper))).toBe(this.note(paper))
  }
  toString(): string {
    return this.name
  }
}

export function open(uid: AccountId): Event {
  return new Event(
    `open ${uid}`,
    ({ ledger }) => ledger.openPlayer(uid),
    ({ players }) => {
      const player = players.get(uid) ?? { state: 'open', tux: 0n, fiat: 6_000_000_000n }
      players.set(uid, player)
      return player.state
    },
  )
}

export function close(uid: AccountId): Event {
  return new Event(
    `close ${uid}`,
    ({ ledger }) => ledger.closePlayer(uid),
    ({ players, holds }) => {
      players.set(uid, { state: 'closed', tux: 0n, fiat: 0n })
      for (const hold of holds.values()) if (hold.placed?.uid === uid && hold.state === 'open') hold.state = 'released'
      return 'done'
    },
  )
}

export function buy(uid: AccountId, millionths: bigint, id: TransferId): Event {
  const name = `buy ${uid} ${millionths}`
  return new Event(
    `${name} ${id}`,
    ({ ledger }) => ledger.buy(uid, tux(millionths), id),
    settle(name, uid, id, (player) => {
      if (player.fiat < millionths * 5n) return 'CannotAfford'
      player.fiat -= millionths * 5n
      player.tux += millionths
      return 'done'
    }),
  )
}

export function roll(uid: AccountId, id: TransferId): Event {
  const name = `roll ${uid}`
  return new Event(
    `${name} ${id}`,
    ({ ledger }) => ledger.chargeRoll(uid, id),
    settle(name, uid, id, (player) => {
      if (player.tux < 10_000_000n) return 'NotEnoughTux'
      player.tux -= 10_000_000n
      return 'done'
    }),
  )
}

function settle(
  content: string,
  uid: AccountId,
  id: TransferId,
  move: (player: PaperPlayer) => string,
): (paper: Paper) => string {
  return ({ players, transfers }) => {
    const earlier = transfers.get(id)
    if (earlier) return earlier.content === content ? earlier.outcome : 'TransferConflict'
    const player = players.get(uid)
    if (player?.state !== 'open') return 'UnknownPlayer'
    const outcome = move(player)
    transfers.set(id, { content, outcome })
    return outcome
  }
}

export function makeVoid(id: TransferId): Event {
  return new Event(
    `void ${id}`,
    ({ ledger }) => ledger.voidRollCharge(id),
    ({ transfers }) => {
      const earlier = transfers.get(id) ?? { content: 'void', outcome: 'void' }
      transfers.set(id, earlier)
      if (earlier.content.startsWith('buy')) return 'TransferConflict'
      return earlier.outcome === 'done' ? 'charged' : 'not-charged'
    },
  )
}

export function offer(batch: OfferBatch): Event {
  return new Event(
    `offer ${contentOf(batch)} ${batch.id}`,
    ({ holds }) => holds.placeOffers(batch),
    (paper) => noteOffers(paper, batch),
  )
}

/** Offers as an auction house sends them: over what stands on their lots. An id that was sent is sent again as it was. */
export function offerInTurn(id: OfferBatchId, offers: OfferBatch['offers']): Event {
  const batchOn = ({ sent, lots, holds }: Paper): OfferBatch => {
    const fresh = offers.filter((offer) => !holds.has(offer.id))
    const standing = [...new Set(fresh.map(({ lot }) => lot))].flatMap((lot) => {
      const stand = lots.get(lot)
      return stand ? [{ lot, ...stand }] : []
    })
    return sent.get(id) ?? { id, offers: fresh, standing }
  }
  return new Event(
    `offer in turn ${contentOf({ id, offers, standing: [] })} ${id}`,
    ({ holds }, paper) => holds.placeOffers(batchOn(paper)),
    (paper) => {
      const batch = batchOn(paper)
      const isRetry = paper.batches.has(id)
      const outcome = noteOffers(paper, batch)
      if (isRetry || outcome === 'OffersConflict') return outcome
      paper.sent.set(id, batch)
      for (const [index, held] of outcome.split(',').entries()) {
        const last = batch.offers[index]
        if (last && held === 'held') paper.lots.set(last.lot, { hold: last.id, amount: last.amount })
      }
      return outcome
    },
  )
}

function contentOf({ offers, standing }: OfferBatch): string {
  return JSON.stringify([offers, standing], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

/** Says what must come of a batch of offers. */
function noteOffers({ players, holds, batches }: Paper, batch: OfferBatch): string {
  const content = contentOf(batch)
  const earlier = batches.get(batch.id)
  if (earlier) return earlier.content === content ? earlier.outcome : 'OffersConflict'
  // On paper first, and thrown away when the batch is refused.
  const funds = new Map([...players].map(([uid, { tux }]) => [uid, tux]))
  const move = (uid: AccountId, amount: bigint): unknown => funds.set(uid, (funds.get(uid) ?? 0n) + amount)
  const stands = new Map<AuctionId, { amount: bigint; hold: HoldId; placed?: PaperHold['placed'] }>()
  for (const { lot, hold, amount } of batch.standing) {
    const known = holds.get(hold)
    stands.set(lot, { amount, hold, placed: known?.state === 'open' ? known.placed : undefined })
  }
  const outcomes = batch.offers.map(({ id, lot, uid: text, amount }) => {
    const stand = stands.get(lot)
    if (stand && amount <= stand.amount) return 'too-low'
    const uid = parseId<AccountId>(text)
    if (!uid || players.get(uid)?.state !== 'open') return 'unknown-player'
    const own = stand?.placed?.uid === uid ? stand.placed.amount : 0n
    if ((funds.get(uid) ?? 0n) + own < amount) return 'not-enough-tux'
    if (stand?.placed) move(stand.placed.uid, stand.placed.amount)
    move(uid, 0n - amount)
    stands.set(lot, { amount, hold: id, placed: { uid, amount } })
    return 'held'
  })
  const last = [...stands.values()].filter(({ hold }) => batch.standing.every((stand) => stand.hold !== hold))
  if (last.some(({ hold }) => holds.has(hold))) return 'OffersConflict'
  for (const { lot, hold } of batch.standing) {
    const known = holds.get(hold)
    if (known && stands.get(lot)?.hold !== hold && known.state === 'open') known.state = 'released'
  }
  for (const { hold, placed } of last) holds.set(hold, { ...(placed && { placed }), state: 'open' })
  for (const [uid, player] of players) player.tux = funds.get(uid) ?? 0n
  batches.set(batch.id, { content, outcome: outcomes.join() })
  return outcomes.join()
}

function giveBack(players: Paper['players'], hold: PaperHold): void {
  const player = hold.placed && players.get(hold.placed.uid)
  if (player) player.tux += hold.placed?.amount ?? 0n
  hold.state = 'released'
}

export function heldOf({ holds }: Paper, uid: AccountId): bigint {
  const open = [...holds.values()].filter(({ state, placed }) => state === 'open' && placed?.uid === uid)
  return open.reduce((sum, { placed }) => sum + (placed?.amount ?? 0n), 0n)
}

/** One settlement of a batch on paper, or the refusal of the whole batch. */
function settleOne({ players, holds }: Paper, { hold: id, sale }: Settlement): string {
  const hold = holds.get(id) ?? { state: 'released' }
  holds.set(id, hold)
  if (!sale) {
    if (hold.state === 'open') giveBack(players, hold)
    return hold.state
  }
  const content = `${sale.seller} ${sale.auctionId}`
  if (hold.capture) return hold.capture.content === content ? hold.capture.outcome : 'HoldConflict'
  if (hold.state !== 'open' || !hold.placed) return 'released'
  if (hold.placed.uid === sale.seller) return 'OwnSale'
  const uid = parseId<AccountId>(sale.seller)
  const player = uid && players.get(uid)
  if (player?.state !== 'open') {
    giveBack(players, hold)
    hold.capture = { content, outcome: 'seller-gone' }
    return 'seller-gone'
  }
  const sales = [...holds.values()].flatMap((other) =>
    other.state === 'captured' ? (other.capture?.content ?? []) : [],
  )
  // The rest of the batch is judged by what this one would have been: only then is it seen that the auction was paid for.
  hold.state = 'captured'
  hold.capture = { content, outcome: 'captured' }
  if (sales.some((sold) => sold.endsWith(sale.auctionId))) return 'AlreadySold'
  player.tux += hold.placed.amount
  return 'captured'
}

export function settleHolds(settlements: readonly Settlement[]): Event {
  return new Event(
    `settle ${JSON.stringify(settlements)}`,
    ({ holds }) => holds.settle(settlements),
    (paper) => noteSettlements(paper, settlements),
  )
}

/** Sells what stands on lots as an auction house does; without a seller the auctions are called off. */
export function closeLots(lots: readonly AuctionId[], seller: AccountId | undefined): Event {
  const settlementsOn = (paper: Paper): Settlement[] =>
    lots.flatMap((lot) => {
      const stand = paper.lots.get(lot)
      return stand ? [{ hold: stand.hold, ...(seller && { sale: { seller, auctionId: lot } }) }] : []
    })
  return new Event(
    `close lots ${lots.join()} of ${seller}`,
    ({ holds }, paper) => holds.settle(settlementsOn(paper)),
    (paper) => noteSettlements(paper, settlementsOn(paper)),
  )
}

/** Says what must come of a batch of settlements. */
function noteSettlements(paper: Paper, settlements: readonly Settlement[]): string {
  const draft = structuredClone(paper)
  const outcomes = settlements.map((settlement) => settleOne(draft, settlement))
  // What contradicts an earlier sale is found before what contradicts another hold's.
  const refusal =
    outcomes.find((outcome) => outcome === 'HoldConflict' || outcome === 'OwnSale') ??
    outcomes.find((outcome) => outcome === 'AlreadySold')
  if (refusal !== undefined) {
    // Ids that nobody knows are out of use all the same.
    for (const { hold } of settlements) if (!paper.holds.has(hold)) paper.holds.set(hold, { state: 'released' })
    return refusal
  }
  for (const [id, hold] of draft.holds) paper.holds.set(id, hold)
  for (const [uid, player] of draft.players) paper.players.set(uid, player)
  return outcomes.join()
}
