import type { Revocation } from '@sallyport/service'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { endOfRevocation, type SessionOrigin } from '../sessions/session.ts'
import { insertSession, type NewSession, revokeSession } from '../sessions/session-store.ts'

/** A session whose tokens are out already. */
export interface LateSession extends NewSession {
  /** What was read of the account when it was decided (`Credentials`). */
  readonly sessionsValidFrom: Date | undefined
}

/**
 * Writes down a session whose tokens are out already. When the sessions of the account were ended since it was read for the
 * decision, this one ends as well.
 *
 * @param alongside data-modifying queries that are done along with the session; they may name the query `opened`
 * @returns what was revoked
 */
export async function writeDownLate(
  tx: Transaction<IdentityDatabase>,
  session: LateSession,
  origin: SessionOrigin<'enrollment'>,
  { now, alongside }: { readonly now: Date; readonly alongside: readonly RawBuilder<unknown>[] },
): Promise<readonly Revocation[]> {
  const { sid, uid, sessionsValidFrom } = session
  // The lock that whatever ends sessions takes too: it comes before this and is seen, or after it and sees the session.
  const { rows } = await sql`
    select from account
    where uid = ${uid} and deleted_at is null and suspended_at is null
      and sessions_valid_from is not distinct from ${sessionsValidFrom ?? null}::timestamptz
      and not exists (select from revocation where kind = 'session' and id = ${sid})
    for no key update`.execute(tx)
  if (rows.length === 0) return revokeSession(tx, sid, endOfRevocation(now))
  await insertSession(tx, session, origin, alongside)
  return []
}
