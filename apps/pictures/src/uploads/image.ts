import { Rejection } from '@sallyport/kernel'
import { fileTypeFromBuffer } from 'file-type'
import sharp, { type Sharp } from 'sharp'
import { type MediaType, mediaTypes } from '../pool/picture.ts'

/** A picture as it is kept, with two smaller ones. */
export interface Image {
  readonly mediaType: MediaType
  readonly width: number
  readonly height: number
  readonly bytes: Buffer
  /** WebP that fits into a square of 256 pixels, and into one of 1024. */
  readonly small: Buffer
  readonly medium: Buffer
}

export class InvalidImage extends Rejection {
  override name = 'InvalidImage'
  readonly code = 'invalid-file'
  readonly reason = 'invalid'
  constructor(explanation: string) {
    super(`file: ${explanation}`)
  }
}

/** Longer than any picture within the limits takes, in seconds. */
const timeLimitSeconds = 20
const squares = { small: 256, medium: 1024 }
/** As WebP has it. A line of fifty million pixels would take gigabytes to make smaller. */
const longestSide = 16_383

/**
 * Reads a picture by its content, whatever it says it is, and writes it anew: upright, and without anything in it that is
 * not picture, such as where it was taken.
 *
 * @throws {InvalidImage}
 */
export async function readImage(bytes: Uint8Array, { mostPixels }: { readonly mostPixels: number }): Promise<Image> {
  const sniffed = (await fileTypeFromBuffer(bytes).catch(() => undefined))?.mime
  const mediaType = mediaTypes.find((type) => type === sniffed)
  if (!mediaType) throw new InvalidImage('must be a picture in JPEG, PNG or WebP')
  await checkExtent(bytes, mostPixels)
  // Its decoders are native code: what they refuse is refused here in words of our own.
  const picture = sharp(bytes, { limitInputPixels: mostPixels, failOn: 'warning', autoOrient: true })
  try {
    const { data, info } = await encode(picture.clone(), mediaType).toBuffer({ resolveWithObject: true })
    const smaller = async (square: number): Promise<Buffer> =>
      sharp(data, { limitInputPixels: mostPixels })
        .resize(square, square, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 80 })
        .timeout({ seconds: timeLimitSeconds })
        .toBuffer()
    const { width, height } = info
    return {
      mediaType,
      width,
      height,
      bytes: data,
      small: await smaller(squares.small),
      medium: await smaller(squares.medium),
    }
  } catch {
    throw new InvalidImage('is damaged, or takes too long to read')
  }
}

/** What it says of its size, before anything of it is decoded. */
async function checkExtent(bytes: Uint8Array, mostPixels: number): Promise<void> {
  const { width, height } = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => {
      throw new InvalidImage('cannot be read as the picture that it says it is')
    })
  if (width * height > mostPixels) throw new InvalidImage(`must have at most ${mostPixels} pixels`)
  if (Math.max(width, height) > longestSide) {
    throw new InvalidImage(`must be at most ${longestSide} pixels wide and high`)
  }
}

/** A drawing of this program's own is kept as it is: it has nothing in it that was not drawn, and fits into the medium size. */
export async function readDrawing(webp: Buffer): Promise<Image> {
  const { width, height } = await sharp(webp).metadata()
  const small = await sharp(webp).resize(squares.small, squares.small, { fit: 'inside' }).webp().toBuffer()
  return { mediaType: 'image/webp', width, height, bytes: webp, small, medium: webp }
}

function encode(picture: Sharp, type: MediaType): Sharp {
  const limited = picture.timeout({ seconds: timeLimitSeconds })
  if (type === 'image/jpeg') return limited.jpeg({ quality: 90 })
  return type === 'image/png' ? limited.png() : limited.webp({ quality: 90 })
}
