import { type AccountId, type Clock, Rejection } from '@sallyport/kernel'
import type { Revocation } from '@sallyport/service'
import type { Kysely, Transaction } from 'kysely'
import { namesOf } from '../accounts/account.ts'
import { findAccount, markVerified } from '../accounts/account-store.ts'
import { setPasswordHash } from '../accounts/credential-store.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import { removeKeys } from '../api-keys/api-key-store.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import { removeFactors } from '../factors/factor-store.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { AccountChanges } from '../accounts/account-changes.ts'
import { endOfRevocation } from '../sessions/session.ts'
import { revokeKeyTokens, revokeSessions } from '../sessions/session-store.ts'
import { findLink, takeLink } from './link-store.ts'

/** What the owner of an e-mail address can do with what was sent to it. */
export interface Proofs {
  /**
   * Proves the address of an account. Everything that was opened before is ended: whoever opened it had proven nothing
   * (design §4).
   *
   * @throws {UnknownLink}
   */
  verifyEmail(secret: string, by: Actor): Promise<void>
  /**
   * Sets a new password, which proves the address as well. A second factor of an account whose address was proven before
   * stays.
   *
   * @throws {UnknownLink} @throws {InvalidPassword} @throws {WeakPassword} @throws {HashingBusy}
   */
  resetPassword(secret: string, password: string, by: Actor): Promise<void>
}

export function createProofs(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly hashing: PasswordHashing
  readonly changes: AccountChanges
  readonly audit: Audit
  readonly guesses: Guesses
}): Proofs {
  const { db, clock, hashing, changes, audit, guesses } = parts

  /**
   * Whoever proves an address for the first time may not be whoever has made the account: factors of the latter end. An
   * address that was proven before keeps them, or the mailbox alone would be worth more than both factors. Keys end in any
   * case: they protect nothing, and may be what somebody else has left behind.
   */
  async function prove(
    tx: Transaction<IdentityDatabase>,
    uid: AccountId,
    now: Date,
    by: Actor,
  ): Promise<readonly Revocation[]> {
    const isFirst = await markVerified(tx, uid, now)
    if (isFirst && (await removeFactors(tx, uid))) await audit.record(tx, { kind: 'factors.reset', by, subject: uid })
    const keys = await removeKeys(tx, uid)
    if (keys.length > 0) await audit.record(tx, { kind: 'api-key.removed', by, subject: uid, details: { key: 'all' } })
    const ofKeys = await revokeKeyTokens(tx, keys, endOfRevocation(now))
    return [...ofKeys, ...(await revokeSessions(tx, uid, now))]
  }

  return {
    async resetPassword(secret, password, by) {
      const known = await findLink(db, secret, 'password-reset', clock.now())
      const account = known && (await findAccount(db, known))
      if (!account) throw new UnknownLink()
      registrationPolicies[account.bornOn].checkPassword(password, namesOf(account))
      const hash = await hashing.hash(password)
      const revocations = await db.transaction().execute(async (tx) => {
        const now = clock.now()
        // The look before was free of charge; this one counts, and only once.
        const uid = await takeLink(tx, secret, 'password-reset', now)
        if (!uid) throw new UnknownLink()
        await setPasswordHash(tx, uid, hash)
        await guesses.forgive(tx, account.username)
        await audit.record(tx, { kind: 'password.reset', by, subject: uid })
        return prove(tx, uid, now, by)
      })
      await changes.announce(account.uid, revocations)
    },

    async verifyEmail(secret, by) {
      const { uid, revocations } = await db.transaction().execute(async (tx) => {
        const now = clock.now()
        const uid = await takeLink(tx, secret, 'verification', now)
        if (!uid) throw new UnknownLink()
        await audit.record(tx, { kind: 'email.verified', by, subject: uid })
        return { uid, revocations: await prove(tx, uid, now, by) }
      })
      await changes.announce(uid, revocations)
    },
  }
}

/** Never was, was used, or has expired: which of these is not said. */
export class UnknownLink extends Rejection {
  override name = 'UnknownLink'
  readonly code = 'unknown-link'
  readonly reason = 'not-found'
  constructor() {
    super('this link is not valid, or no longer')
  }
}
