import type { AccountId, Clock } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { AccountChanges } from '../accounts/account-changes.ts'
import { SecondFactorInTheWay, UnknownAccount } from '../accounts/account.ts'
import { lockAccount } from '../accounts/account-store.ts'
import { isOwner, lockSubject } from '../accounts/account-lock.ts'
import type { Actor, Audit, AuditDetails } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Authority } from '../roles/roles.ts'
import { revokeOtherSessions, revokeSessions } from '../sessions/session-store.ts'
import type { Factor, OwnChange } from './factor.ts'
import { hasRecoveryCodes, removeFactors, replaceRecoveryCodes, settleFactors } from './factor-store.ts'
import { digestOfRecoveryCode, newRecoveryCode, recoveryCodeCount } from './recovery-code.ts'

export interface FactorChangeParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly changes: AccountChanges
  readonly audit: Audit
}

/** Adds or removes a factor under the account's lock, and ends every session but the one that does it. */
export async function changeFactors<Result>(
  { db, clock, changes, audit }: FactorChangeParts,
  { uid, session, by }: OwnChange,
  event: {
    readonly kind: 'factor.added' | 'factor.removed'
    readonly factor: Factor['kind']
    readonly details?: AuditDetails
  },
  work: (tx: Transaction<IdentityDatabase>) => Promise<Result>,
): Promise<Result> {
  const { result, revocations } = await db.transaction().execute(async (tx) => {
    if (!(await lockAccount(tx, uid))) throw new UnknownAccount()
    const result = await work(tx)
    await settleFactors(tx, uid)
    await audit.record(tx, { kind: event.kind, by, subject: uid, details: { factor: event.factor, ...event.details } })
    return { result, revocations: await revokeOtherSessions(tx, uid, session, clock.now()) }
  })
  await changes.announce(uid, revocations)
  return result
}

/**
 * Removes all factors of somebody who has lost them, and ends their sessions.
 *
 * @throws {UnknownAccount} @throws {AccountDeleted} @throws {AccountTooStrong}
 * @throws {SecondFactorInTheWay} when somebody would reset their own
 */
export async function resetFactors(
  { db, clock, changes, audit }: FactorChangeParts,
  uid: string,
  by: Actor | Authority,
): Promise<void> {
  const { account, revocations } = await db.transaction().execute(async (tx) => {
    const account = await lockSubject(tx, uid, by)
    // Their own they remove on their pages, after a fresh sign-in: a stolen token alone is not enough.
    if (account.hasSecondFactor && isOwner(account, by)) throw new SecondFactorInTheWay()
    await removeFactors(tx, account.uid)
    await audit.record(tx, { kind: 'factors.reset', by, subject: account.uid })
    return { account, revocations: await revokeSessions(tx, account.uid, clock.now()) }
  })
  await changes.announce(account.uid, revocations)
}

/** With the first factor of an account come recovery codes; none with another one. */
export async function firstRecoveryCodes(
  tx: Transaction<IdentityDatabase>,
  uid: AccountId,
): Promise<readonly string[]> {
  return (await hasRecoveryCodes(tx, uid)) ? [] : makeRecoveryCodes(tx, uid)
}

/** In the place of those there were. */
export async function makeRecoveryCodes(tx: Transaction<IdentityDatabase>, uid: AccountId): Promise<readonly string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode)
  await replaceRecoveryCodes(tx, uid, codes.map(digestOfRecoveryCode))
  return codes
}
