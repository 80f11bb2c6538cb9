import { type Erased, erasures } from '@sallyport/contracts'
import { countErased, markErased } from '@sallyport/database'
import { type AccountId, type Clock, parseId, Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import { type Kysely, sql } from 'kysely'
import type { PictureFiles } from '../files/picture-files.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { type PictureId, smallerFile } from '../pool/picture.ts'

interface Parts {
  readonly db: Kysely<PicturesDatabase>
  readonly files: PictureFiles
  readonly clock: Clock
}

class MalformedPerson extends Rejection {
  override name = 'MalformedPerson'
  readonly code = 'malformed-person'
  readonly reason = 'invalid'
  constructor() {
    super('a person is named by a UUID in lower case')
  }
}

/**
 * What identity asks when a person is to be erased: what they uploaded is removed with its files, or stays as nobody's where
 * they want it to.
 */
export function erasureRoutes(parts: Parts): HandledRoute[] {
  return [
    handle(erasures.pictures, async ({ params, body }) => {
      const uid = parseId<AccountId>(body.uid)
      if (uid === undefined) throw new MalformedPerson()
      await markErased(parts.db, uid, parts.clock.now())
      return ok(
        body.keep_uploads ? await disown(parts, params.erasureId, uid) : await remove(parts, params.erasureId, uid),
      )
    }),
  ]
}

function disown({ db, clock }: Parts, erasureId: string, uid: AccountId): Promise<Erased> {
  return db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('picture')
      .set({ uploader: null })
      .where('uploader', '=', uid)
      .executeTakeFirst()
    const counted = await countErased(tx, erasureId, { pictures: Number(numUpdatedRows) }, clock.now())
    return { removed: {}, anonymous: counted }
  })
}

async function remove({ db, files, clock }: Parts, erasureId: string, uid: AccountId): Promise<Erased> {
  // Out of the pool first, so that nobody draws what is going; the files before the rows, which are what a retry finds.
  const { rows: pictures } = await sql<{ id: PictureId; file: string }>`
    update picture set state = 'refused' where uploader = ${uid} returning id, file`.execute(db)
  for (const { id, file } of pictures) {
    for (const name of [file, smallerFile(id, 'small'), smallerFile(id, 'medium')]) await files.remove(name)
  }
  const removed = await db.transaction().execute(async (tx) => {
    const ids = pictures.map(({ id }) => id)
    const { numAffectedRows = 0n } = await sql`delete from picture where id = any (${ids}::uuid[])`.execute(tx)
    return countErased(tx, erasureId, { pictures: Number(numAffectedRows) }, clock.now())
  })
  return { removed, anonymous: {} }
}
