/** Where chance comes from, so that tests own it. */
export interface Dice {
  /** A whole number, 0 up to but not including `sides`, each equally likely. */
  roll(sides: number): number
}

/** Dice that throw what they are told, in order, and the last value for ever after. For tests. */
export function loadedDice(...throws: number[]): Dice {
  let next = 0
  return { roll: () => throws[Math.min(next++, throws.length - 1)] ?? 0 }
}
