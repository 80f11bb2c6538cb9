import { createHash } from 'node:crypto'
import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { PictureFiles } from '../files/picture-files.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { type Caption, endingOf, type PictureId, type PictureState, smallerFile } from '../pool/picture.ts'
import { insertPicture } from '../pool/picture-store.ts'
import { type Image, readDrawing, readImage } from './image.ts'
import { createTurns } from './turns.ts'

export interface Uploads {
  /**
   * Takes a picture in.
   *
   * @throws {InvalidImage} @throws {TooManyUploads}
   */
  add(upload: Upload): Promise<PictureId>
  /** Takes in a drawing of this program's own, as WebP; once, however often the same id comes. */
  addDrawing(id: PictureId, caption: Caption, webp: Buffer): Promise<void>
}

export interface Upload {
  readonly caption: Caption
  readonly bytes: Uint8Array
  readonly uploader: AccountId | undefined
  readonly state: PictureState
}

/** Each is decoded in memory, so they are one after the other, and no more than these wait. */
const mostWaiting = 8

export function createUploads(parts: {
  readonly db: Kysely<PicturesDatabase>
  readonly files: PictureFiles
  readonly clock: Clock
  readonly mostPixels: number
}): Uploads {
  const { db, files, clock, mostPixels } = parts
  const inTurn = createTurns(mostWaiting)

  async function keep(id: PictureId, image: Image, upload: Omit<Upload, 'bytes'>): Promise<PictureId> {
    const { caption, uploader, state } = upload
    const { mediaType, width, height } = image
    const file = `${id}.${endingOf(mediaType)}`
    const kept = {
      [file]: image.bytes,
      [smallerFile(id, 'small')]: image.small,
      [smallerFile(id, 'medium')]: image.medium,
    }
    try {
      // The files first: a picture in the pool has them.
      for (const [name, content] of Object.entries(kept)) await files.put(name, content)
      await insertPicture(db, {
        id,
        ...caption,
        file,
        mediaType,
        width,
        height,
        state,
        uploader,
        bytes: image.bytes.length,
        digest: createHash('sha256').update(image.bytes).digest(),
        addedAt: clock.now(),
      })
    } catch (error) {
      for (const name of Object.keys(kept)) await files.remove(name)
      throw error
    }
    return id
  }

  return {
    add: ({ bytes, ...upload }) => inTurn(async () => keep(newId(), await readImage(bytes, { mostPixels }), upload)),
    async addDrawing(id, caption, webp) {
      await keep(id, await readDrawing(webp), { caption, uploader: undefined, state: 'accepted' })
    },
  }
}
