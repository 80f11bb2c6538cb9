import { blend, type Chance } from './chance.ts'

/** Red, green and blue; 1 is as bright as can be shown, and more is light that spills over. */
export type Light = readonly [number, number, number]

/** Light that adds up, as it does in the sky. */
export class Canvas {
  readonly width: number
  readonly height: number
  readonly #light: Float32Array

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.#light = new Float32Array(width * height * 3)
  }

  add(x: number, y: number, [red, green, blue]: Light, strength: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return
    const at = (y * this.width + x) * 3
    this.#light[at] = (this.#light[at] ?? 0) + red * strength
    this.#light[at + 1] = (this.#light[at + 1] ?? 0) + green * strength
    this.#light[at + 2] = (this.#light[at + 2] ?? 0) + blue * strength
  }

  /** Takes light away behind something: 1 is all of it. */
  shade(x: number, y: number, share: number): void {
    const at = (y * this.width + x) * 3
    for (let channel = at; channel < at + 3; channel += 1) {
      this.#light[channel] = (this.#light[channel] ?? 0) * (1 - share)
    }
  }

  /** Calls back for every point, with its place as a part of the height, from the middle. */
  everywhere(paint: (x: number, y: number, across: number, down: number) => void): void {
    for (let y = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1) {
        paint(x, y, (x - this.width / 2) / this.height, (y - this.height / 2) / this.height)
      }
    }
  }

  /** A round glow; the radius is in pixels. */
  glow(x: number, y: number, radius: number, light: Light, strength: number): void {
    const reach = Math.ceil(radius * 3)
    const [left, top] = [Math.round(x), Math.round(y)]
    for (let down = -reach; down <= reach; down += 1) {
      for (let across = -reach; across <= reach; across += 1) {
        const near = Math.exp(-(across * across + down * down) / (radius * radius))
        if (near > 0.004) this.add(left + across, top + down, light, strength * near)
      }
    }
  }

  /** So many stars, few of them bright. */
  stars(chance: Chance, count: number): void {
    for (let star = 0; star < count; star += 1) {
      const brightness = chance.next() ** 6
      const warmth = chance.next()
      const light: Light = [blend(0.75, 1, warmth), 0.9, blend(1, 0.7, warmth)]
      const [x, y] = [chance.next() * this.width, chance.next() * this.height]
      this.glow(x, y, 0.6 + brightness * 1.8, light, 0.25 + brightness * 1.6)
    }
  }

  /** Eight bits for each channel; what is too bright loses its colour as on film. */
  develop(): Buffer {
    const pixels = Buffer.alloc(this.#light.length)
    for (const [at, light] of this.#light.entries()) pixels[at] = Math.round(255 * (1 - Math.exp(-1.6 * light)) ** 0.8)
    return pixels
  }
}
