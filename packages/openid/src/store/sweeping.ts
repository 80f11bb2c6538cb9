import type { Kysely } from 'kysely'
import type { OpenIdDatabase } from './openid-database.ts'
import { removeExpired } from './record-store.ts'

/** What has expired is kept a little longer, so that its bearer hears that it has expired. */
const graceMs = 60_000

/** Removes a batch of what has expired; how many records that were. */
export function sweepRecords(db: Kysely<OpenIdDatabase>, now: Date, batch: number): Promise<number> {
  return removeExpired(db, new Date(now.getTime() - graceMs), batch)
}
