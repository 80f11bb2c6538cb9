import { pictures } from '@sallyport/contracts'
import { type AccountId, type Brand, parseId, Rejection } from '@sallyport/kernel'

/** A UUID, lower case. */
export type PictureId = Brand<string, 'PictureId'>

/** A day that there is, as `YYYY-MM-DD`. */
export type Day = Brand<string, 'Day'>

export const mediaTypes = pictures.pictureTypes
export type MediaType = (typeof mediaTypes)[number]

/** Only what is accepted is in the pool. */
export const pictureStates = ['pending', 'accepted', 'refused'] as const
export type PictureState = (typeof pictureStates)[number]

/** What somebody says about a picture (pictures S-27 to S-30). */
export interface Caption {
  readonly title: string
  readonly explanation: string
  readonly date: Day
  readonly copyright: string | undefined
}

export interface Picture extends Caption {
  readonly id: PictureId
  /** The place in lists of pictures of the same day. */
  readonly place: bigint
  /** The name of the whole picture among the files. */
  readonly file: string
  readonly mediaType: MediaType
  readonly width: number
  readonly height: number
  readonly bytes: number
  /** SHA-256 of the file. */
  readonly digest: Buffer
  readonly state: PictureState
  readonly uploader: AccountId | undefined
  readonly addedAt: Date
}

export class InvalidDate extends Rejection {
  override name = 'InvalidDate'
  readonly code = 'invalid-date'
  readonly reason = 'invalid'
  constructor() {
    super('date: must be a day that there is, as YYYYMMDD or YYYY-MM-DD')
  }
}

export class UnknownPicture extends Rejection {
  override name = 'UnknownPicture'
  readonly code = 'unknown-picture'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such picture')
  }
}

export class NoPictures extends Rejection {
  override name = 'NoPictures'
  readonly code = 'no-pictures'
  readonly reason = 'not-found'
  constructor() {
    super('there are no pictures yet')
  }
}

/** `YYYYMMDD` or `YYYY-MM-DD`, from the year 1 on (pictures S-29). @throws {InvalidDate} */
export function parseDay(text: string): Day {
  const [, year = '', month = '', day = ''] = /^(\d{4})(-?)(\d{2})\2(\d{2})$/.exec(text)?.toSpliced(2, 1) ?? []
  const written = `${year}-${month}-${day}`
  if (year === '0000' || !isDay(written)) throw new InvalidDate()
  return written
}

function isDay(text: string): text is Day {
  const date = new Date(`${text}T00:00:00Z`)
  // A day too many becomes one of the next month.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

const endings: Readonly<Record<MediaType, string>> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' }

/** The ending of the name of a file of this type. */
export function endingOf(type: MediaType): string {
  return endings[type]
}

/** The picture that a file belongs to, by the name of the file. */
export function pictureOf(file: string): PictureId {
  const id = parseId<PictureId>(file.slice(0, 36))
  if (!id) throw new TypeError('this is not the name of a picture')
  return id
}

/** The name of the file of a picture in a smaller size. */
export function smallerFile(id: PictureId, size: 'small' | 'medium'): string {
  return `${id}.${size}.webp`
}
