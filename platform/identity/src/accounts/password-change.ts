import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Actor, Audit } from '../audit/audit.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { SessionId } from '../sessions/session.ts'
import { revokeOtherSessions } from '../sessions/session-store.ts'
import { namesOf, WrongCredentials } from './account.ts'
import type { AccountChanges } from './account-changes.ts'
import { type Credentials, findCredentials, replacePasswordHash } from './credential-store.ts'
import { registrationPolicies } from './registration-policy.ts'

export interface PasswordChange {
  readonly uid: string
  readonly oldPassword: string
  readonly newPassword: string
  /** The session that makes the change goes on; every other one of the account ends. */
  readonly session: SessionId
}

/** How people change their own passwords. */
export interface PasswordChanging {
  /** @throws {InvalidPassword} @throws {WrongCredentials} also for an unknown account @throws {TooManyAttempts} @throws {HashingBusy} */
  changePassword(change: PasswordChange, by: Actor): Promise<void>
}

/** How often a change of password looks when the hash it has proven is replaced at the same time. */
const mostLooks = 3

export function createPasswordChanging(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly hashing: PasswordHashing
  readonly changes: AccountChanges
  readonly audit: Audit
  readonly guesses: Guesses
}): PasswordChanging {
  const { db, clock, hashing, changes, audit, guesses } = parts

  /** Whoever has taken over a session may guess the password as slowly as anybody else. */
  async function proveOldPassword({ account, passwordHash }: Credentials, password: string, by: Actor): Promise<void> {
    const attempt = await guesses.begin(account.username, 'address' in by ? by.address : '')
    try {
      const fits = await hashing.verify(password, passwordHash)
      await (fits ? attempt.succeeded() : attempt.failed())
      if (fits) return
      const details = { reason: 'wrong-password' }
      await audit.record(db, { kind: 'password.change-refused', by, subject: account.uid, details })
      throw new WrongCredentials()
    } finally {
      attempt.done()
    }
  }

  return {
    async changePassword({ uid, oldPassword, newPassword, session }, by) {
      const id = parseId<AccountId>(uid)
      // The old password may get another hash, by a sign-in that was just before, while this one is at work.
      for (let looks = 0; looks < mostLooks; looks += 1) {
        const credentials = id && (await findCredentials(db, id))
        const about = credentials ? namesOf(credentials.account) : []
        registrationPolicies[credentials?.account.bornOn ?? 'market'].checkPassword(newPassword, about)
        if (!credentials) break
        await proveOldPassword(credentials, oldPassword, by)
        const to = await hashing.hash(newPassword)
        const { account } = credentials
        const revocations = await db.transaction().execute(async (tx) => {
          const change = { from: credentials.passwordHash, to }
          if (!(await replacePasswordHash(tx, account.uid, change))) return undefined
          await audit.record(tx, { kind: 'password.changed', by, subject: account.uid })
          return revokeOtherSessions(tx, account.uid, session, clock.now())
        })
        if (!revocations) continue
        await changes.announce(account.uid, revocations)
        return
      }
      throw new WrongCredentials()
    },
  }
}
