import { type Clock, idOf } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { drawSky } from '../drawing/drawing.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { parseDay, type PictureId } from '../pool/picture.ts'
import { findPicture, isSeeded, recordSeeding } from '../pool/picture-store.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { readStarterSet, starterSeeds } from './starter-set.ts'

interface SeedingParts {
  readonly db: Kysely<PicturesDatabase>
  readonly uploads: Uploads
  readonly clock: Clock
}

const starterSet = 'starter-set'

/**
 * Puts the starter set into a fresh store, once: not again when its pictures were refused. Each picture of it has an id of its
 * own, so that two instances may do it together, and whoever comes after one that died on the way does the rest.
 *
 * @returns whether it did
 */
export async function seedStarterSet({ db, uploads, clock }: SeedingParts): Promise<boolean> {
  if (await isSeeded(db, starterSet)) return false
  for (const { file, title, explanation, date, bytes } of await readStarterSet()) {
    const caption = { title, explanation, date: parseDay(date), copyright: undefined }
    await uploads.addDrawing(idOf<PictureId>(starterSet, file), caption, bytes)
  }
  return recordSeeding(db, starterSet, clock.now())
}

/** Draws so many more skies, none of them drawn before, with today's date. */
export async function seedDrawings(
  { db, uploads, clock }: SeedingParts,
  count: number,
  onDrawn: (done: number) => void,
): Promise<void> {
  let seed = starterSeeds.end
  for (let done = 0; done < count; seed += 1) {
    const id = idOf<PictureId>('sky', String(seed))
    if (await findPicture(db, id)) continue
    const { title, explanation, webp } = await drawSky(seed)
    const date = parseDay(clock.now().toISOString().slice(0, 10))
    const caption = { title, explanation, date, copyright: undefined }
    await uploads.addDrawing(id, caption, webp)
    done += 1
    onDrawn(done)
  }
}
