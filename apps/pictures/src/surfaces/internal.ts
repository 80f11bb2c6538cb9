import { pictures } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { PicturesDatabase } from '../pictures-database.ts'
import { exportPersonalData } from '../privacy/export.ts'

/** What identity asks of pictures; refusals are problem details. */
export function internalRoutes(db: Kysely<PicturesDatabase>): HandledRoute[] {
  return [
    handle(pictures.exportPersonalData, async ({ params, query }) =>
      ok(await exportPersonalData(db, params.person, query)),
    ),
  ]
}
