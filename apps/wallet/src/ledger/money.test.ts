import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  costOf,
  fiat,
  fiatToNumber,
  formatCost,
  formatTux,
  openingFiat,
  parseTux,
  rollPrice,
  tux,
  tuxPrice,
  tuxToNumber,
} from './money.ts'

/** What the contract lets through: at most six decimals, at most 2^53 - 1. */
const wireNumbers = fc.oneof(
  fc.maxSafeInteger(),
  fc.maxSafeInteger().map((millionths) => Number(`${millionths}e-6`)),
)

describe('the price', () => {
  it('§7 is 1.2 TUX for one fiat, and 10 TUX for a roll', () => {
    expect(tuxPrice).toBe(1.2)
    expect(tuxToNumber(rollPrice)).toBe(10)
  })

  it('§7 makes 1200 TUX out of the 1000 fiat of a new account, to the last unit', () => {
    expect(costOf(parseTux(1200))).toBe(openingFiat)
    expect(costOf(parseTux(1200.000001))).toBeGreaterThan(openingFiat)
    expect(fiatToNumber(openingFiat)).toBe(1000)
  })

  it('§7 comes to exactly 1000 fiat for 120 purchases of 10 TUX', () => {
    const total = Array.from({ length: 120 }, () => costOf(parseTux(10))).reduce(
      (sum, cost) => fiat(sum + cost),
      fiat(0n),
    )
    expect(total).toBe(openingFiat)
  })

  it('costs the same in one purchase as in any two', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), fc.bigInt(0n, 10n ** 12n), (one, other) => {
        expect(costOf(tux(one)) + costOf(tux(other))).toBe(costOf(tux(one + other)))
      }),
    )
  })
})

describe('TUX on the wire', () => {
  it('§7 stay exact: 70 - 10 = 60, 60 + 20 = 80, 0.1 + 0.2 = 0.3', () => {
    expect(tuxToNumber(tux(parseTux(70) - rollPrice))).toBe(60)
    expect(tuxToNumber(tux(parseTux(60) + parseTux(20)))).toBe(80)
    expect(tuxToNumber(tux(parseTux(0.1) + parseTux(0.2)))).toBe(0.3)
  })

  it('come back as the number that was read', () => {
    fc.assert(
      fc.property(wireNumbers, (wire) => {
        expect(tuxToNumber(parseTux(wire))).toBe(wire)
      }),
    )
  })

  it.each([
    [0, 0n],
    [-0, 0n],
    [0.000001, 1n],
    [-0.000001, -1n],
    [12.34, 12_340_000n],
    [999_999_999.999999, 999_999_999_999_999n],
    [Number.MAX_SAFE_INTEGER, 9_007_199_254_740_991_000_000n],
    [-Number.MAX_SAFE_INTEGER, -9_007_199_254_740_991_000_000n],
  ])('reads %d as %d millionths', (wire, millionths) => {
    expect(parseTux(wire)).toBe(millionths)
  })

  it.each([0.0000001, 1.0000005, 1e21, Number.NaN, Number.POSITIVE_INFINITY])('does not take %d', (wire) => {
    expect(() => parseTux(wire)).toThrow(RangeError)
  })

  it.each([
    [70, '70.0'],
    [12.34, '12.34'],
    [0, '0.0'],
    [-0, '0.0'],
    [1200, '1200.0'],
    [0.000001, '0.000001'],
    [-3.5, '-3.5'],
    [-0.5, '-0.5'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991.0'],
  ])('§7 prints %d as %s', (wire, text) => {
    expect(formatTux(parseTux(wire))).toBe(text)
  })
})

describe('fiat on the wire', () => {
  it('is the number nearest to the sixths it is counted in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6_000_000_000 }), (units) => {
        expect(fiatToNumber(fiat(BigInt(units)))).toBeCloseTo(units / 6_000_000, 12)
      }),
    )
  })

  it.each([
    [1200, '1000.0'],
    [1300, '1083.3333333333335'],
    [1, '0.8333333333333334'],
    [0, '0.0'],
    [Number.MAX_SAFE_INTEGER, '7505999378950826.0'],
  ])('§7 prints the cost of %d TUX as %s', (wire, text) => {
    expect(formatCost(parseTux(wire))).toBe(text)
  })
})

it('has a limit, far above what can be asked for', () => {
  expect(() => tux(10n ** 23n)).toThrow(RangeError)
  expect(() => fiat(-(10n ** 23n))).toThrow(RangeError)
  expect(costOf(parseTux(Number.MAX_SAFE_INTEGER))).toBeGreaterThan(0n)
})
