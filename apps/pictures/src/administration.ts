import type { ServiceDatabase } from '@sallyport/database'
import { type Clock, parseId } from '@sallyport/kernel'
import { filesInDirectory } from './files/picture-files.ts'
import type { PicturesChoices } from './pictures.ts'
import type { PicturesDatabase } from './pictures-database.ts'
import { parseCaption } from './pool/caption.ts'
import { type Picture, type PictureId, type PictureState, UnknownPicture } from './pool/picture.ts'
import { listByState, setState } from './pool/picture-store.ts'
import { seedDrawings } from './starter-set/seeding.ts'
import { createUploads } from './uploads/uploads.ts'

/** What an operator writes about a picture. */
export interface ImportedPicture {
  readonly title: string
  readonly explanation: string
  readonly date: string
  readonly copyright?: string | undefined
  readonly bytes: Uint8Array
}

/** What an operator can do with pictures, also while the service runs. */
export interface Administration {
  /** So many of a state, oldest first. */
  list(state: PictureState, limit: number): Promise<Picture[]>
  /** Lets a picture into the pool, or takes it out. @throws {UnknownPicture} */
  decide(id: string, state: 'accepted' | 'refused'): Promise<void>
  /** @throws {InvalidCaption} @throws {InvalidDate} @throws {InvalidImage} */
  add(picture: ImportedPicture): Promise<void>
  /** Draws so many pictures. */
  seed(count: number, onDrawn: (done: number) => void): Promise<void>
}

export function createAdministration(parts: {
  readonly database: ServiceDatabase<PicturesDatabase>
  readonly choices: PicturesChoices
  readonly clock: Clock
}): Administration {
  const { database, choices, clock } = parts
  const { db } = database
  const uploads = createUploads({
    db,
    files: filesInDirectory(choices.directory),
    clock,
    mostPixels: choices.mostPixels,
  })
  return {
    list: (state, limit) => listByState(db, state, limit),
    async decide(text, state) {
      const id = parseId<PictureId>(text)
      if (!id || !(await setState(db, id, state))) throw new UnknownPicture()
    },
    async add({ bytes, ...said }) {
      await uploads.import({ caption: parseCaption(said), bytes, uploader: undefined, state: 'accepted' })
    },
    seed: (count, onDrawn) => seedDrawings({ db, uploads, clock }, count, onDrawn),
  }
}
