import { randomBytes } from 'node:crypto'
import type { Jobs } from '@sallyport/jobs'
import { type Clock, newId, parseId } from '@sallyport/kernel'
import { listBrowserSessions, removeRecordsOfAccount } from '@sallyport/openid'
import type { Kysely, Transaction } from 'kysely'
import { type Account, UnknownAccount } from '../accounts/account.ts'
import type { AccountChanges } from '../accounts/account-changes.ts'
import { checkStrength, knownId, lockSubject } from '../accounts/account-lock.ts'
import { lockAccount, removeAccount, reserveName } from '../accounts/account-store.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import type { NameDigest } from '../accounts/reserved-names.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { keysOf } from '../memberships/membership-steps.ts'
import { removeRegistration } from '../pictures/registration-store.ts'
import type { Authority } from '../roles/roles.ts'
import { endOfRevocation } from '../sessions/session.ts'
import { revokeAccount, revokeKeyTokens } from '../sessions/session-store.ts'
import {
  type ErasedPerson,
  type Erasure,
  type ErasureId,
  type ErasureScope,
  servicesOf,
  UnknownErasure,
} from './erasure.ts'
import { type ErasureTasks, toJob } from './erasure-steps.ts'
import * as store from './erasure-store.ts'

type Tx = Transaction<IdentityDatabase>

export interface ErasureWishes {
  /** Whether the pictures stay that they uploaded, as nobody's. */
  readonly keepsUploads: boolean
  /** Throws what stands against it, judged under the lock of the account. */
  readonly check?: (account: Account) => void
}

/** What somebody is told who has asked for an erasure. */
export interface BegunErasure {
  readonly id: ErasureId
  /** Opens the erasure and its receipt; kept by nobody here. */
  readonly token: string
}

/**
 * Erases people (design §5): what is owed is written down in the transaction that closes the account, and done by jobs, one
 * at each service and identity's last, which leaves a receipt.
 */
export interface Erasures {
  /**
   * Ends the account with everything there is of it.
   *
   * @throws {UnknownAccount} @throws {AccountTooStrong} @throws {ErasureUnderWay}
   */
  eraseEverything(uid: string, wishes: ErasureWishes, by: Actor | Authority): Promise<BegunErasure>
  /**
   * Erases what the pictures service holds of somebody, who keeps the account (pictures S-37).
   *
   * @throws {UnknownAccount} @throws {AccountDeleted}
   */
  erasePictures(uid: string, wishes: ErasureWishes & PicturesWishes, by: Actor): Promise<BegunErasure>
  /** @throws {UnknownErasure} also with another token */
  follow(id: string, token: string): Promise<Erasure>
}

export interface PicturesWishes {
  /** Throws what stands against it when they were not registered there. */
  readonly whenNotRegistered?: () => never
}

export interface ErasuresParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly jobs: Pick<Jobs<IdentityDatabase, ErasureTasks>, 'enqueueMany' | 'complete'>
  readonly changes: AccountChanges
  readonly audit: Audit
  readonly nameDigest: NameDigest
  /** Told of the browser sessions that were ended. What is not signed out by it is, in identity's own step. */
  readonly onEnded: (browserSessions: readonly string[]) => void
}

export function createErasures(parts: ErasuresParts): Erasures {
  const { db, clock, jobs, changes, audit, nameDigest, onEnded } = parts

  /** Writes down what is owed, under the account's lock. */
  async function promise(
    tx: Tx,
    scope: ErasureScope,
    person: ErasedPerson,
    { keepsUploads }: ErasureWishes,
  ): Promise<BegunErasure> {
    const begun = { id: newId<ErasureId>(), token: randomBytes(32).toString('base64url') }
    await store.insertErasure(tx, { ...begun, scope, person, keepsUploads, startedAt: clock.now() })
    await jobs.enqueueMany(
      tx,
      servicesOf(scope).map((step) => toJob({ erasure: begun.id, step })),
    )
    return begun
  }

  return {
    async eraseEverything(text, wishes, by) {
      const uid = knownId(text)
      const { begun, revocations, browserSessions } = await db.transaction().execute(async (tx) => {
        const account = await lockAccount(tx, uid)
        // Of an account that is gone already there may be something left, which an operator knows the id of.
        if (!account && by.kind !== 'operator') throw new UnknownAccount()
        if (account) {
          checkStrength(account, by)
          wishes.check?.(account)
        }
        const person = { uid, username: account?.username, email: account?.email }
        const begun = await promise(tx, 'everything', person, wishes)
        const held = await store.countHeld(tx, uid)
        if (account) await close(tx, account)
        await store.recordHeld(tx, begun.id, held)
        await audit.record(tx, { kind: 'account.erasure-begun', by, subject: uid, details: { erasure: begun.id } })
        const revocations = await revokeAccount(tx, uid, endOfRevocation(clock.now()))
        return { begun, revocations, browserSessions: await listBrowserSessions(tx, uid) }
      })
      await changes.announce(uid, revocations)
      onEnded(browserSessions)
      return begun
    },

    async erasePictures(uid, wishes, by) {
      const { begun, account, revocations } = await db.transaction().execute(async (tx) => {
        const account = await lockSubject(tx, uid, by)
        wishes.check?.(account)
        const ended = await removeRegistration(tx, account.uid)
        if (!ended) wishes.whenNotRegistered?.()
        const person = { uid: account.uid, username: undefined, email: undefined }
        const begun = await promise(tx, 'pictures', person, wishes)
        const held = { 'pictures registrations': ended ? 1 : 0, 'API keys': ended?.length ?? 0 }
        await store.recordHeld(tx, begun.id, held)
        await audit.record(tx, { kind: 'pictures.data-removed', by, subject: account.uid })
        const revocations = await revokeKeyTokens(tx, ended ?? [], endOfRevocation(clock.now()))
        return { begun, account, revocations }
      })
      await changes.announce(account.uid, revocations)
      return begun
    },

    async follow(text, token) {
      const id = parseId<ErasureId>(text)
      const erasure = id && (await store.findByToken(db, id, token))
      if (!erasure) throw new UnknownErasure()
      return erasure
    },
  }

  /** Removes the account with all that hangs on it. A name that was promised to stay reserved does, as a digest. */
  async function close(tx: Tx, account: Account): Promise<void> {
    const { uid, username, bornOn, hasFixedName } = account
    await removeAccount(tx, uid)
    if (hasFixedName || registrationPolicies[bornOn].keepsNames) await reserveName(tx, nameDigest(username))
    await removeRecordsOfAccount(tx, uid, { keepsSessions: true })
    // What it was owed at other services is erased there, whether it came or not.
    await jobs.complete(tx, keysOf(uid))
  }
}
