import type { Clock } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'

/** Whether whoever waits first gets a seat that becomes free: one setting for all sections, kept in the database (E-59). */
export interface AutoEnrollment {
  isEnabled(): Promise<boolean>
  /** Enabling it gives every free seat to whoever waits for it, in order, at once. */
  set(enabled: boolean): Promise<void>
}

export function createAutoEnrollment({
  db,
  clock,
}: {
  readonly db: Kysely<EnrollmentDatabase>
  readonly clock: Clock
}): AutoEnrollment {
  return {
    async isEnabled() {
      const { enabled } = await db.selectFrom('automatic_enrollment').select('enabled').executeTakeFirstOrThrow()
      return enabled
    },
    async set(enabled) {
      await sql`select set_automatic_enrollment(${enabled}, ${clock.now()})`.execute(db)
    },
  }
}
