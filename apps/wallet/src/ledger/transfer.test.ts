import { type AccountId, newId } from '@sallyport/kernel'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Balances, fiat, openingFiat, parseTux, tux } from './money.ts'
import {
  type Decision,
  decideClosing,
  decideOpening,
  decidePurchase,
  decideRoll,
  hashOf,
  type TransferId,
} from './transfer.ts'

const newcomer: Balances = { tux: tux(0n), fiat: openingFiat }
const balances = fc.record({
  tux: fc.bigInt(0n, 1_200_000_000n).map(tux),
  fiat: fc.bigInt(0n, openingFiat).map(fiat),
})

function sumOf({ entries }: Decision, currency: 'tux' | 'fiat', account?: string): bigint {
  return entries
    .filter((entry) => entry.currency === currency && (account === undefined || entry.account === account))
    .reduce((sum, { amount }) => sum + amount, 0n)
}

describe('a purchase', () => {
  it('§7 takes the last fiat and refuses one unit more', () => {
    expect(decidePurchase(newcomer, parseTux(1200))).toMatchObject({ state: 'booked', after: { fiat: 0n } })
    expect(decidePurchase(newcomer, parseTux(1200.000001))).toEqual({ state: 'refused', entries: [], after: newcomer })
  })

  it('§7 takes an amount of zero, and moves nothing', () => {
    expect(decidePurchase(newcomer, parseTux(0))).toEqual({ state: 'booked', entries: [], after: newcomer })
  })
})

describe('a roll', () => {
  it('§7 needs its whole price', () => {
    expect(decideRoll({ ...newcomer, tux: parseTux(10) })).toMatchObject({ state: 'booked', after: { tux: 0n } })
    expect(decideRoll({ ...newcomer, tux: parseTux(9.999999) })).toMatchObject({ state: 'refused', entries: [] })
  })
})

describe('every decision', () => {
  it('sums to zero per currency, and leaves the player with what the entries say', () => {
    const decisions = fc.tuple(
      balances,
      fc.oneof(
        fc.bigInt(0n, 2_000_000_000n).map((amount) => (before: Balances) => decidePurchase(before, tux(amount))),
        fc.constant(decideRoll),
        fc.constant(decideClosing),
      ),
    )
    fc.assert(
      fc.property(decisions, ([before, decide]) => {
        const decision = decide(before)
        for (const currency of ['tux', 'fiat'] as const) {
          expect(sumOf(decision, currency)).toBe(0n)
          expect(sumOf(decision, currency, 'player')).toBe(decision.after[currency] - before[currency])
          expect(decision.after[currency]).toBeGreaterThanOrEqual(0n)
        }
      }),
    )
  })

  it('§7 begins with 1000 fiat and no TUX', () => {
    expect(decideOpening().after).toEqual(newcomer)
    expect(sumOf(decideOpening(), 'fiat', 'player')).toBe(openingFiat)
  })
})

describe('the hash of a request', () => {
  const request = {
    id: newId<TransferId>(),
    kind: 'purchase',
    uid: newId<AccountId>(),
    requested: parseTux(10),
  } as const

  it('is the same for a retry', () => {
    expect(hashOf({ ...request })).toEqual(hashOf(request))
  })

  it('tells another kind, player or amount', () => {
    expect(hashOf({ ...request, kind: 'roll' })).not.toEqual(hashOf(request))
    expect(hashOf({ ...request, uid: newId<AccountId>() })).not.toEqual(hashOf(request))
    expect(hashOf({ ...request, requested: parseTux(11) })).not.toEqual(hashOf(request))
  })
})
