/** Chance that follows from a seed: the same numbers for the same seed, on every machine. */
export interface Chance {
  /** From 0 up to but not including 1. */
  next(): number
  between(least: number, most: number): number
  pick<T>(from: readonly [T, ...T[]]): T
}

/** The generator known as mulberry32: quick, and good enough for drawings. */
export function chanceOf(seed: number): Chance {
  let state = Math.trunc(seed)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (least, most) => least + (most - least) * next(),
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0],
  }
}

/** A height between 0 and 1 for every point of a plane. */
export type Field = (x: number, y: number) => number

/** Smooth noise that changes over about one unit of length, with finer and weaker layers of it on top. */
export function cloudsOf(seed: number, layers: number): Field {
  return (x, y) => {
    let [sum, weight, all] = [0, 1, 0]
    for (let layer = 0; layer < layers; layer += 1) {
      const scale = 2 ** layer
      sum += weight * smooth(seed + layer * 1013, x * scale, y * scale)
      all += weight
      weight /= 2
    }
    return sum / all
  }
}

/** Between the heights of the four corners of a lattice. */
function smooth(seed: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [across, down] = [ease(x - left), ease(y - top)]
  const upper = blend(heightAt(seed, left, top), heightAt(seed, left + 1, top), across)
  const lower = blend(heightAt(seed, left, top + 1), heightAt(seed, left + 1, top + 1), across)
  return blend(upper, lower, down)
}

function heightAt(seed: number, x: number, y: number): number {
  let mixed = Math.imul(x, 374_761_393) ^ Math.imul(y, 668_265_263) ^ Math.imul(seed, 2_147_483_647)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 1_274_126_177)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

function ease(part: number): number {
  return part * part * (3 - 2 * part)
}

export function blend(one: number, other: number, share: number): number {
  return one + (other - one) * share
}
