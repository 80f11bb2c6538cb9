import { type AccountId, newId } from '@sallyport/kernel'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { tux } from '../src/ledger/money.ts'
import type { AuctionId, HoldId, TransferId } from '../src/ledger/transfer.ts'
import { createTestWallet, expectBalancedBooks, outcomeOf, type TestWallet } from './test-wallet.ts'

/** The wallet as one would keep it on paper. */
interface Paper {
  readonly players: Map<AccountId, PaperPlayer>
  /** What each id was first used for, and what came of it. */
  readonly transfers: Map<TransferId, { readonly content: string; readonly outcome: string }>
  readonly holds: Map<HoldId, PaperHold>
}

interface PaperHold {
  /** Undefined when it was released before it was placed. */
  readonly placed?: { readonly content: string; readonly uid: AccountId; readonly amount: bigint }
  state: 'open' | 'captured' | 'released'
  /** What ended it, if it was a capture, and what came of that. */
  capture?: { readonly content: string; readonly outcome: string }
}

interface PaperPlayer {
  state: 'open' | 'closed'
  /** Without what is held. */
  tux: bigint
  fiat: bigint
}

/** What things happen to. */
type Wallet = Pick<TestWallet, 'ledger' | 'holds'>

/** Something that happens: to the ledger, and on paper. */
class Event implements fc.AsyncCommand<Paper, Wallet> {
  readonly name: string
  readonly act: (wallet: Wallet) => Promise<unknown>
  /** Says what must come of it. */
  readonly note: (paper: Paper) => string

  constructor(name: string, act: (wallet: Wallet) => Promise<unknown>, note: (paper: Paper) => string) {
    this.name = name
    this.act = act
    this.note = note
  }
  check(): boolean {
    return true
  }
  async run(paper: Paper, wallet: Wallet): Promise<void> {
    expect(await outcomeOf(this.act(wallet))).toBe(this.note(paper))
  }
  toString(): string {
    return this.name
  }
}

function open(uid: AccountId): Event {
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

function close(uid: AccountId): Event {
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

function buy(uid: AccountId, millionths: bigint, id: TransferId): Event {
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

function roll(uid: AccountId, id: TransferId): Event {
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

function makeVoid(id: TransferId): Event {
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

function place(uid: AccountId, amount: bigint, id: HoldId, releases: readonly HoldId[]): Event {
  const content = `hold ${uid} ${amount} ${[...new Set(releases)].sort().join()}`
  return new Event(
    `${content} ${id}`,
    ({ holds }) => holds.place({ id, uid, amount: tux(amount), releases }),
    ({ players, holds }) => {
      const earlier = holds.get(id)
      if (earlier) return earlier.placed?.content === content ? 'done' : 'HoldConflict'
      const player = players.get(uid)
      if (player?.state !== 'open') return 'UnknownPlayer'
      const replaced = [...new Set(releases)].flatMap((other) => holds.get(other) ?? [])
      const open = replaced.filter(({ state }) => state === 'open')
      const own = open.flatMap(({ placed }) => (placed?.uid === uid ? placed.amount : []))
      if (own.reduce((sum, freed) => sum + freed, player.tux) < amount) return 'NotEnoughTux'
      for (const hold of open) giveBack(players, hold)
      player.tux -= amount
      holds.set(id, { placed: { content, uid, amount }, state: 'open' })
      return 'done'
    },
  )
}

function giveBack(players: Paper['players'], hold: PaperHold): void {
  const player = hold.placed && players.get(hold.placed.uid)
  if (player) player.tux += hold.placed?.amount ?? 0n
  hold.state = 'released'
}

function release(id: HoldId): Event {
  return new Event(
    `release ${id}`,
    ({ holds }) => holds.release(id),
    ({ players, holds }) => {
      const hold = holds.get(id) ?? { state: 'released' }
      holds.set(id, hold)
      if (hold.state === 'open') giveBack(players, hold)
      return hold.state
    },
  )
}

function capture(id: HoldId, seller: AccountId, auctionId: AuctionId): Event {
  const content = `capture ${seller} ${auctionId}`
  return new Event(
    `${content} ${id}`,
    ({ holds }) => holds.capture({ id, seller, auctionId }),
    ({ players, holds }) => {
      const hold = holds.get(id)
      if (!hold) return 'UnknownHold'
      if (hold.capture) return hold.capture.content === content ? hold.capture.outcome : 'HoldConflict'
      if (hold.state !== 'open' || !hold.placed) return 'released'
      if (hold.placed.uid === seller) return 'OwnSale'
      const player = players.get(seller)
      if (player?.state !== 'open') {
        giveBack(players, hold)
        hold.capture = { content, outcome: 'seller-gone' }
        return 'seller-gone'
      }
      const sales = [...holds.values()].flatMap((other) =>
        other.state === 'captured' ? (other.capture?.content ?? []) : [],
      )
      if (sales.some((sale) => sale.endsWith(auctionId))) return 'AlreadySold'
      player.tux += hold.placed.amount
      hold.state = 'captured'
      hold.capture = { content, outcome: 'captured' }
      return 'captured'
    },
  )
}

/** Few players and few ids, so that duplicates, conflicts and overtaking are the rule. New ones in each run. */
function eventsOfOneWorld(): fc.Arbitrary<fc.Arbitrary<Event>[]> {
  return fc.constant(undefined).map(() => {
    const uid = fc.constantFrom(...Array.from({ length: 3 }, () => newId<AccountId>()))
    const id = fc.constantFrom(...Array.from({ length: 12 }, () => newId<TransferId>()))
    const hold = fc.constantFrom(...Array.from({ length: 8 }, () => newId<HoldId>()))
    const auction = fc.constantFrom(...Array.from({ length: 4 }, () => newId<AuctionId>()))
    const frozen = fc.constantFrom(0n, 1n, 10_000_000n, 300_000_000n)
    const placement = fc.tuple(uid, frozen, hold, fc.array(hold, { maxLength: 3 })).map((given) => place(...given))
    const amount = fc.constantFrom(0n, 1n, 9_999_999n, 10_000_000n, 400_000_000n, 1_200_000_001n)
    const purchase = fc.tuple(uid, amount, id).map((given) => buy(...given))
    return [
      uid.map(open),
      uid.map(open),
      purchase,
      purchase,
      fc.tuple(uid, id).map((given) => roll(...given)),
      id.map(makeVoid),
      placement,
      placement,
      placement,
      hold.map(release),
      fc.tuple(hold, uid, auction).map((given) => capture(...given)),
      fc.tuple(hold, uid, auction).map((given) => capture(...given)),
      uid.map(close),
    ]
  })
}

let wallet: TestWallet
beforeAll(async () => {
  wallet = await createTestWallet()
})
afterAll(() => wallet.test.drop())

it('§5 keeps the books whatever happens, and does what a wallet on paper does', async () => {
  const stories = eventsOfOneWorld().chain((events) =>
    fc.commands<Paper, Wallet, false>(events, { maxCommands: 60, size: 'max' }),
  )
  await fc.assert(
    fc.asyncProperty(stories, async (events) => {
      const paper: Paper = { players: new Map(), transfers: new Map(), holds: new Map() }
      await fc.asyncModelRun(() => ({ model: paper, real: wallet }), events)
      for (const [uid, { state, tux, fiat }] of paper.players)
        if (state === 'open') expect(await wallet.ledger.balances(uid)).toEqual({ tux, fiat })
      await expectBalancedBooks(wallet.db)
    }),
    { numRuns: 60 },
  )
}, 120_000)

it('§5 keeps the books when everything happens at once', async () => {
  const crowds = eventsOfOneWorld().chain((events) => fc.array(fc.oneof(...events), { maxLength: 60, size: 'max' }))
  await fc.assert(
    fc.asyncProperty(crowds, async (events) => {
      await Promise.all(events.map(({ act }) => outcomeOf(act(wallet))))
      await expectBalancedBooks(wallet.db)
    }),
    { numRuns: 40 },
  )
}, 120_000)
