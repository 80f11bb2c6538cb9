import { type AccountId, newId } from '@sallyport/kernel'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Ledger } from '../src/ledger/ledger.ts'
import { tux } from '../src/ledger/money.ts'
import type { TransferId } from '../src/ledger/transfer.ts'
import { createTestWallet, expectBalancedBooks, outcomeOf, type TestWallet } from './test-wallet.ts'

/** The wallet as one would keep it on paper. */
interface Paper {
  readonly players: Map<AccountId, PaperPlayer>
  /** What each id was first used for, and what came of it. */
  readonly transfers: Map<TransferId, { readonly content: string; readonly outcome: string }>
}

interface PaperPlayer {
  state: 'open' | 'closed'
  tux: bigint
  fiat: bigint
}

/** Something that happens: to the ledger, and on paper. */
class Event implements fc.AsyncCommand<Paper, Ledger> {
  readonly name: string
  readonly act: (ledger: Ledger) => Promise<unknown>
  /** Says what must come of it. */
  readonly note: (paper: Paper) => string

  constructor(name: string, act: (ledger: Ledger) => Promise<unknown>, note: (paper: Paper) => string) {
    this.name = name
    this.act = act
    this.note = note
  }
  check(): boolean {
    return true
  }
  async run(paper: Paper, ledger: Ledger): Promise<void> {
    expect(await outcomeOf(this.act(ledger))).toBe(this.note(paper))
  }
  toString(): string {
    return this.name
  }
}

function open(uid: AccountId): Event {
  return new Event(
    `open ${uid}`,
    (ledger) => ledger.openPlayer(uid),
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
    (ledger) => ledger.closePlayer(uid),
    ({ players }) => {
      players.set(uid, { state: 'closed', tux: 0n, fiat: 0n })
      return 'done'
    },
  )
}

function buy(uid: AccountId, millionths: bigint, id: TransferId): Event {
  const name = `buy ${uid} ${millionths}`
  return new Event(
    `${name} ${id}`,
    (ledger) => ledger.buy(uid, tux(millionths), id),
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
    (ledger) => ledger.chargeRoll(uid, id),
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
    (ledger) => ledger.voidRollCharge(id),
    ({ transfers }) => {
      const earlier = transfers.get(id) ?? { content: 'void', outcome: 'void' }
      transfers.set(id, earlier)
      if (earlier.content.startsWith('buy')) return 'TransferConflict'
      return earlier.outcome === 'done' ? 'charged' : 'not-charged'
    },
  )
}

/** Few players and few ids, so that duplicates, conflicts and overtaking are the rule. New ones in each run. */
function eventsOfOneWorld(): fc.Arbitrary<fc.Arbitrary<Event>[]> {
  return fc.constant(undefined).map(() => {
    const uid = fc.constantFrom(...Array.from({ length: 3 }, () => newId<AccountId>()))
    const id = fc.constantFrom(...Array.from({ length: 12 }, () => newId<TransferId>()))
    const amount = fc.constantFrom(0n, 1n, 9_999_999n, 10_000_000n, 400_000_000n, 1_200_000_001n)
    const purchase = fc.tuple(uid, amount, id).map((given) => buy(...given))
    return [
      uid.map(open),
      uid.map(open),
      purchase,
      purchase,
      fc.tuple(uid, id).map((given) => roll(...given)),
      id.map(makeVoid),
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
    fc.commands<Paper, Ledger, false>(events, { maxCommands: 40, size: 'max' }),
  )
  await fc.assert(
    fc.asyncProperty(stories, async (events) => {
      const paper: Paper = { players: new Map(), transfers: new Map() }
      await fc.asyncModelRun(() => ({ model: paper, real: wallet.ledger }), events)
      for (const [uid, { state, tux, fiat }] of paper.players)
        if (state === 'open') expect(await wallet.ledger.balances(uid)).toEqual({ tux, fiat })
      await expectBalancedBooks(wallet.db)
    }),
    { numRuns: 60 },
  )
}, 120_000)

it('§5 keeps the books when everything happens at once', async () => {
  const crowds = eventsOfOneWorld().chain((events) => fc.array(fc.oneof(...events), { maxLength: 40, size: 'max' }))
  await fc.assert(
    fc.asyncProperty(crowds, async (events) => {
      await Promise.all(events.map(({ act }) => outcomeOf(act(wallet.ledger))))
      await expectBalancedBooks(wallet.db)
    }),
    { numRuns: 40 },
  )
}, 120_000)
