import { type Dice, loadedDice } from '@sallyport/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Rarity, rarities } from '../catalogue/gacha.ts'
import { stock } from '../catalogue/stock.ts'
import { drawGacha, drawRarity } from './draw.ts'
import { EmptyCatalogue } from './roll.ts'

class AnotherThrow extends Error {
  readonly sides: number
  constructor(sides: number) {
    super('one more throw is needed')
    this.sides = sides
  }
}

/** The exact probability of each result: plays with every sequence of throws there is. */
function oddsOf<Result>(play: (dice: Dice) => Result): Map<Result, number> {
  const odds = new Map<Result, number>()
  const explore = (throws: readonly number[], probability: number): void => {
    let next = 0
    const roll = (sides: number): number => {
      const thrown = throws[next++]
      if (thrown === undefined) throw new AnotherThrow(sides)
      return thrown
    }
    try {
      const result = play({ roll })
      odds.set(result, (odds.get(result) ?? 0) + probability)
    } catch (error) {
      if (!(error instanceof AnotherThrow)) throw error
      for (let side = 0; side < error.sides; side++) explore([...throws, side], probability / error.sides)
    }
  }
  explore([], 1)
  return odds
}

describe('drawing a rarity', () => {
  it('§6 gives each rarity its share of fifteen', () => {
    const throws = Array.from({ length: 15 }, (_, thrown) => drawRarity(loadedDice(thrown)))
    expect(throws).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5])
  })

  it('§6 shares the weights of empty classes out among the others', () => {
    const odds = oddsOf((dice) => drawRarity(dice, [2, 5]))
    expect([...odds.keys()]).toEqual([2, 5])
    expect(odds.get(2)).toBeCloseTo(4 / 5, 12)
    expect(odds.get(5)).toBeCloseTo(1 / 5, 12)
  })

  it('throws once, with as many sides as there are parts', () => {
    const thrown: number[] = []
    drawRarity({ roll: (sides) => thrown.push(sides) - 1 })
    drawRarity({ roll: (sides) => thrown.push(sides) - 1 }, [1, 4])
    expect(thrown).toEqual([15, 7])
  })

  it.each([15, 16, 1000])('refuses dice that throw %d of fifteen', (thrown) => {
    expect(() => drawRarity(loadedDice(thrown))).toThrow(RangeError)
  })
})

describe('drawing a gacha', () => {
  it('§6 gives each stock item the chance in the table', () => {
    const chances: Record<Rarity, number> = { 1: 1 / 18, 2: 4 / 75, 3: 1 / 10, 4: 1 / 45, 5: 1 / 30 }
    const odds = oddsOf((dice) => drawGacha(dice, stock))
    expect(odds.size).toBe(21)
    for (const [{ rarity }, chance] of odds) expect(chance).toBeCloseTo(chances[rarity], 12)
  })

  it('§6 reaches the first and the last of a class', () => {
    expect(drawGacha(loadedDice(0, 0), stock).name).toBe('Ubuntu')
    expect(drawGacha(loadedDice(4, 5), stock).name).toBe('Kali_Linux')
    expect(drawGacha(loadedDice(5, 0), stock).name).toBe('Arch_Linux')
    expect(drawGacha(loadedDice(14, 1), stock).name).toBe('TempleOS')
    expect(() => drawGacha(loadedDice(14, 2), stock)).toThrow(RangeError)
  })

  it('§6 draws nothing from an empty catalogue', () => {
    expect(() => drawGacha(loadedDice(0), [])).toThrow(EmptyCatalogue)
  })

  const lots = fc
    .array(fc.record({ id: fc.nat(), rarity: fc.constantFrom(...rarities) }), { minLength: 1, maxLength: 40 })
    .map((list) => list.map((lot, index) => ({ ...lot, id: index })))

  it('§6 is fair to any catalogue: whole chances, none for empty classes, the same within a class', () => {
    const parts: Record<Rarity, number> = { 1: 5, 2: 4, 3: 3, 4: 2, 5: 1 }
    fc.assert(
      fc.property(lots, (catalogue) => {
        const odds = oddsOf((dice) => drawGacha(dice, catalogue))
        const present = rarities.filter((rarity) => catalogue.some((lot) => lot.rarity === rarity))
        const all = present.reduce((sum, rarity) => sum + parts[rarity], 0)
        expect(odds.size).toBe(catalogue.length)
        for (const [{ rarity }, chance] of odds) {
          const members = catalogue.filter((lot) => lot.rarity === rarity).length
          expect(chance).toBeCloseTo(parts[rarity] / all / members, 10)
        }
      }),
    )
  })
})
