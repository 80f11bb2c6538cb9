import type { AccountId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Audit } from '../audit/audit.ts'
import { type Worth, worthOfPasskey } from '../factors/assurance.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { RequestLimit } from '../limits/request-limits.ts'
import type { SessionId, SessionOrigin } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { PasskeyRefused } from './passkey.ts'
import type { Passkeys } from './passkeys.ts'

/** Signs in with a passkey alone. */
export interface PasskeySignIn {
  /** @throws {PasskeyRefused} @throws {WrongCredentials} when the account may not be used @throws {TooManyRequests} */
  signIn(answer: string, question: string, origin: SessionOrigin): Promise<PasskeySignedIn>
}

export interface PasskeySignedIn extends Worth {
  readonly uid: AccountId
  readonly sid: SessionId
}

export function createPasskeySignIn(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly audit: Audit
  readonly passkeys: Passkeys
  readonly sessions: Sessions
  /** How often one client may try. */
  readonly limit: RequestLimit
}): PasskeySignIn {
  const { db, audit, passkeys, sessions, limit } = parts

  async function record({ fault, subject }: PasskeyRefused, address: string): Promise<void> {
    // These concern nobody's account, and whoever likes could fill the trail with them.
    if (fault === 'malformed' || fault === 'stale') return
    await audit.record(db, {
      kind: 'sign-in.refused',
      by: { kind: 'anonymous', address },
      ...(subject && { subject }),
      details: { on: 'openid', reason: `passkey-${fault}` },
    })
  }

  return {
    async signIn(answer, question, origin) {
      await limit.count(origin.address)
      try {
        const proven = await passkeys.proveSignIn(answer, question)
        const { sid } = await sessions.openWithPasskey(proven, origin)
        return { uid: proven.passkey.uid, sid, ...worthOfPasskey(proven) }
      } catch (error) {
        if (error instanceof PasskeyRefused) await record(error, origin.address)
        throw error
      }
    },
  }
}
