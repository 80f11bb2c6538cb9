import { type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type Account, roleOf, WrongCredentials } from '../accounts/account.ts'
import { findCredentialsByUsername, markMember, replacePasswordHash } from '../accounts/account-store.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { MembershipSaga } from '../memberships/membership-saga.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { TokenIssuer, Tokens } from '../tokens/token-issuer.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import { endOfRevocation, type SessionId, type SessionKind, sessionLifeSeconds, tokenLifeSeconds } from './session.ts'
import { openSession, revokeSession, sweepExpired } from './session-store.ts'

export interface SignInRequest {
  readonly username: string
  readonly password: string
  /** The surface whose words are spoken; it says how long the session lasts. */
  readonly on: Exclude<SessionKind, 'openid'>
  readonly scopes: readonly string[]
  /** Who the ID token is for. */
  readonly clientId: string | undefined
  /** Where the request comes from. */
  readonly address: string
}

/** Somebody who has just proven their password, and may sign in. */
export interface ProvenPassword {
  readonly account: Account
  readonly passwordHash: string
}

export interface OpenedSession {
  readonly sid: SessionId
  readonly openedAt: Date
}

export interface Sessions {
  /**
   * Proves a password. What an account may not do (yet, or any more) looks like a wrong one.
   *
   * @throws {WrongCredentials} @throws {HashingBusy}
   */
  provePassword(credentials: Pick<SignInRequest, 'username' | 'password' | 'address'>): Promise<ProvenPassword>
  /** Opens a session. @throws {WrongCredentials} when what was proven does not hold any more */
  open(proven: ProvenPassword, on: SessionKind, address: string): Promise<OpenedSession>
  /** Proves a password, opens a session and issues its tokens. @throws {WrongCredentials} @throws {HashingBusy} */
  signIn(request: SignInRequest): Promise<Tokens>
  /** Ends the session: its tokens meet 401 everywhere from now on. */
  signOut(sid: SessionId, by: Actor): Promise<void>
  /** Sweeps what has expired once a minute, until stopped. */
  startSweeping(): { stop(): void }
}

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

  /** Brings the hash of a password that was just proven up to today's cost. */
  async function upgrade({ uid }: Account, passwordHash: string, password: string): Promise<string> {
    if (!hashing.isOutdated(passwordHash)) return passwordHash
    const to = await hashing.hash(password)
    const replaced = await db.transaction().execute((tx) => replacePasswordHash(tx, uid, { from: passwordHash, to }))
    return replaced ? to : passwordHash
  }

  async function refuse(address: string, account: Account | undefined): Promise<never> {
    await audit.record(db, {
      kind: 'sign-in.refused',
      by: { kind: 'anonymous', address },
      ...(account && { subject: account.uid }),
    })
    throw new WrongCredentials()
  }

  async function provePassword({ username, password, address }: Parameters<Sessions['provePassword']>[0]) {
    const credentials = await findCredentialsByUsername(db, username)
    const fits = await hashing.verify(password, credentials?.passwordHash)
    if (!credentials || !fits || !mayUse(credentials.account)) return refuse(address, credentials?.account)
    const { account } = credentials
    return { account, passwordHash: await upgrade(account, credentials.passwordHash, password) }
  }

  async function open({ account, passwordHash }: ProvenPassword, on: SessionKind, address: string) {
    const now = clock.now()
    const session = {
      sid: newId<SessionId>(),
      uid: account.uid,
      createdAt: now,
      expiresAt: new Date(now.getTime() + sessionLifeSeconds[on] * 1000),
    }
    const by: Actor = { kind: 'account', uid: account.uid, address }
    const event = audit.insertionOf({ kind: 'sign-in.succeeded', by, subject: account.uid, details: { on } }, 'opened')
    if (!(await openSession(db, session, passwordHash, event))) return refuse(address, account)
    if (!account.memberSince && roleOf(account) === 'user') await join(account)
    return { sid: session.sid, openedAt: now }
  }

  return {
    provePassword,
    open,

    async signIn({ on, scopes, clientId, ...credentials }) {
      const proven = await provePassword(credentials)
      const { sid, openedAt: now } = await open(proven, on, credentials.address)
      return tokens.issue({
        account: proven.account,
        sid,
        now,
        lifeSeconds: tokenLifeSeconds[on],
        scopes,
        clientId,
      })
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

/** Whether somebody who is who they say may come in. */
export function mayUse({ bornOn, suspendedAt, emailVerifiedAt }: Account): boolean {
  if (suspendedAt) return false
  return emailVerifiedAt !== undefined || !registrationPolicies[bornOn].needsProvenEmail
}
