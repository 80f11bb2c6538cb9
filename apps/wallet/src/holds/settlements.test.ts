import { type AccountId, newId } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import { type Balances, fiat, parseTux } from '../ledger/money.ts'
import type { AuctionId, HoldId } from '../ledger/transfer.ts'
import type { Hold } from './hold.ts'
import { HoldConflict, OwnSale } from './rejections.ts'
import { decideSettlements, hashOfSale, type Settlement } from './settlements.ts'

const [ada, bob] = [newId<AccountId>(), newId<AccountId>()]
const has = (tux: number): Balances => ({ tux: parseTux(tux), fiat: fiat(0n) })
const parties = new Map([
  [ada, has(10)],
  [bob, has(0)],
])
const sale = { seller: bob, auctionId: newId<AuctionId>() }

const heldOf = (uid: AccountId, amount: number): Hold => ({
  id: newId<HoldId>(),
  state: 'open',
  placed: { uid, amount: parseTux(amount) },
  captureHash: undefined,
})
const adas = heldOf(ada, 60)
const decide = (hold: Hold, ...settlements: readonly Omit<Settlement, 'hold'>[]) =>
  decideSettlements(
    settlements.map((settlement) => ({ hold: hold.id, ...settlement })),
    new Map([[hold.id, hold]]),
    parties,
  )

describe('a settlement', () => {
  it('§9 with a sale moves all of it to the seller and leaves the rest of the buyer alone', () => {
    const captureHash = hashOfSale(sale)
    expect(decide(adas, { sale })).toEqual({
      outcomes: ['captured'],
      endings: [{ hold: adas.id, state: 'captured', captureHash }],
      payments: [{ ...sale, hold: adas.id, buyer: ada, amount: parseTux(60), after: has(10), hash: captureHash }],
    })
  })

  it('§9 without a sale gives it back', () => {
    expect(decide(adas, {})).toEqual({
      outcomes: ['released'],
      endings: [{ hold: adas.id, state: 'released', captureHash: undefined }],
      payments: [],
    })
  })

  it('§11 gives it back when the seller has gone', () => {
    for (const seller of [newId(), 'nobody']) {
      const gone = { ...sale, seller }
      expect(decide(adas, { sale: gone })).toEqual({
        outcomes: ['seller-gone'],
        endings: [{ hold: adas.id, state: 'released', captureHash: hashOfSale(gone) }],
        payments: [],
      })
    }
  })

  it('§5 has the first answer once the hold has ended', () => {
    const captureHash = hashOfSale(sale)
    const nothing = { endings: [], payments: [] }
    const answers = (outcomes: readonly string[]) => ({ ...nothing, outcomes })
    expect(decide({ ...adas, state: 'captured', captureHash }, { sale }, {})).toEqual(answers(['captured', 'captured']))
    expect(decide({ ...adas, state: 'released', captureHash }, { sale }, {})).toEqual(
      answers(['seller-gone', 'released']),
    )
    expect(decide({ ...adas, state: 'released' }, { sale }, {})).toEqual(answers(['released', 'released']))
    expect(decide({ ...adas, state: 'released', placed: undefined }, { sale })).toEqual(answers(['released']))
  })

  it('§5 is refused after another sale, also of the same batch', () => {
    const others = [
      { ...sale, seller: newId() },
      { ...sale, auctionId: newId<AuctionId>() },
    ]
    for (const other of others) {
      for (const state of ['captured', 'released'] as const)
        expect(() => decide({ ...adas, state, captureHash: hashOfSale(sale) }, { sale: other })).toThrow(
          new HoldConflict(adas.id, state),
        )
      expect(() => decide(adas, { sale }, { sale: other })).toThrow(HoldConflict)
    }
  })

  it('§7 never pays a bidder who is the seller', () => {
    expect(() => decide(adas, { sale: { ...sale, seller: ada } })).toThrow(OwnSale)
  })
})

describe('settlements that come together', () => {
  it('§5 end a hold once, the first of them', () => {
    expect(decide(adas, {}, { sale }, {}).outcomes).toEqual(['released', 'released', 'released'])
    expect(decide(adas, {}, { sale }, {}).endings).toHaveLength(1)
    const { outcomes, payments } = decide(adas, { sale }, { sale }, {})
    expect([outcomes, payments.length]).toEqual([['captured', 'captured', 'captured'], 1])
  })

  it('§7 tell what each buyer had after each, in their order', () => {
    const holds = [heldOf(ada, 60), heldOf(bob, 5), heldOf(ada, 7), heldOf(bob, 3), heldOf(bob, 1)]
    const to = [bob, ada, undefined, ada, 'nobody']
    const { payments, outcomes } = decideSettlements(
      holds.map(({ id }, index) => {
        const seller = to[index]
        return { hold: id, sale: seller === undefined ? undefined : { seller, auctionId: newId<AuctionId>() } }
      }),
      new Map(holds.map((hold) => [hold.id, hold])),
      parties,
    )
    expect(outcomes).toEqual(['captured', 'captured', 'released', 'captured', 'seller-gone'])
    // Ada begins with 10, and Bob with nothing but what Ada paid.
    expect(payments.map(({ after }) => after)).toEqual([has(10), has(60), has(60)])
  })
})
