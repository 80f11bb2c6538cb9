import { type AccountId, type Clock, newId, parseId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import type { MembershipSaga } from '../memberships/membership-saga.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import type { SessionId } from '../sessions/session.ts'
import { revokeAccount, revokeOtherSessions } from '../sessions/session-store.ts'
import { endOfRevocation } from '../sessions/sessions.ts'
import { type Account, type Role, UnknownAccount, WrongCredentials } from './account.ts'
import * as store from './account-store.ts'
import { registrationPolicies } from './registration-policy.ts'

export interface NewAccount {
  readonly username: string
  readonly email: string
  readonly password: string
}

export interface PasswordChange {
  readonly uid: string
  readonly oldPassword: string
  readonly newPassword: string
  /** The session that makes the change goes on; every other one of the account ends. */
  readonly session: SessionId
}

/** What can be done with accounts. An id that is not a UUID names no account. */
export interface Accounts {
  /**
   * @throws {InvalidEmail} @throws {InvalidUsername} @throws {InvalidPassword} @throws {NameTaken} @throws {HashingBusy}
   */
  register(person: NewAccount): Promise<Account>
  /** An account that administers, which is no player: it has no memberships. Throws like `register`. */
  registerAdministrator(person: NewAccount): Promise<Account>
  /** @throws {UnknownAccount} */
  read(uid: string): Promise<Account>
  /** All accounts, oldest first. */
  list(): Promise<Account[]>
  /** @throws {UnknownAccount} @throws {InvalidEmail} @throws {InvalidUsername} @throws {NameTaken} */
  rename(uid: string, names: { readonly username?: string; readonly email?: string }): Promise<Account>
  /** @throws {InvalidPassword} @throws {WrongCredentials} also for an unknown account @throws {HashingBusy} */
  changePassword(change: PasswordChange): Promise<void>
  /** Ends the account with all its tokens; names are free again at once. @throws {UnknownAccount} */
  remove(uid: string): Promise<void>
}

const user: Role = { name: 'user', level: 10 }
const administrator: Role = { name: 'admin', level: 1 }

export function createAccounts(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly hashing: PasswordHashing
  readonly saga: MembershipSaga
  readonly feed: RevocationFeed
}): Accounts {
  const { db, clock, hashing, saga, feed } = parts
  const policy = registrationPolicies.market

  async function prepare({ username, email, password }: NewAccount, role: Role): Promise<store.Credentials> {
    policy.checkEmail(email)
    policy.checkUsername(username)
    policy.checkPassword(password)
    const passwordHash = await hashing.hash(password)
    return { account: { uid: newId<AccountId>(), username, email, roles: [role], bornOn: 'market' }, passwordHash }
  }

  return {
    async register(person) {
      const credentials = await prepare(person, user)
      const { account } = credentials
      const alongside = saga.promiseOpening(account.uid)
      await store.insertAccount(db, credentials, { createdAt: clock.now(), alongside })
      await saga.fulfil('open', account.uid)
      return account
    },

    async registerAdministrator(person) {
      const credentials = await prepare(person, administrator)
      await store.insertAccount(db, credentials, { createdAt: clock.now() })
      return credentials.account
    },

    read: async (uid) => found(await store.findAccount(db, known(uid))),
    list: () => store.listAccounts(db),

    async rename(uid, { username, email }) {
      const account = found(await store.findAccount(db, known(uid)))
      if (email !== undefined) registrationPolicies[account.bornOn].checkEmail(email)
      if (username !== undefined) registrationPolicies[account.bornOn].checkUsername(username)
      if (email !== undefined || username !== undefined) {
        await store.updateNames(db, account.uid, { ...(username && { username }), ...(email && { email }) })
      }
      return found(await store.findAccount(db, account.uid))
    },

    async changePassword({ uid, oldPassword, newPassword, session }) {
      const id = parseId<AccountId>(uid)
      const credentials = id && (await store.findCredentials(db, id))
      registrationPolicies[credentials?.account.bornOn ?? 'market'].checkPassword(newPassword)
      const fits = await hashing.verify(oldPassword, credentials?.passwordHash)
      if (!credentials || !fits) throw new WrongCredentials()
      const to = await hashing.hash(newPassword)
      const revocations = await db.transaction().execute(async (tx) => {
        const change = { from: credentials.passwordHash, to }
        if (!(await store.replacePasswordHash(tx, credentials.account.uid, change))) throw new WrongCredentials()
        return revokeOtherSessions(tx, credentials.account.uid, session, endOfRevocation(clock.now()))
      })
      feed.publish(revocations)
    },

    async remove(uid) {
      const id = known(uid)
      const revocations = await db.transaction().execute(async (tx) => {
        if (!(await store.removeAccount(tx, id))) throw new UnknownAccount()
        await saga.promiseClosing(tx, id)
        return revokeAccount(tx, id, endOfRevocation(clock.now()))
      })
      feed.publish(revocations)
      await saga.fulfil('close', id)
    },
  }
}

function known(uid: string): AccountId {
  const id = parseId<AccountId>(uid)
  if (!id) throw new UnknownAccount()
  return id
}

function found(account: Account | undefined): Account {
  if (!account) throw new UnknownAccount()
  return account
}
