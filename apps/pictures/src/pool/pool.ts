import type { FileContent } from '@sallyport/contracts'
import { inBatches } from '@sallyport/database'
import { type Dice, parseId } from '@sallyport/kernel'
import type { PageRequest } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { PictureFiles } from '../files/picture-files.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { NoPictures, type Picture, type PictureId, smallerFile, UnknownPicture } from './picture.ts'
import { type Days, findAtShares, findPictures, listAccepted } from './picture-store.ts'

export type Size = 'small' | 'medium' | 'full'

export interface Page {
  readonly items: readonly Picture[]
  /** The place that the next page begins after, if there is more. */
  readonly next: bigint | undefined
}

/** The pictures that are handed out. */
export interface Pool {
  /** One of them, each as likely as any other (pictures S-22), with its file. @throws {NoPictures} */
  draw(): Promise<{ readonly picture: Picture; readonly content: FileContent }>
  /** @throws {UnknownPicture} */
  find(id: string): Promise<Picture>
  page(days: Days, request: PageRequest): Promise<Page>
  /** @throws {UnknownPicture} when it was removed since it was found */
  open(picture: Picture, size: Size): Promise<FileContent>
}

/** Finer than any pool: of 2³² equally likely shares no picture has more than one more than another. */
const shares = 2 ** 32
/** Whoever draws what is removed in that moment draws again, so often in all. */
const mostDraws = 3

export function createPool(parts: {
  readonly db: Kysely<PicturesDatabase>
  readonly files: PictureFiles
  readonly dice: Dice
}): Pool {
  const { db, files, dice } = parts
  const findAtShare = inBatches((shares: readonly number[]) => findAtShares(db, shares))
  const findOne = inBatches((ids: readonly PictureId[]) => findPictures(db, ids))

  async function open({ id, file, mediaType }: Picture, size: Size): Promise<FileContent> {
    const found = await files.read(size === 'full' ? file : smallerFile(id, size))
    if (found) return { mediaType: size === 'full' ? mediaType : 'image/webp', ...found }
    if (!(await findOne(id))) throw new UnknownPicture()
    throw new TypeError(`a file of the picture ${id} is gone`)
  }

  return {
    async draw() {
      for (let draws = 1; ; draws += 1) {
        const picture = await findAtShare(dice.roll(shares) / shares)
        if (!picture) throw new NoPictures()
        try {
          return { picture, content: await open(picture, 'full') }
        } catch (error) {
          if (!(error instanceof UnknownPicture) || draws === mostDraws) throw error
        }
      }
    },
    async find(text) {
      const id = parseId<PictureId>(text)
      const picture = id && (await findOne(id))
      if (picture?.state !== 'accepted') throw new UnknownPicture()
      return picture
    },
    async page(days, request) {
      const rows = await listAccepted(db, days, request)
      const items = rows.slice(0, request.limit)
      return { items, next: rows.length > request.limit ? items.at(-1)?.place : undefined }
    },
    open,
  }
}
