import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { stock } from '../src/catalogue/stock.ts'
import { drawGacha } from '../src/rolls/draw.ts'
import { seededDice } from '../src/rolls/seeded-dice.ts'

/** How many seeds each file of tests has had: what it draws does not depend on others. */
const tried = new Map<string | undefined, number>()

/** A seed that its file never had before; the same ones in every run. */
export function nextSeed(): Buffer {
  const { testPath } = expect.getState()
  const before = tried.get(testPath) ?? 0
  tried.set(testPath, before + 1)
  return createHash('sha256').update(String(before)).digest()
}

/**
 * A seed that draws these from the stock catalogue, with each of the texts: the first at once, and the second when the
 * first was removed meanwhile.
 */
export function seedOf(first: string, second?: string, clientSeeds: readonly string[] = ['']): Buffer {
  const rest = stock.filter(({ name }) => name !== first)
  for (;;) {
    const seed = nextSeed()
    const fits = clientSeeds.every(
      (text) =>
        drawn(seed, text, 1, stock) === first && (second === undefined || drawn(seed, text, 2, rest) === second),
    )
    if (fits) return seed
  }
}

function drawn(seed: Buffer, clientSeed: string, attempt: number, lots: typeof stock): string {
  return drawGacha(seededDice(seed, clientSeed, attempt), lots).name
}
