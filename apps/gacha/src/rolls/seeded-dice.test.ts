import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stock } from '../catalogue/stock.ts'
import { drawGacha } from './draw.ts'
import { commitmentOf, secureSeed, seededDice } from './seeded-dice.ts'

const seed = createHash('sha256').update('a seed').digest()
const throwsOf = (sides: number, ...given: Parameters<typeof seededDice>): number[] => {
  const dice = seededDice(...given)
  return Array.from({ length: 20 }, () => dice.roll(sides))
}

describe('seeded dice', () => {
  it('throw what is written down here, for ever: old rolls are verified with them', () => {
    expect(throwsOf(15, seed, 'hello', 1)).toEqual([12, 7, 8, 7, 1, 9, 11, 0, 12, 1, 5, 4, 10, 11, 5, 2, 1, 9, 3, 4])
    expect(commitmentOf(seed).toString('hex')).toBe(createHash('sha256').update(seed).digest('hex'))
  })

  it('throw the same again, and something else for another seed, text or attempt', () => {
    const first = throwsOf(1000, seed, 'hello', 1)
    expect(throwsOf(1000, seed, 'hello', 1)).toEqual(first)
    expect(throwsOf(1000, commitmentOf(seed), 'hello', 1)).not.toEqual(first)
    expect(throwsOf(1000, seed, 'hello!', 1)).not.toEqual(first)
    expect(throwsOf(1000, seed, 'hello', 2)).not.toEqual(first)
    expect(throwsOf(1000, seed, 'hello:1', 2)).not.toEqual(throwsOf(1000, seed, 'hello', 12))
  })

  it('throw whole numbers from 0 up to their sides', () => {
    const words = fc.string({ maxLength: 64 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 }),
        words,
        fc.integer({ min: 1, max: 9 }),
        (sides, text, attempt) => {
          const outside = throwsOf(sides, seed, text, attempt).filter((thrown) => !(thrown >= 0 && thrown < sides))
          expect(outside).toEqual([])
        },
      ),
    )
  })

  it('§6 favour no side, also where the sides do not divide what a number can be', () => {
    // Without throwing again, the first third would come up twice as often as the others.
    const sides = 3 * 2 ** 30
    const dice = seededDice(seed, '', 1)
    const thirds = [0, 0, 0]
    for (let thrown = 0; thrown < 30_000; thrown++) {
      const third = Math.floor(dice.roll(sides) / 2 ** 30)
      thirds[third] = (thirds[third] ?? 0) + 1
    }
    expect(chiSquare(thirds, [10_000, 10_000, 10_000])).toBeLessThan(13.8)
  })

  it('§6 draw with the odds of the table, over many seeds', () => {
    const rolls = 90_000
    const counts = new Map<string, number>()
    for (let roll = 0; roll < rolls; roll++) {
      const { name } = drawGacha(seededDice(createHash('sha256').update(`${roll}`).digest(), '', 1), stock)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    const chances = { 1: 1 / 18, 2: 4 / 75, 3: 1 / 10, 4: 1 / 45, 5: 1 / 30 }
    const found = stock.map(({ name }) => counts.get(name) ?? 0)
    const expected = stock.map(({ rarity }) => rolls * chances[rarity])
    // One in a thousand fair dice would exceed it with 20 degrees of freedom; these are always the same ones.
    expect(chiSquare(found, expected)).toBeLessThan(45.3)
  })
})

describe('a seed', () => {
  it('has 32 bytes and is another each time', () => {
    const seeds = Array.from({ length: 100 }, () => Buffer.from(secureSeed()).toString('hex'))
    expect(new Set(seeds).size).toBe(100)
    expect(seeds.every((hex) => /^[0-9a-f]{64}$/.test(hex))).toBe(true)
  })
})

function chiSquare(found: readonly number[], expected: readonly number[]): number {
  return found.reduce((sum, count, index) => {
    const mean = expected[index] ?? 0
    return sum + (count - mean) ** 2 / mean
  }, 0)
}
