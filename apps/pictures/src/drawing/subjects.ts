import type { Canvas, Light } from './canvas.ts'
import { blend, type Chance, cloudsOf } from './chance.ts'

/** What can be drawn: how it is called, and how it is made. */
export interface Subject {
  readonly name: string
  readonly method: string
  draw(canvas: Canvas, chance: Chance): void
}

/** A colour by its place on the wheel, from 0 to 1, pale at 1. */
function tint(hue: number, paleness: number): Light {
  const channel = (shift: number): number => blend(0.5 + 0.5 * Math.cos(2 * Math.PI * (hue - shift)), 1, paleness)
  return [channel(0), channel(1 / 3), channel(2 / 3)]
}

const newSeed = (chance: Chance): number => Math.floor(chance.next() * 2 ** 31)

const nebula: Subject = {
  name: 'nebula',
  method: 'two clouds of noise in different colours, folded by a third, with dust in front of them',
  draw(canvas, chance) {
    const [folds, first, second, dust] = [3, 5, 5, 5].map((layers) => cloudsOf(newSeed(chance), layers))
    if (!folds || !first || !second || !dust) return
    const hue = chance.next()
    const [warm, cold] = [tint(hue, 0.15), tint(hue + chance.between(0.25, 0.5), 0.25)]
    const scale = chance.between(1.6, 2.8)
    canvas.stars(chance, 420)
    canvas.everywhere((x, y, across, down) => {
      const fold = 1.3 * folds(across * scale, down * scale)
      const one = Math.max(0, first(across * scale + fold, down * scale - fold) - 0.42)
      const other = Math.max(0, second(across * scale - fold + 7, down * scale + fold) - 0.45)
      const middle = Math.exp(-1.6 * (across * across + down * down))
      canvas.add(x, y, warm, 4.5 * one * middle)
      canvas.add(x, y, cold, 4 * other * middle)
      canvas.shade(x, y, 0.9 * Math.min(1, Math.max(0, 4 * (dust(across * 3 + 3, down * 3 + fold) - 0.52))))
    })
    canvas.stars(chance, 90)
  },
}

const galaxy: Subject = {
  name: 'spiral galaxy',
  method: 'a glowing middle and arms along logarithmic spirals, broken up by noise and seen from the side',
  draw(canvas, chance) {
    const clouds = cloudsOf(newSeed(chance), 5)
    const [turn, tilt, windings] = [chance.between(0, Math.PI), chance.between(0.35, 0.95), chance.between(2.2, 4.2)]
    const arms = chance.pick([2, 2, 3, 4])
    const size = chance.between(0.3, 0.42)
    const [core, arm] = [tint(chance.between(0.05, 0.14), 0.5), tint(chance.between(0.5, 0.8), 0.3)]
    const dust = tint(chance.between(0.9, 1.02), 0.1)
    canvas.stars(chance, 380)
    canvas.everywhere((x, y, across, down) => {
      const along = across * Math.cos(turn) + down * Math.sin(turn)
      const away = (down * Math.cos(turn) - across * Math.sin(turn)) / tilt
      const distance = Math.hypot(along, away) / size
      const angle = Math.atan2(away, along)
      const texture = clouds(along * 9 + 40, away * 9 + 40)
      const wave = Math.cos(arms * (angle - windings * Math.log(distance + 0.08)) + 3 * (texture - 0.5))
      const disc = Math.exp(-2.4 * distance * distance)
      canvas.add(x, y, arm, 1.7 * disc * Math.max(0, wave) ** 2 * (0.35 + texture))
      canvas.add(x, y, dust, 0.5 * disc * Math.max(0, -wave) * texture)
      canvas.add(x, y, core, 2.2 * Math.exp(-26 * distance * distance) + 0.35 * Math.exp(-5 * distance * distance))
    })
    canvas.stars(chance, 60)
  },
}

const cluster: Subject = {
  name: 'star cluster',
  method: 'some thousand stars, the denser the nearer to the middle, in a thin haze of noise',
  draw(canvas, chance) {
    const haze = cloudsOf(newSeed(chance), 4)
    const [hue, spread] = [chance.next(), chance.between(0.09, 0.17)]
    canvas.everywhere((x, y, across, down) => {
      const near = Math.exp(-(across * across + down * down) / (6 * spread * spread))
      canvas.add(x, y, tint(hue, 0.4), 0.5 * near * haze(across * 3, down * 3))
    })
    canvas.stars(chance, 260)
    for (let star = 0; star < 1400; star += 1) {
      const distance = spread * Math.sqrt(-2 * Math.log(1 - chance.next())) * canvas.height
      const angle = chance.between(0, 2 * Math.PI)
      const brightness = chance.next() ** 5
      const [x, y] = [canvas.width / 2 + distance * Math.cos(angle), canvas.height / 2 + distance * Math.sin(angle)]
      canvas.glow(x, y, 0.6 + brightness * 1.8, tint(chance.between(0, 0.7), 0.65), 0.3 + brightness * 1.4)
    }
  },
}

const planet: Subject = {
  name: 'planet',
  method: 'a ball lit from one side, with bands of noise round it and a thin air at its edge',
  draw(canvas, chance) {
    const clouds = cloudsOf(newSeed(chance), 5)
    const [radius, sun] = [chance.between(0.24, 0.36), chance.between(0, 2 * Math.PI)]
    const [middleX, middleY] = [chance.between(-0.3, 0.3), chance.between(-0.1, 0.1)]
    const hue = chance.next()
    const [dark, bright, air] = [tint(hue, 0.1), tint(hue + chance.between(0.05, 0.2), 0.4), tint(hue + 0.5, 0.4)]
    const [stripes, lean] = [chance.between(4, 12), chance.between(-0.5, 0.5)]
    canvas.stars(chance, 420)
    canvas.everywhere((x, y, across, down) => {
      const [dx, dy] = [(across - middleX) / radius, (down - middleY) / radius]
      const distance = Math.hypot(dx, dy)
      const light = dx * Math.cos(sun) * 0.8 + dy * Math.sin(sun) * 0.8
      if (distance > 1) {
        canvas.add(x, y, air, 0.9 * Math.exp(-22 * (distance - 1)) * Math.max(0, 0.25 + light))
        return
      }
      const depth = Math.sqrt(1 - distance * distance)
      canvas.shade(x, y, 1)
      const latitude = dy + lean * dx
      const band = clouds(2.2 * Math.asin(dx * 0.99) + 20, latitude * stripes + 2 * clouds(dx * 3 + 9, dy * 3 + 9))
      const lit = Math.max(0.015, light + 0.6 * depth)
      canvas.add(x, y, dark, 0.8 * lit * (1 - band))
      canvas.add(x, y, bright, 0.9 * lit * band)
      canvas.add(x, y, air, 0.5 * (1 - depth) ** 3 * Math.max(0, light))
    })
  },
}

export const subjects: readonly [Subject, ...Subject[]] = [nebula, galaxy, cluster, planet]
