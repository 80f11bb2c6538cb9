import type { Replicas } from '@sallyport/database'
import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import type { Kysely, RawBuilder } from 'kysely'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { MembershipSaga } from '../memberships/membership-saga.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import { type LinkSending, newWish } from '../proofs/link-sending.ts'
import type { ProvisioningHook } from '../provisioning/provisioning-hook.ts'
import { enrollmentRolesOf } from '../roles/enrollment-roles.ts'
import type { Role } from '../roles/role.ts'
import { type Account, type Birthplace, InvalidEmail, namesOf } from './account.ts'
import { insertAccount } from './account-store.ts'
import type { Credentials } from './credential-store.ts'
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

/** How accounts come to be. */
export interface Registration {
  /**
   * On the market an account can be used at once; elsewhere once its e-mail address is proven.
   *
   * @throws {InvalidEmail} @throws {InvalidUsername} @throws {InvalidPassword} @throws {WeakPassword}
   * @throws {NameTaken} @throws {HashingBusy} @throws {ReplicasUnavailable} when the database takes no writes
   */
  register(person: NewAccount, bornOn: Birthplace, by: Actor): Promise<Account>
  /** An account that may do everything, and is no player: it has no memberships. Throws like `register`. */
  registerAdministrator(person: NewAccount): Promise<Account>
}

const user: Role = { name: 'user', level: 10 }
const superadmin: Role = { name: 'superadmin', level: 0 }

export function createRegistration(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly hashing: PasswordHashing
  readonly saga: MembershipSaga
  /** Where accounts are written. */
  readonly copies: Pick<Replicas<IdentityDatabase>, 'write'>
  readonly audit: Audit
  readonly links: LinkSending
  readonly hook: ProvisioningHook
  readonly nameDigest: NameDigest
}): Registration {
  const { db, clock, hashing, saga, copies, audit, links, hook, nameDigest } = parts

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
    await copies.write(() => insertAccount(db, credentials, digests, alongside))
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
  }
}
