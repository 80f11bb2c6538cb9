import { type AccountId, type Clock, newId, parseId } from '@sallyport/kernel'
import { removeRecordsOfAccount } from '@sallyport/openid'
import type { Replicas } from '@sallyport/database'
import type { Kysely, RawBuilder } from 'kysely'
import type { Actor, Audit, AuditKind } from '../audit/audit.ts'
import { removeFactors } from '../factors/factor-store.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { MembershipSaga } from '../memberships/membership-saga.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { ProvisioningHook } from '../provisioning/provisioning-hook.ts'
import { type LinkSending, newWish } from '../proofs/link-sending.ts'
import { enrollmentRolesOf } from '../roles/enrollment-roles.ts'
import type { Role } from '../roles/role.ts'
import type { Authority } from '../roles/roles.ts'
import { endOfRevocation, type SessionId } from '../sessions/session.ts'
import { revokeAccount, revokeOtherSessions, revokeSessions } from '../sessions/session-store.ts'
import {
  type Account,
  type Birthplace,
  InvalidEmail,
  NameFixed,
  namesOf,
  SecondFactorInTheWay,
  UnknownAccount,
  WrongCredentials,
} from './account.ts'
import type { AccountChanges } from './account-changes.ts'
import { isOwner, knownId, lockSubject, present } from './account-lock.ts'
import * as store from './account-store.ts'
import { type Credentials, findCredentials, replacePasswordHash, setPasswordHash } from './credential-store.ts'
import { registrationPolicies } from './registration-policy.ts'
import { emailDigest, type NameDigest } from './reserved-names.ts'

export interface NewAccount {
  readonly username: string
  /** Not needed everywhere (registration-policy.ts). */
  readonly email?: string
  readonly password: string
  /** What somebody is beside a person with an account. */
  readonly roles?: readonly Role[]
  /** In which language a letter to them is to be (BCP 47), if that is known. */
  readonly language?: string
}

export interface PasswordChange {
  readonly uid: string
  readonly oldPassword: string
  readonly newPassword: string
  /** The session that makes the change goes on; every other one of the account ends. */
  readonly session: SessionId
}

/** What an administrator may put in the place of what somebody had. */
export interface Correction {
  readonly email?: string | undefined
  readonly password?: string | undefined
}

/** What can be done with accounts. An id that is not a UUID names no account. */
export interface Accounts {
  /**
   * On the market an account can be used at once; elsewhere once its e-mail address is proven.
   *
   * @throws {InvalidEmail} @throws {InvalidUsername} @throws {InvalidPassword} @throws {WeakPassword}
   * @throws {NameTaken} @throws {HashingBusy} @throws {ReplicasUnavailable} when the database takes no writes
   */
  register(person: NewAccount, bornOn: Birthplace, by: Actor): Promise<Account>
  /** An account that may do everything, and is no player: it has no memberships. Throws like `register`. */
  registerAdministrator(person: NewAccount): Promise<Account>
  /** @throws {UnknownAccount} also for one that is deleted */
  read(uid: string): Promise<Account>
  /** Also one that is deleted. @throws {UnknownAccount} */
  inspect(uid: string): Promise<Account>
  /** Whatever the case of the letters. @throws {UnknownAccount} */
  /** Whether nobody else may have this user name, also when its account is gone. */
  isNameTaken(username: string): Promise<boolean>
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
  /** @throws {InvalidPassword} @throws {WrongCredentials} also for an unknown account @throws {TooManyAttempts} @throws {HashingBusy} */
  changePassword(change: PasswordChange, by: Actor): Promise<void>
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

/** How often a change of password looks when the hash it has proven is replaced at the same time. */
const mostLooks = 3

const user: Role = { name: 'user', level: 10 }
const superadmin: Role = { name: 'superadmin', level: 0 }

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
  const { db, clock, hashing, saga, changes, copies, audit, links, hook, guesses, nameDigest } = parts

  async function prepare(person: NewAccount, bornOn: Birthplace, role: Role): Promise<Credentials> {
    const { email, password } = person
    const policy = registrationPolicies[bornOn]
    if (email !== undefined) policy.checkEmail(email)
    else if (policy.needsEmail) throw new InvalidEmail()
    policy.checkUsername(person.username)
    const username = policy.spell(person.username)
    policy.checkPassword(password, namesOf({ username, email }))
    const roles = [role, ...(person.roles ?? [])]
    const passwordHash = await hashing.hash(password)
    const now = clock.now()
    const account: Account = {
      uid: newId<AccountId>(),
      username,
      email,
      roles,
      bornOn,
      createdAt: now,
      lastLoginAt: now,
      emailVerifiedAt: undefined,
      suspendedAt: undefined,
      deletedAt: undefined,
      memberSince: role === superadmin || !policy.joinsAtOnce ? undefined : now,
      hasSecondFactor: false,
      hasFixedName: enrollmentRolesOf(roles).length > 0,
    }
    return { account, passwordHash }
  }

  /** @throws {NameTaken} @throws {ReplicasUnavailable} */
  async function insert(credentials: Credentials, alongside: readonly RawBuilder<unknown>[]): Promise<void> {
    const { username, email } = credentials.account
    const digests = [nameDigest(username), ...(email === undefined ? [] : [emailDigest(nameDigest, email)])]
    await copies.write(() => store.insertAccount(db, credentials, digests, alongside))
  }

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
    async register(person, bornOn, by) {
      const credentials = await prepare(person, bornOn, user)
      const { account } = credentials
      const { needsProvenEmail, isAnnounced } = registrationPolicies[bornOn]
      const { email } = account
      const wish = needsProvenEmail && email !== undefined ? newWish('verification', email, person.language) : undefined
      const roles = enrollmentRolesOf(account.roles)
      const details = { on: bornOn, ...(roles.length > 0 && { roles: roles.join() }) }
      await insert(credentials, [
        audit.insertionOf({ kind: 'account.registered', by, subject: account.uid, details }, 'born'),
        ...(account.memberSince ? [saga.promiseOpening(account.uid)] : []),
        ...(wish ? [links.promise(wish)] : []),
        ...(isAnnounced ? hook.promise(account.uid) : []),
      ])
      if (wish) links.fulfil(wish)
      if (isAnnounced) hook.fulfil(account.uid)
      if (account.memberSince) await saga.fulfil('open', account.uid)
      return account
    },

    async registerAdministrator(person) {
      const credentials = await prepare(person, 'market', superadmin)
      const { account } = credentials
      const details = { on: 'start', role: superadmin.name }
      await insert(credentials, [
        audit.insertionOf(
          { kind: 'account.registered', by: { kind: 'operator' }, subject: account.uid, details },
          'born',
        ),
      ])
      return account
    },

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
