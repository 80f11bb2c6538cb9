import sharp from 'sharp'
import { Canvas } from './canvas.ts'
import { chanceOf } from './chance.ts'
import { subjects } from './subjects.ts'

/** A picture of a sky that does not exist, and the truth about it. */
export interface Drawing {
  readonly title: string
  readonly explanation: string
  readonly webp: Buffer
}

const size = { width: 768, height: 512 }

/** Draws the sky of a number: the same number gives the same sky. */
export async function drawSky(seed: number): Promise<Drawing> {
  const subject = subjects[seed % subjects.length] ?? subjects[0]
  const canvas = new Canvas(size.width, size.height)
  subject.draw(canvas, chanceOf(seed * 7919))
  const webp = await sharp(canvas.develop(), { raw: { ...size, channels: 3 } })
    .webp({ quality: 90, effort: 5 })
    .toBuffer()
  return {
    title: `Drawn ${subject.name} no. ${seed}`,
    explanation: `A ${subject.name} that no telescope has seen: Sallyport drew it from the number ${seed}. It is made of ${subject.method}.`,
    webp,
  }
}
