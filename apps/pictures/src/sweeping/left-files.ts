import type { Kysely } from 'kysely'
import type { PictureFiles } from '../files/picture-files.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { pictureOf, type PictureId } from '../pool/picture.ts'
import { findKnown, lockPicture } from '../pool/picture-store.ts'

/** So many files without a picture are what crashes leave behind. More means that the files and the database do not belong together. */
const mostLeft = 500

export class NotTheseFiles extends Error {
  override name = 'NotTheseFiles'
  constructor() {
    super('the database knows nothing of so many files that they are not of its pictures: none was removed')
  }
}

/**
 * Removes files whose picture is not in the database, since the program broke off in between, and that were written before
 * a moment.
 *
 * @returns how many
 * @throws {NotTheseFiles}
 */
export async function removeLeftFiles(parts: {
  readonly db: Kysely<PicturesDatabase>
  readonly files: PictureFiles
  readonly before: Date
}): Promise<number> {
  const { db, files, before } = parts
  const left = new Map<PictureId, string[]>()
  let count = 0
  for await (const names of files.list()) {
    const known = await findKnown(db, [...new Set(names.map(pictureOf))])
    for (const name of names) {
      const id = pictureOf(name)
      if (known.has(id)) continue
      const writtenAt = await files.writtenAt(name)
      if (!writtenAt || writtenAt >= before) continue
      left.set(id, [...(left.get(id) ?? []), name])
      count += 1
      if (count > mostLeft) throw new NotTheseFiles()
    }
  }
  let removed = 0
  for (const [id, names] of left) removed += await removeFilesOf(db, files, id, names)
  return removed
}

async function removeFilesOf(
  db: Kysely<PicturesDatabase>,
  files: PictureFiles,
  id: PictureId,
  names: readonly string[],
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    // Without the lock a picture that is being put in once more would lose its files just before it is in the pool.
    await lockPicture(tx, id)
    if ((await findKnown(tx, [id])).has(id)) return 0
    for (const name of names) await files.remove(name)
    return names.length
  })
}
