import { type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type Account, roleOf, WrongCredentials } from '../accounts/account.ts'
import {
  type Credentials,
  findCredentialsByUsername,
  markMember,
  replacePasswordHash,
} from '../accounts/account-store.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { MembershipSaga } from '../memberships/membership-saga.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { TokenIssuer, Tokens } from '../tokens/token-issuer.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import { endOfRevocation, type SessionId, type SessionKind, sessionLifeSeconds } from './session.ts'
import { openSession, revokeSession, sweepExpired } from './session-store.ts'

export interface SignInRequest {
  readonly username: string
  readonly password: string
  /** The surface whose words are spoken; it says how long the session lasts. */
  readonly on: SessionKind
  readonly scopes: readonly string[]
  /** Who the ID token is for. */
  readonly clientId: string | undefined
  /** Where the request comes from. */
  readonly address: string
}

export interface Sessions {
  /**
   * Signs in with user name and password. What an account may not do (yet, or any more) looks like a wrong password.
   *
   * @throws {WrongCredentials} @throws {HashingBusy}
   */
  signIn(request: SignInRequest): Promise<Tokens>
  /** Ends the session: its tokens meet 401 everywhere from now on. */
  signOut(sid: SessionId, by: Actor): Promise<void>
  /** Resolves when nothing is left to be done of what sign-ins put off. */
  settle(): Promise<void>
  /** Sweeps what has expired once a minute, until stopped. */
  startSweeping(): { stop(): void }
}

/** How often a sign-in looks when the hash it has proven is replaced by another sign-in at the same time. */
const mostLooks = 3

export function createSessions(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly log: Logger
  readonly hashing: PasswordHashing
  readonly tokens: TokenIssuer
  readonly feed: RevocationFeed
  readonly saga: MembershipSaga
  readonly audit: Audit
}): Sessions {
  const { db, clock, log, hashing, tokens, feed, saga, audit } = parts

  /** An account that was made elsewhere gets its things at the other services when it is first used. */
  async function join({ uid }: Account): Promise<void> {
    const joined = await db.transaction().execute(async (tx) => {
      const isNew = await markMember(tx, uid, clock.now())
      if (isNew) await saga.promiseOpeningWithin(tx, uid)
      return isNew
    })
    if (joined) await saga.fulfil('open', uid)
  }

  const putOff = new Set<Promise<void>>()

  /** Brings the hash of a password that was just proven up to today's kind and cost, soon; it may fail (enrollment E-21). */
  function upgrade({ account: { uid }, passwordHash: from }: Credentials, password: string): void {
    if (!hashing.isOutdated(from)) return
    const replace = async (): Promise<void> => {
      const to = await hashing.rehash(password)
      await db.transaction().execute((tx) => replacePasswordHash(tx, uid, { from, to }))
    }
    const upgrading = replace()
      .catch((error: unknown) => log.warn({ err: error }, 'a password hash is brought up to date another time'))
      .finally(() => putOff.delete(upgrading))
    putOff.add(upgrading)
  }

  /** Opens a session for somebody who has proven a password; undefined when that is no longer who or what was proven. */
  async function open(credentials: Credentials, request: SignInRequest): Promise<Tokens | undefined> {
    const { account, passwordHash } = credentials
    const { on, scopes, clientId, address } = request
    const now = clock.now()
    const lifeSeconds = sessionLifeSeconds[on]
    const expiresAt = new Date(now.getTime() + lifeSeconds * 1000)
    const session = { sid: newId<SessionId>(), uid: account.uid, createdAt: now, expiresAt }
    const by: Actor = { kind: 'account', uid: account.uid, address }
    const event = audit.insertionOf({ kind: 'sign-in.succeeded', by, subject: account.uid, details: { on } }, 'opened')
    if (!(await openSession(db, session, passwordHash, event))) return undefined
    upgrade(credentials, request.password)
    if (!account.memberSince && roleOf(account) === 'user') await join(account)
    return tokens.issue({ account, sid: session.sid, now, lifeSeconds, scopes, clientId })
  }

  return {
    async signIn(request) {
      const { username, password, address } = request
      let credentials: Credentials | undefined
      // The same password may have got another hash between the look and the session.
      for (let looks = 0; looks < mostLooks; looks += 1) {
        credentials = await findCredentialsByUsername(db, username)
        const fits = await hashing.verify(password, credentials?.passwordHash)
        if (!credentials || !fits || !mayUse(credentials.account)) break
        const tokens = await open(credentials, request)
        if (tokens) return tokens
      }
      await audit.record(db, {
        kind: 'sign-in.refused',
        by: { kind: 'anonymous', address },
        ...(credentials && { subject: credentials.account.uid }),
      })
      throw new WrongCredentials()
    },

    async settle() {
      await Promise.all(putOff)
    },

    async signOut(sid, by) {
      const revocations = await db.transaction().execute(async (tx) => {
        await audit.record(tx, { kind: 'sign-out', by, ...(by.kind === 'account' && { subject: by.uid }) })
        return revokeSession(tx, sid, endOfRevocation(clock.now()))
      })
      feed.publish(revocations)
    },

    startSweeping() {
      const sweep = async (): Promise<void> => {
        const batch = 1000
        while ((await sweepExpired(db, clock.now(), batch)) >= batch);
      }
      const timer = setInterval(() => {
        void sweep().catch((error: unknown) => log.warn({ err: error }, 'sweeping sessions failed'))
      }, 60_000)
      return { stop: () => clearInterval(timer) }
    },
  }
}

function mayUse({ bornOn, suspendedAt, emailVerifiedAt }: Account): boolean {
  if (suspendedAt) return false
  return emailVerifiedAt !== undefined || !registrationPolicies[bornOn].needsProvenEmail
}
