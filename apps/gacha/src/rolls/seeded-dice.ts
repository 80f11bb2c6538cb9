import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Dice } from '@sallyport/kernel'

/** Where the seeds of rolls come from: 32 bytes, never the same twice. */
export type RandomSeed = () => Uint8Array

/** Seeds that nobody can foretell. */
export const secureSeed: RandomSeed = () => randomBytes(32)

/** What is shown of a seed before it is used: nobody can find another seed for it. */
export function commitmentOf(seed: Uint8Array): Buffer {
  return createHash('sha256').update(seed).digest()
}

const uint32s = 2 ** 32

/**
 * Dice that throw the same again for the same seed, text of the player's and attempt: docs/verifiable-rolls.md says how,
 * and everybody can throw them after the roll.
 */
export function seededDice(seed: Uint8Array, clientSeed: string, attempt: number): Dice {
  let counter = 0
  let block = Buffer.alloc(0)
  const nextUint32 = (): number => {
    if (block.length === 0) {
      block = createHmac('sha256', seed).update(`${clientSeed}:${attempt}:${counter++}`).digest()
    }
    const number = block.readUInt32BE()
    block = block.subarray(4)
    return number
  }
  return {
    roll(sides) {
      // Numbers above the last whole multiple would make the low sides likelier: they are thrown again.
      const limit = uint32s - (uint32s % sides)
      for (;;) {
        const number = nextUint32()
        if (number < limit) return number % sides
      }
    },
  }
}
