import { type AccountId, newId } from '@sallyport/kernel'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OfferBatchId } from '../src/holds/offers.ts'
import { tux } from '../src/ledger/money.ts'
import type { AuctionId, HoldId, TransferId } from '../src/ledger/transfer.ts'
import {
  buy,
  close,
  closeLots,
  emptyPaper,
  type Event,
  heldOf,
  makeVoid,
  offer,
  offerInTurn,
  open,
  type Paper,
  roll,
  settleHolds,
  type Wallet,
} from './paper-wallet.ts'
import { createTestWallet, expectBalancedBooks, outcomeOf, type TestWallet } from './test-wallet.ts'

/** What happens first, and what may happen then. */
interface World {
  readonly beginning: readonly Event[]
  readonly events: fc.Arbitrary<Event>[]
}

/** Few players and few ids, so that duplicates, conflicts and overtaking are the rule. New ones in each run. */
const worlds: fc.Arbitrary<World> = fc.constant(undefined).map(() => {
  const players = Array.from({ length: 4 }, () => newId<AccountId>())
  const uid = fc.constantFrom(...players)
  const id = fc.constantFrom(...Array.from({ length: 12 }, () => newId<TransferId>()))
  const hold = fc.constantFrom(...Array.from({ length: 40 }, () => newId<HoldId>()))
  const lot = fc.constantFrom(...Array.from({ length: 5 }, () => newId<AuctionId>()))
  const batchId = fc.constantFrom(...Array.from({ length: 20 }, () => newId<OfferBatchId>()))
  const frozen = fc
    .oneof(fc.constantFrom(0n, 1n, 10_000_000n, 10_000_001n, 300_000_000n), fc.bigInt(0n, 400_000_000n))
    .map(tux)
  const offers = fc.uniqueArray(fc.record({ id: hold, lot, uid, amount: frozen }), {
    minLength: 1,
    maxLength: 6,
    selector: (one) => one.id,
  })
  // What a mistaken auction house may send: anything, but a hold once, and no offer of the batch as what stands.
  const stands = fc.uniqueArray(fc.record({ lot, hold, amount: frozen }), { maxLength: 3, selector: (one) => one.lot })
  const batch = fc.record({ id: batchId, offers, standing: stands }).map((given) => ({
    ...given,
    standing: given.standing.filter(
      (stand, index) =>
        given.standing.findIndex((other) => other.hold === stand.hold) === index &&
        given.offers.every((one) => one.id !== stand.hold),
    ),
  }))
  const sale = fc.option(fc.record({ seller: uid, auctionId: lot }), { nil: undefined })
  const settlements = fc.array(fc.record({ hold, sale }), { minLength: 1, maxLength: 3 })
  const seller = fc.option(uid, { nil: undefined, freq: 4 })
  const amount = fc.constantFrom(0n, 1n, 9_999_999n, 10_000_000n, 400_000_000n, 1_200_000_001n)
  const purchase = fc.tuple(uid, amount, id).map((given) => buy(...given))
  const inTurn = fc.tuple(batchId, offers).map((given) => offerInTurn(...given))
  const closing = fc
    .tuple(fc.uniqueArray(lot, { minLength: 1, maxLength: 3 }), seller)
    .map((given) => closeLots(...given))
  return {
    // The last player comes late.
    beginning: players.slice(0, 3).flatMap((player) => [open(player), buy(player, 600_000_000n, newId())]),
    events: [
      fc.oneof(uid.map(open), uid.map(close), id.map(makeVoid)),
      fc.oneof(
        purchase,
        fc.tuple(uid, id).map((given) => roll(...given)),
      ),
      batch.map(offer),
      inTurn,
      inTurn,
      inTurn,
      settlements.map(settleHolds),
      closing,
      closing,
    ],
  }
})

/** A shorter story of the same players would begin where the one that failed has ended. */
const asItWas = { endOnFailure: true }

let wallet: TestWallet
beforeAll(async () => {
  wallet = await createTestWallet()
})
afterAll(() => wallet.test.drop())

it('§5 keeps the books whatever happens, and does what a wallet on paper does', async () => {
  const stories = worlds.chain(({ beginning, events }) =>
    fc.tuple(fc.constant(beginning), fc.commands<Paper, Wallet, false>(events, { maxCommands: 60, size: 'max' })),
  )
  await fc.assert(
    fc.asyncProperty(stories, async ([beginning, events]) => {
      const paper = emptyPaper()
      for (const event of beginning) await event.run(paper, wallet)
      await fc.asyncModelRun(() => ({ model: paper, real: wallet }), events)
      for (const [uid, { state, tux, fiat }] of paper.players)
        if (state === 'open') expect(await wallet.ledger.balances(uid)).toEqual({ tux, fiat, held: heldOf(paper, uid) })
      await expectBalancedBooks(wallet.db)
    }),
    { numRuns: 60, ...asItWas },
  )
}, 120_000)

it('§5 keeps the books when everything happens at once', async () => {
  const crowds = worlds.chain(({ beginning, events }) =>
    fc.tuple(fc.constant(beginning), fc.array(fc.oneof(...events), { maxLength: 60, size: 'max' })),
  )
  await fc.assert(
    fc.asyncProperty(crowds, async ([beginning, events]) => {
      for (const { act } of beginning) await act(wallet, emptyPaper())
      await Promise.all(events.map(({ act }) => outcomeOf(act(wallet, emptyPaper()))))
      await expectBalancedBooks(wallet.db)
    }),
    { numRuns: 40, ...asItWas },
  )
}, 120_000)
