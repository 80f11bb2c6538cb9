import type { Replicas } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import { removeRecordsOfAccount } from '@sallyport/openid'
import type { Kysely } from 'kysely'
import type { Actor, Audit, AuditKind } from '../audit/audit.ts'
import { removeFactors } from '../factors/factor-store.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { MembershipSaga } from '../memberships/membership-saga.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { ProvisioningHook } from '../provisioning/provisioning-hook.ts'
import type { LinkSending } from '../proofs/link-sending.ts'
import type { Authority } from '../roles/roles.ts'
import { endOfRevocation } from '../sessions/session.ts'
import { revokeAccount, revokeSessions } from '../sessions/session-store.ts'
import { type Account, NameFixed, namesOf, SecondFactorInTheWay, UnknownAccount } from './account.ts'
import type { AccountChanges } from './account-changes.ts'
import { isOwner, knownId, lockSubject, present } from './account-lock.ts'
import * as store from './account-store.ts'
import { setPasswordHash } from './credential-store.ts'
import { createPasswordChanging, type PasswordChanging } from './password-change.ts'
import { createRegistration, type Registration } from './registration.ts'
import { registrationPolicies } from './registration-policy.ts'
import { emailDigest, type NameDigest } from './reserved-names.ts'

/** What an administrator may put in the place of what somebody had. */
export interface Correction {
  readonly email?: string | undefined
  readonly password?: string | undefined
}

/** What can be done with accounts. An id that is not a UUID names no account. */
export interface Accounts extends Registration, PasswordChanging {
  /** @throws {UnknownAccount} also for one that is deleted */
  read(uid: string): Promise<Account>
  /** Also one that is deleted. @throws {UnknownAccount} */
  inspect(uid: string): Promise<Account>
  /** Whether nobody else may have this user name, also when its account is gone. */
  isNameTaken(username: string): Promise<boolean>
  /** Whatever the case of the letters. @throws {UnknownAccount} */
  findByUsername(username: string): Promise<Account>
  /** All accounts that are not deleted, oldest first. */
  list(): Promise<Account[]>
  /** A page of all accounts, deleted ones included, oldest first. */
  page(place: { readonly skip: number; readonly limit: number }): Promise<{ accounts: Account[]; total: number }>
  /** @throws {UnknownAccount} @throws {AccountTooStrong} @throws {InvalidEmail} @throws {InvalidUsername} @throws {NameTaken} @throws {NameFixed} @throws {SecondFactorInTheWay} */
  rename(
    uid: string,
    names: { readonly username?: string; readonly email?: string },
    by: Actor | Authority,
  ): Promise<Account>
  /**
   * Changes what somebody cannot or may not change themselves, and ends their sessions.
   *
   * @throws {UnknownAccount} @throws {AccountTooStrong} @throws {InvalidEmail} @throws {InvalidPassword}
   * @throws {WeakPassword} @throws {NameTaken} @throws {HashingBusy}
   */
  correct(uid: string, correction: Correction, by: Authority): Promise<void>
  /** Ends the sessions of an account and lets nobody sign in until it is resumed. @throws {UnknownAccount} @throws {AccountTooStrong} */
  suspend(uid: string, by: Authority): Promise<void>
  /** @throws {UnknownAccount} @throws {AccountTooStrong} */
  resume(uid: string, by: Authority): Promise<void>
  /**
   * Ends the account with all its tokens. Its names are free again at once, unless the surface it was born on keeps them; a
   * fixed user name never is.
   *
   * @throws {UnknownAccount} @throws {AccountDeleted} @throws {AccountTooStrong}
   */
  remove(uid: string, by: Actor | Authority): Promise<void>
}

export function createAccounts(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly hashing: PasswordHashing
  readonly saga: MembershipSaga
  readonly changes: AccountChanges
  /** Where accounts are written. */
  readonly copies: Pick<Replicas<IdentityDatabase>, 'write'>
  readonly audit: Audit
  readonly links: LinkSending
  readonly hook: ProvisioningHook
  readonly guesses: Guesses
  readonly nameDigest: NameDigest
}): Accounts {
  const { db, clock, hashing, saga, changes, audit, links, nameDigest } = parts

  async function setSuspension(uid: string, by: Authority, suspendedAt: Date | null): Promise<void> {
    const kind: AuditKind = suspendedAt ? 'account.suspended' : 'account.resumed'
    const { account, revocations } = await db.transaction().execute(async (tx) => {
      const account = await lockSubject(tx, uid, by)
      await store.setSuspended(tx, account.uid, suspendedAt)
      await audit.record(tx, { kind, by, subject: account.uid })
      return { account, revocations: suspendedAt ? await revokeSessions(tx, account.uid, clock.now()) : [] }
    })
    await changes.announce(account.uid, revocations)
  }

  return {
    ...createRegistration(parts),
    ...createPasswordChanging(parts),
    read: async (uid) => present(await store.findAccount(db, knownId(uid))),

    async inspect(uid) {
      const account = await store.findAccount(db, knownId(uid))
      if (!account) throw new UnknownAccount()
      return account
    },

    isNameTaken: async (username) =>
      (await store.findUidByName(db, username)) !== undefined || store.isReserved(db, nameDigest(username)),
    findByUsername: async (username) => present(await store.findByUsername(db, username)),
    list: () => store.listAccounts(db),
    page: (place) => store.pageThroughAccounts(db, place),

    async rename(uid, { username, email }, by) {
      const account = present(await store.findAccount(db, knownId(uid)))
      const policy = registrationPolicies[account.bornOn]
      if (email !== undefined) policy.checkEmail(email)
      if (username !== undefined) policy.checkUsername(username)
      if (email !== undefined || username !== undefined) {
        await db.transaction().execute(async (tx) => {
          const { hasSecondFactor, hasFixedName, ...before } = await lockSubject(tx, uid, by)
          const isOtherName = username !== undefined && policy.spell(username) !== before.username
          if (hasFixedName && isOtherName) throw new NameFixed()
          // To prove another address ends the second factor: with a stolen token alone nobody gets that far.
          const isOther = email !== undefined && email.toLowerCase() !== before.email?.toLowerCase()
          if (hasSecondFactor && isOwner(account, by) && isOther) throw new SecondFactorInTheWay()
          await store.updateNames(tx, account.uid, {
            ...(username && isOtherName && { username: { to: policy.spell(username), digest: nameDigest(username) } }),
            ...(email && { email: { to: email, digest: emailDigest(nameDigest, email) } }),
          })
          const details = { username: isOtherName, email: email !== undefined }
          await audit.record(tx, { kind: 'account.renamed', by, subject: account.uid, details })
        })
        await changes.announce(account.uid)
        if (email !== undefined && policy.needsProvenEmail) await links.requestVerification(email)
      }
      return present(await store.findAccount(db, account.uid))
    },

    async correct(uid, { email, password }, by) {
      const before = present(await store.findAccount(db, knownId(uid)))
      const policy = registrationPolicies[before.bornOn]
      if (email !== undefined) policy.checkEmail(email)
      if (password !== undefined)
        policy.checkPassword(password, namesOf({ ...before, ...(email !== undefined && { email }) }))
      const hash = password === undefined ? undefined : await hashing.hash(password)
      const revocations = await db.transaction().execute(async (tx) => {
        const account = await lockSubject(tx, uid, by)
        if (email !== undefined && account.hasSecondFactor && isOwner(account, by)) throw new SecondFactorInTheWay()
        if (email !== undefined) {
          const renaming = { to: email, digest: emailDigest(nameDigest, email) }
          await store.updateNames(tx, account.uid, { email: renaming })
          await audit.record(tx, { kind: 'account.renamed', by, subject: account.uid, details: { email: true } })
        }
        if (hash !== undefined) {
          await setPasswordHash(tx, account.uid, hash)
          await audit.record(tx, { kind: 'password.changed', by, subject: account.uid })
        }
        return revokeSessions(tx, account.uid, clock.now())
      })
      await changes.announce(before.uid, revocations)
      if (email !== undefined && policy.needsProvenEmail) await links.requestVerification(email)
    },

    suspend: (uid, by) => setSuspension(uid, by, clock.now()),
    resume: (uid, by) => setSuspension(uid, by, null),

    async remove(uid, by) {
      const { account, revocations } = await db.transaction().execute(async (tx) => {
        const account = await lockSubject(tx, uid, by)
        const now = clock.now()
        await removeFactors(tx, account.uid)
        if (registrationPolicies[account.bornOn].keepsNames) await store.markDeleted(tx, account.uid, now)
        else {
          await store.removeAccount(tx, account.uid)
          if (account.hasFixedName) await store.reserveName(tx, nameDigest(account.username))
        }
        await removeRecordsOfAccount(tx, account.uid)
        if (account.memberSince) await saga.promiseClosing(tx, account.uid)
        const details = { on: account.bornOn }
        await audit.record(tx, { kind: 'account.deleted', by, subject: account.uid, details })
        return { account, revocations: await revokeAccount(tx, account.uid, endOfRevocation(now)) }
      })
      await changes.announce(account.uid, revocations)
      if (account.memberSince) await saga.fulfil('close', account.uid)
    },
  }
}
