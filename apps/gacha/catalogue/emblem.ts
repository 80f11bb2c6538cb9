import { createHash } from 'node:crypto'
import type { Rarity } from '../src/catalogue/gacha.ts'

/** The width and height of an emblem, in pixels. */
export const emblemSize = 128

const centre = { x: 64, y: 56 }
const starsY = 112

/** Frame and ground of each rarity: stone, leaf, water, amethyst, gold. */
const tints: Readonly<Record<Rarity, { readonly frame: string; readonly ground: string }>> = {
  1: { frame: '#8d99a6', ground: '#20262d' },
  2: { frame: '#4fae6a', ground: '#15271c' },
  3: { frame: '#3f8fe0', ground: '#131f33' },
  4: { frame: '#a566e8', ground: '#22163a' },
  5: { frame: '#f2b632', ground: '#33240a' },
}

/**
 * An abstract emblem as SVG: a frame in the colour of the rarity with as many stars, and round a centre a wreath whose
 * shapes, number and colours come from the name. Flat colours only, so that the picture stays small.
 */
export function drawEmblem(name: string, rarity: Rarity): string {
  const choose = choices(name)
  const { frame, ground } = tints[rarity]
  const hue = choose(360)
  const other = (hue + pick(choose, [40, 120, 180, 220, 300])) % 360
  const colour = {
    disc: `hsl(${hue} 38% 24%)`,
    outer: `hsl(${hue} 72% 58%)`,
    inner: `hsl(${other} 75% 66%)`,
    heart: `hsl(${other} 85% 88%)`,
  }
  const folds = 4 + choose(5)
  const parts = [
    `<circle cx="0" cy="0" r="43" fill="${colour.disc}"/>`,
    wreath(folds, choose(2) * 0.5, pick(choose, outerShapes), colour.outer),
    wreath(folds, choose(2) * 0.5, pick(choose, innerShapes), colour.inner),
    pick(choose, hearts)(colour.heart, ground),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${emblemSize} ${emblemSize}">`,
    `<rect x="2" y="2" width="124" height="124" rx="18" fill="${ground}" stroke="${frame}" stroke-width="4"/>`,
    `<g transform="translate(${centre.x} ${centre.y})">${parts.join('')}</g>`,
    stars(rarity, frame),
    '</svg>',
  ].join('')
}

/** Choices that follow from the name: each call gives a whole number below its argument. */
function choices(name: string): (below: number) => number {
  const digest = createHash('sha256').update(name).digest()
  let next = 0
  return (below) => digest.readUInt16BE((2 * next++) % 32) % below
}

function pick<T>(choose: (below: number) => number, from: readonly [T, ...T[]]): T {
  return from[choose(from.length)] ?? from[0]
}

type Shape = (colour: string) => string

/** The shape, `folds` times round the centre; `turn` is in parts of one fold. */
function wreath(folds: number, turn: number, shape: Shape, colour: string): string {
  return Array.from({ length: folds }, (_, index) => {
    const degrees = Math.round(((index + turn) * 3600) / folds) / 10
    return `<g transform="rotate(${degrees})">${shape(colour)}</g>`
  }).join('')
}

/** Drawn upwards from the centre, out to 40 pixels. */
const outerShapes: readonly [Shape, ...Shape[]] = [
  (colour) => `<ellipse cx="0" cy="-25" rx="8" ry="15" fill="${colour}"/>`,
  (colour) => `<path d="M0-40 9-22 0-8-9-22z" fill="${colour}"/>`,
  (colour) => `<path d="M0-8C-16-18-10-32 0-40 10-32 16-18 0-8z" fill="${colour}"/>`,
  (colour) => `<circle cx="0" cy="-28" r="8.5" fill="none" stroke="${colour}" stroke-width="5"/>`,
  (colour) => `<path d="M0-39 11-17H-11z" fill="${colour}"/>`,
  (colour) => `<path d="M-11-20Q-11-38 0-38T11-20" fill="none" stroke="${colour}" stroke-width="5"/>`,
  (colour) => `<path d="M0-8Q18-16 8-40 2-24-4-10z" fill="${colour}"/>`,
  (colour) =>
    `<path d="M0-10V-28" stroke="${colour}" stroke-width="5"/><circle cx="0" cy="-33" r="6.5" fill="${colour}"/>`,
  (colour) => `<path d="M-8-38H8L4-14H-4z" fill="${colour}"/>`,
]

/** Drawn upwards from the centre, out to 24 pixels. */
const innerShapes: readonly [Shape, ...Shape[]] = [
  (colour) => `<circle cx="0" cy="-17" r="4" fill="${colour}"/>`,
  (colour) => `<path d="M0-24 5-16 0-8-5-16z" fill="${colour}"/>`,
  (colour) => `<ellipse cx="0" cy="-15" rx="3.5" ry="8" fill="${colour}"/>`,
  (colour) => `<path d="M-7-13Q0-25 7-13" fill="none" stroke="${colour}" stroke-width="4"/>`,
  (colour) => `<path d="M0-23 6-12H-6z" fill="${colour}"/>`,
  (colour) => `<rect x="-3.5" y="-20" width="7" height="7" fill="${colour}"/>`,
]

type Heart = (colour: string, ground: string) => string

const hearts: readonly [Heart, ...Heart[]] = [
  (colour) => `<circle r="8" fill="${colour}"/>`,
  (colour, ground) => `<circle r="9" fill="${colour}"/><circle r="4.5" fill="${ground}"/>`,
  (colour) => `<path d="M0-10 10 0 0 10-10 0z" fill="${colour}"/>`,
  (colour) => `<path d="${star(0, 0, 10, 4)}" fill="${colour}"/>`,
  (colour, ground) => `<circle r="9" fill="${colour}"/><circle cx="4" cy="-2" r="7" fill="${ground}"/>`,
]

function stars(count: number, colour: string): string {
  const gap = 17
  const first = centre.x - ((count - 1) * gap) / 2
  const shapes = Array.from({ length: count }, (_, index) => star(first + index * gap, starsY, 7.5, 3.2))
  return `<path d="${shapes.join('')}" fill="${colour}"/>`
}

/** A five-pointed star as the data of a path; both radii in pixels. */
function star(x: number, y: number, outer: number, inner: number): string {
  const points = Array.from({ length: 10 }, (_, index) => {
    const radius = index % 2 === 0 ? outer : inner
    const angle = (index * Math.PI) / 5
    return `${(x + radius * Math.sin(angle)).toFixed(1)} ${(y - radius * Math.cos(angle)).toFixed(1)}`
  })
  return `M${points.join('L')}z`
}
