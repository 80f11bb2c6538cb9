import { freshMs } from '@sallyport/openid'
import { Rejection } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import type { SessionId } from './session.ts'

/** It is too long since the caller has said who they are (RFC 9470). */
export class SignInTooOld extends Rejection {
  override name = 'SignInTooOld'
  readonly code = 'fresh-sign-in-needed'
  readonly reason = 'unauthenticated'
  override readonly facts = { max_age: freshMs / 1000 }
  constructor() {
    super('this is only for who has just signed in: sign in again')
  }
}

/** Whether whoever uses a session has just said who they are, as the account pages ask it too. @throws {SignInTooOld} */
export async function requireFreshSignIn(db: Kysely<IdentityDatabase>, sid: SessionId, now: Date): Promise<void> {
  const signedInAt = await db
    .selectFrom('session')
    .select(({ fn }) => fn.coalesce('authenticated_at', 'created_at').as('time'))
    .where('sid', '=', sid)
    .executeTakeFirst()
  if (!signedInAt || now.getTime() - signedInAt.time.getTime() >= freshMs) throw new SignInTooOld()
}
