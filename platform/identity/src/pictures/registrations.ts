import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import { networkPrefixOf } from '@sallyport/service'
import type { Kysely, Transaction } from 'kysely'
import { type Account, NameTaken, UnknownAccount, WrongCredentials } from '../accounts/account.ts'
import { lockSubject } from '../accounts/account-lock.ts'
import { findAccount } from '../accounts/account-store.ts'
import { type Credentials, findCredentialsByEmail } from '../accounts/credential-store.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import { type ApiKeyId, digestOf, newText, prefixOf, storedDigestOf } from '../api-keys/api-key.ts'
import * as keyStore from '../api-keys/api-key-store.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { Erasures } from '../privacy/erasures.ts'
import { enrollmentRolesOf } from '../roles/enrollment-roles.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { endOfRevocation, type SessionId } from '../sessions/session.ts'
import { revokeKeyTokens } from '../sessions/session-store.ts'
import { obstacleOf, type RefusalReason } from '../sessions/sessions.ts'
import {
  checkName,
  endOfKey,
  NothingRemoved,
  NotRegistered,
  type PicturesRegistration,
  RegistrationRefused,
} from './registration.ts'
import * as store from './registration-store.ts'

export interface NewRegistration extends PicturesProof {
  readonly firstName: string
  readonly lastName: string
}

/** Who somebody says they are, and from where. */
export interface PicturesProof {
  readonly email: string
  readonly password: string
  readonly address: string
}

/** The text of a key is told once. */
export interface GivenKey {
  readonly text: string
  readonly expiresAt: Date
}

/** Everything that the pictures service holds about somebody. */
export interface PersonalData {
  readonly account: Account
  readonly registration: PicturesRegistration
  /** The newest one; undefined when it is gone. */
  readonly key: store.ShownKey | undefined
}

/** Accounts as the pictures service knows them: people register for a key, and prove themselves by address and password. */
export interface PicturesRegistrations {
  /**
   * Makes an account and a key, or another key for whoever knows the password of the account that has the address.
   *
   * @throws {RegistrationRefused} @throws {InvalidEmail} @throws {InvalidPassword} @throws {TooManyAttempts} @throws {HashingBusy}
   */
  register(person: NewRegistration): Promise<GivenKey>
  /** @throws {WrongCredentials} also for who is not registered here @throws {TooManyAttempts} @throws {HashingBusy} */
  read(proof: PicturesProof): Promise<PersonalData>
  /** The same for somebody who is signed in (pictures S-F4). @throws {NotRegistered} */
  readOwn(uid: AccountId, by: Actor): Promise<PersonalData>
  /**
   * Removes what the pictures service holds, and the account where it serves nothing else.
   *
   * @throws {WrongCredentials} @throws {NothingRemoved} @throws {TooManyAttempts} @throws {HashingBusy}
   */
  remove(proof: PicturesProof): Promise<void>
}

/** Somebody has at most so many keys of the pictures service; another one ends the oldest. */
const mostKeys = 10
const scopes = ['pictures:download', 'pictures:upload']

export function createPicturesRegistrations(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly masterKey: Uint8Array
  readonly hashing: PasswordHashing
  readonly accounts: Accounts
  readonly audit: Audit
  readonly feed: RevocationFeed
  readonly guesses: Guesses
  readonly erasures: Erasures
  /** Whether a key may be used from the address alone that it was made from (pictures S-42). */
  readonly bindsKeys: boolean
}): PicturesRegistrations {
  const { db, clock, masterKey, hashing, accounts, audit, feed, guesses, erasures, bindsKeys } = parts

  async function refuse({ address }: PicturesProof, subject: Account | undefined, reason: PicturesRefusal) {
    const by: Actor = { kind: 'anonymous', address }
    const details = { on: 'pictures', reason }
    await audit.record(db, { kind: 'sign-in.refused', by, ...(subject && { subject: subject.uid }), details })
    return new WrongCredentials()
  }

  /** Proves somebody by address and password: unknown and wrong cost and say the same (pictures S-F5). */
  async function prove(proof: PicturesProof, obstacle: Judge): Promise<Account> {
    const { email, password, address } = proof
    const found = await findCredentialsByEmail(db, email)
    // Guesses count at the account, also those by its user name elsewhere.
    const attempt = await guesses.begin(found?.account.username ?? email.toLowerCase(), address)
    try {
      const fits = await hashing.verify(password, found?.passwordHash)
      const reason = found ? obstacle(found, fits) : 'unknown-account'
      if (!found || reason) {
        await attempt.failed()
        throw await refuse(proof, found?.account, reason ?? 'unknown-account')
      }
      await attempt.succeeded()
      return found.account
    } finally {
      attempt.done()
    }
  }

  /** Whoever is registered here sees and removes what is theirs, also when they are blocked. */
  async function proveRegistered(proof: PicturesProof): Promise<PersonalData> {
    const account = await prove(proof, ({ account }, fits) =>
      obstacleOf({ ...account, suspendedAt: undefined }, fits, 'pictures'),
    )
    const registration = await store.findRegistration(db, account.uid)
    if (!registration) throw await refuse(proof, account, 'not-registered')
    return { account, registration, key: await store.findShownKey(db, account.uid) }
  }

  async function tell(data: PersonalData, by: Actor): Promise<PersonalData> {
    await audit.record(db, { kind: 'pictures.data-read', by, subject: data.account.uid })
    return data
  }

  async function insertKey(tx: Transaction<IdentityDatabase>, uid: AccountId, address: string): Promise<IssuedKey> {
    const [id, text, createdAt] = [newId<ApiKeyId>(), newText(), clock.now()]
    const expiresAt = endOfKey(createdAt)
    const network = bindsKeys ? networkPrefixOf(address) : undefined
    const ended = await keyStore.removeKeysOfPictures(tx, uid, { keeping: mostKeys - 1 })
    const networks = network === undefined ? [] : [network]
    const key = { id, uid, name: 'pictures', scopes, networks, createdAt, expiresAt, madeOn: 'pictures' } as const
    const digest = storedDigestOf(digestOf(text), masterKey)
    await keyStore.insertKey(tx, key, { digest, prefix: prefixOf(text), createdAt })
    return { id, text, expiresAt, ended }
  }

  async function giveKey(uid: AccountId, person: NewRegistration): Promise<GivenKey> {
    const { address } = person
    const by: Actor = { kind: 'account', uid, address }
    const { key, revocations } = await db.transaction().execute(async (tx) => {
      // Two at once would each leave a key too many.
      await lockSubject(tx, uid, by)
      await store.writeRegistration(tx, uid, person)
      const key = await insertKey(tx, uid, address)
      await audit.record(tx, { kind: 'api-key.created', by, subject: uid, details: { key: key.id, name: 'pictures' } })
      return { key, revocations: await revokeKeyTokens(tx, key.ended, endOfRevocation(clock.now())) }
    })
    feed.publish(revocations)
    return key
  }

  /** Undefined when the address is somebody's. */
  async function makeAccount({ email, password, address }: NewRegistration): Promise<AccountId | undefined> {
    if (await findCredentialsByEmail(db, email)) return undefined
    try {
      const person = { username: newUsername(), email, password }
      return (await accounts.register(person, 'pictures', { kind: 'anonymous', address })).uid
    } catch (error) {
      if (error instanceof NameTaken) return undefined
      throw error
    }
  }

  return {
    async register(person) {
      checkName(person.firstName)
      checkName(person.lastName)
      // Before it matters whether the address is known.
      registrationPolicies.pictures.checkEmail(person.email)
      registrationPolicies.pictures.checkPassword(person.password)
      const made = await makeAccount(person)
      if (made) return giveKey(made, person)
      try {
        const { uid } = await prove(person, ({ account }, fits) => obstacleOf(account, fits, 'pictures'))
        return await giveKey(uid, person)
      } catch (error) {
        if (error instanceof WrongCredentials || error instanceof UnknownAccount) throw new RegistrationRefused()
        throw error
      }
    },

    async read(proof) {
      const data = await proveRegistered(proof)
      return tell(data, { kind: 'account', uid: data.account.uid, address: proof.address })
    },

    async readOwn(uid, by) {
      const [account, registration] = [await findAccount(db, uid), await store.findRegistration(db, uid)]
      if (!account || !registration) throw new NotRegistered()
      return tell({ account, registration, key: await store.findShownKey(db, uid) }, by)
    },

    async remove(proof) {
      const { account } = await proveRegistered(proof)
      const by: Actor = { kind: 'account', uid: account.uid, address: proof.address }
      const check = (now: Account): void => {
        // A block would not outlast the account; one that was set meanwhile would not either.
        if (now.suspendedAt) throw new NothingRemoved()
        if (isOfPicturesAlone(now) !== isOfPicturesAlone(account)) throw new NothingRemoved()
      }
      const wishes = { keepsUploads: false, check }
      if (isOfPicturesAlone(account)) await erasures.eraseEverything(account.uid, wishes, by)
      else await erasures.erasePictures(account.uid, { ...wishes, whenNotRegistered: refuseToRemove }, by)
    },
  }
}

function refuseToRemove(): never {
  throw new NothingRemoved()
}

interface IssuedKey extends GivenKey {
  readonly id: ApiKeyId
  /** The sessions of the keys that it has ended. */
  readonly ended: readonly SessionId[]
}

type PicturesRefusal = RefusalReason | 'not-registered'
type Judge = (found: Credentials, passwordFits: boolean) => RefusalReason | undefined

/** Nobody gives one here, and no other surface does without. */
function newUsername(): string {
  return `pictures-${newId().replaceAll('-', '').slice(0, 20)}`
}

/** Whether the account was never used for anything else. */
function isOfPicturesAlone({ bornOn, memberSince, roles }: Account): boolean {
  return (
    bornOn === 'pictures' &&
    memberSince === undefined &&
    enrollmentRolesOf(roles).length === 0 &&
    roles.every(({ name }) => name === 'user')
  )
}
