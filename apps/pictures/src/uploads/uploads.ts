import { createHash } from 'node:crypto'
import { type AccountId, type Clock, createTurns, idOf, newId, Rejection } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { PictureFiles } from '../files/picture-files.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { type Caption, endingOf, type PictureId, type PictureState, smallerFile } from '../pool/picture.ts'
import { insertPicture, isErased, lockPicture } from '../pool/picture-store.ts'
import { type Image, readDrawing, readImage } from './image.ts'

export interface Uploads {
  /**
   * Takes a picture in.
   *
   * @throws {InvalidImage} @throws {TooManyUploads} @throws {UploaderErased}
   */
  add(upload: Upload): Promise<PictureId>
  /**
   * The same for an operator, who may do it once more when it broke off: the same picture with the same caption is there once.
   *
   * @throws {InvalidImage} @throws {TooManyUploads}
   */
  import(upload: Upload): Promise<void>
  /** Takes in a drawing of this program's own, as WebP; once, however often the same id comes. */
  addDrawing(id: PictureId, caption: Caption, webp: Buffer): Promise<void>
}

export interface Upload {
  readonly caption: Caption
  readonly bytes: Uint8Array
  readonly uploader: AccountId | undefined
  readonly state: PictureState
}

/** So many pictures are already being read that one more would wait too long. */
export class TooManyUploads extends Rejection {
  override name = 'TooManyUploads'
  readonly code = 'too-many-uploads'
  readonly reason = 'busy'
  constructor() {
    super('too many pictures come in now')
  }
}

/** What they uploaded is being erased, or was, since this began. */
export class UploaderErased extends Rejection {
  override name = 'UploaderErased'
  readonly code = 'uploader-erased'
  readonly reason = 'unauthenticated'
  constructor() {
    super('what you uploaded was erased meanwhile')
  }
}

/** Each is decoded in memory, so they are one after the other, and no more than these wait. */
const mostWaiting = 7

export function createUploads(parts: {
  readonly db: Kysely<PicturesDatabase>
  readonly files: PictureFiles
  readonly clock: Clock
  readonly mostPixels: number
}): Uploads {
  const { db, files, clock, mostPixels } = parts
  const turns = createTurns({ atOnce: 1, waitLimit: mostWaiting, whenFull: () => new TooManyUploads() })

  async function takeTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const giveUp = await turns.take('')
    try {
      return await work()
    } finally {
      giveUp()
    }
  }

  async function keep(
    id: PictureId,
    image: Image,
    { caption, uploader, state }: Omit<Upload, 'bytes'>,
    begunAt = clock.now(),
  ): Promise<PictureId> {
    const { mediaType, width, height } = image
    const file = `${id}.${endingOf(mediaType)}`
    const kept = {
      [file]: image.bytes,
      [smallerFile(id, 'small')]: image.small,
      [smallerFile(id, 'medium')]: image.medium,
    }
    await db.transaction().execute(async (tx) => {
      // Against the sweep, for which files without a picture are left over.
      await lockPicture(tx, id)
      if (uploader !== undefined && (await isErased(tx, uploader, begunAt))) throw new UploaderErased()
      // The files first: a picture in the pool has them. When it is not known whether the row got in, they stay until the sweep:
      // nobody looks at a file that is too much, and a row without its files would fail whoever draws it.
      for (const [name, content] of Object.entries(kept)) await files.put(name, content)
      await insertPicture(tx, {
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
    })
    return id
  }

  const read = (bytes: Uint8Array): Promise<Image> => readImage(bytes, { mostPixels })

  return {
    add({ bytes, ...upload }) {
      const begunAt = clock.now()
      return takeTurn(async () => keep(newId(), await read(bytes), upload, begunAt))
    },
    async import({ bytes, ...upload }) {
      const { title, explanation, date, copyright = '' } = upload.caption
      const digest = createHash('sha256').update(bytes).digest('hex')
      const id = idOf<PictureId>('import', digest, title, explanation, date, copyright)
      await takeTurn(async () => keep(id, await read(bytes), upload))
    },
    async addDrawing(id, caption, webp) {
      await keep(id, await readDrawing(webp), { caption, uploader: undefined, state: 'accepted' })
    },
  }
}
