import { enrollment } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import { exportPersonalData } from '../privacy/export.ts'

/** What identity asks of enrollment; refusals are problem details. */
export function internalRoutes(db: Kysely<EnrollmentDatabase>): HandledRoute[] {
  return [
    handle(enrollment.exportPersonalData, async ({ params, query }) =>
      ok(await exportPersonalData(db, params.person, query)),
    ),
  ]
}
