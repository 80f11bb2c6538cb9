import { type Clock, idOf } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { drawSky } from '../drawing/drawing.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { parseDay, type PictureId } from '../pool/picture.ts'
import { findPicture, recordSeeding } from '../pool/picture-store.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { readStarterSet, starterSeeds } from './starter-set.ts'

interface SeedingParts {
  readonly db: Kysely<PicturesDatabase>
  readonly uploads: Uploads
  readonly clock: Clock
}

/**
 * Puts the starter set into a fresh store, once: not again when its pictures were refused, and once also when several
 * instances start together. Says whether it did.
 */
export async function seedStarterSet({ db, uploads, clock }: SeedingParts): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    // Who comes second waits here until the first is done. After a start that died on the way the next one does the rest.
    if (!(await recordSeeding(tx, 'starter-set', clock.now()))) return false
    await Promise.all(
      (await readStarterSet()).map(({ file, title, explanation, date, bytes }) => {
        const caption = { title, explanation, date: parseDay(date), copyright: undefined }
        return uploads.addDrawing(idOf<PictureId>('starter-set', file), caption, bytes)
      }),
    )
    return true
  })
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
