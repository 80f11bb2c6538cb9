import { newId } from '@sallyport/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Offer, OfferBatch, OfferBatchId } from '../src/holds/offers.ts'
import { parseTux } from '../src/ledger/money.ts'
import type { AuctionId, HoldId } from '../src/ledger/transfer.ts'
import { createTestWallet, expectBalancedBooks, outcomeOf, type TestWallet, warmUp } from './test-wallet.ts'

let wallet: TestWallet
beforeAll(async () => {
  wallet = await createTestWallet()
})
beforeEach(() => warmUp(wallet))
afterEach(() => expectBalancedBooks(wallet.db))
afterAll(() => wallet.test.drop())

const rounds = 10

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

const offerOf = (uid: string, tux: number, lot = newId<AuctionId>()): Offer => ({
  id: newId<HoldId>(),
  lot,
  uid,
  amount: parseTux(tux),
})
const batchOf = (offers: readonly Offer[], standing: OfferBatch['standing'] = []): OfferBatch => ({
  id: newId<OfferBatchId>(),
  offers,
  standing,
})
const place = (batch: OfferBatch): Promise<string> => outcomeOf(wallet.holds.placeOffers(batch))

async function openHolds(ids: readonly HoldId[]): Promise<HoldId[]> {
  const open = await wallet.db
    .selectFrom('hold')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'open')
    .execute()
  return ids.filter((id) => open.some((hold) => hold.id === id))
}

describe('§5 batches of offers that arrive together', () => {
  it('outbid on many lots at once without waiting for ever, and leave the last of each lot open', async () => {
    const players = await Promise.all(times(6, () => wallet.playerWith(1200)))
    // Each row of lots is served in turn, as an auction house does, beside the others with the same players.
    const row = async (rowIndex: number): Promise<void> => {
      const lots = times(8, () => newId<AuctionId>())
      let standing: OfferBatch['standing'] = []
      for (let wave = 1; wave <= 8; wave += 1) {
        const offers = lots.flatMap((lot, index) =>
          [0, 1].map((raise) => offerOf(players[(rowIndex + index * wave + raise) % 6] ?? '', wave * 2 + raise, lot)),
        )
        const arrival = rowIndex % 2 === 0 ? offers : offers.toReversed().sort((a, b) => Number(a.amount - b.amount))
        expect(await place(batchOf(arrival, standing))).toBe(times(16, () => 'held').join())
        const last = offers.filter((_, index) => index % 2 === 1)
        expect(await openHolds([...standing.map(({ hold }) => hold), ...last.map(({ id }) => id)])).toEqual(
          last.map(({ id }) => id),
        )
        standing = last.map(({ id, lot, amount }) => ({ lot, hold: id, amount }))
      }
    }
    await Promise.all(times(6, row))
  })

  it('never freeze more than there is: of ten offers of 400 TUX three are held', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(1200)
      const outcomes = await Promise.all(times(10, () => place(batchOf([offerOf(uid, 400)]))))
      expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(3)
      expect((await wallet.ledger.balances(uid)).tux).toBe(0n)
    }
  })

  it('are decided once, however often an id comes, and all hear the same', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(100)
      const batch = batchOf([offerOf(uid, 60), offerOf(uid, 60), offerOf(newId(), 1)])
      const outcomes = await Promise.all(times(10, () => place(batch)))
      expect(new Set(outcomes)).toEqual(new Set(['held,not-enough-tux,unknown-player']))
      expect((await wallet.ledger.balances(uid)).tux).toBe(parseTux(40))
    }
  })

  it('with the ids of one another wait for no one for ever: one is taken', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [ada, bob] = [await wallet.playerWith(100), await wallet.playerWith(100)]
      const offers = times(20, () => offerOf(ada, 1))
      const others = offers.map((offer) => ({ ...offer, uid: bob })).toReversed()
      const outcomes = await Promise.all([place(batchOf(offers)), place(batchOf(others))])
      expect(outcomes.toSorted()).toEqual(['OffersConflict', times(20, () => 'held').join()])
    }
  })

  it('leave no hold open of a player who is closed meanwhile', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(100)
      const offers = times(6, () => offerOf(uid, 10))
      const outcomes = await Promise.all([
        ...offers.slice(0, 3).map((offer) => place(batchOf([offer]))),
        outcomeOf(wallet.ledger.closePlayer(uid)),
        ...offers.slice(3).map((offer) => place(batchOf([offer]))),
      ])
      for (const outcome of outcomes) expect(['held', 'unknown-player', 'done']).toContain(outcome)
      expect(await openHolds(offers.map(({ id }) => id))).toEqual([])
    }
  })
})

describe('§5 settlements that arrive together', () => {
  it('pay or give back, never both, and say the same to everybody', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
      const hold = await wallet.hold(buyer, 60)
      const sale = { seller, auctionId: newId<AuctionId>() }
      const outcomes = await Promise.all([
        ...times(3, () => wallet.holds.settle([{ hold }])),
        ...times(3, () => wallet.holds.settle([{ hold, sale }])),
      ])
      expect(new Set(outcomes.flat()).size).toBe(1)
      expect((await wallet.ledger.balances(seller)).tux).toBe(parseTux(outcomes[0]?.[0] === 'captured' ? 60 : 0))
    }
  })

  it('place or bury, never both, and wait for no one for ever', async () => {
    for (let round = 0; round < rounds * 3; round += 1) {
      const uid = await wallet.playerWith(100)
      const other = await wallet.hold(uid, 40)
      const offers = times(20, () => offerOf(uid, 3))
      const [placed] = await Promise.all([
        place(batchOf(offers)),
        wallet.holds.settle([...offers.map(({ id }) => ({ hold: id })), { hold: other }]),
      ])
      expect([times(20, () => 'held').join(), 'OffersConflict']).toContain(placed)
      expect((await wallet.ledger.balances(uid)).tux).toBe(parseTux(100))
    }
  })

  it('pay out of what is placed in the same moment, or bury it', async () => {
    for (let round = 0; round < rounds * 3; round += 1) {
      const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(10)]
      // The seller bids too, so that whoever pays them waits for the batch.
      const offers = [...times(20, () => offerOf(buyer, 3)), offerOf(seller, 10)]
      const settlements = offers.slice(0, 20).map(({ id, lot }) => ({ hold: id, sale: { seller, auctionId: lot } }))
      const [placed, settled] = await Promise.all([
        place(batchOf(offers)),
        wallet.holds.settle(settlements).then((outcomes) => new Set(outcomes)),
      ])
      expect([...settled, placed]).toEqual(
        placed === 'OffersConflict' ? ['released', placed] : ['captured', times(21, () => 'held').join()],
      )
      expect((await wallet.ledger.balances(buyer)).tux).toBe(parseTux(placed === 'OffersConflict' ? 100 : 40))
    }
  })

  it('sell to one another at once without waiting for ever', async () => {
    const [ada, bob] = [await wallet.playerWith(1200), await wallet.playerWith(1200)]
    const settlements = await Promise.all(
      times(40, async (index) => {
        const [buyer, seller] = index % 2 === 0 ? [ada, bob] : [bob, ada]
        return { hold: await wallet.hold(buyer, 10), sale: { seller, auctionId: newId<AuctionId>() } }
      }),
    )
    const outcomes = await Promise.all(
      times(20, (index) => wallet.holds.settle(settlements.slice(index * 2, index * 2 + 2))),
    )
    expect(new Set(outcomes.flat())).toEqual(new Set(['captured']))
    expect((await wallet.ledger.balances(ada)).tux).toBe(parseTux(1200))
  })

  it('pay for an auction out of one of two holds', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [ada, bob, seller] = await Promise.all([100, 100, 0].map((tux) => wallet.playerWith(tux)))
      const sale = { seller: seller ?? '', auctionId: newId<AuctionId>() }
      const holds = [await wallet.hold(ada ?? '', 10), await wallet.hold(bob ?? '', 10)]
      const outcomes = await Promise.all(holds.map((hold) => outcomeOf(wallet.holds.settle([{ hold, sale }]))))
      expect(outcomes.toSorted()).toEqual(['AlreadySold', 'captured'])
      expect((await wallet.ledger.balances(sale.seller)).tux).toBe(parseTux(10))
    }
  })
})
