import { type Clock, newId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import { type Account, roleOf, WrongCredentials } from '../accounts/account.ts'
import { lockAccount, markMember } from '../accounts/account-store.ts'
import { type Credentials, findCredentialsByUsername, replacePasswordHash } from '../accounts/credential-store.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import type { Actor, Audit, AuditDetails } from '../audit/audit.ts'
import type { FactorProof } from '../factors/factor.ts'
import { followHash } from '../factors/half-sign-in-store.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { MembershipSaga } from '../memberships/membership-saga.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { ProvenPasskey } from '../passkeys/passkey.ts'
import { countUse, findPasskey } from '../passkeys/passkey-store.ts'
import type { TokenIssuer, Tokens } from '../tokens/token-issuer.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import {
  endOfRevocation,
  type SessionId,
  type SessionKind,
  sessionLifeSeconds,
  type SessionOrigin,
  tokenLifeSeconds,
  unboundLifeSeconds,
} from './session.ts'
import { insertSession, openSession, revokeSession } from './session-store.ts'

export interface PasswordProof extends SessionOrigin {
  readonly username: string
  readonly password: string
}

export interface SignInRequest extends PasswordProof {
  readonly on: 'market' | 'accounts'
  readonly scopes: readonly string[]
  /** Who the ID token is for. */
  readonly clientId: string | undefined
}

/** Somebody who has just proven their password, and may sign in. */
export interface ProvenPassword extends Credentials {
  readonly password: string
}

/** A password that was proven by the hash of an account. */
export interface ProvenHash {
  readonly account: Pick<Account, 'uid'>
  readonly passwordHash: string
  readonly password: string
}

export interface OpenedSession {
  readonly sid: SessionId
  readonly openedAt: Date
}

export interface Sessions {
  /**
   * Proves a password. What an account may not do (yet, or any more) looks like a wrong one. Where only a password is asked
   * for, so does one that has a second factor.
   *
   * @throws {WrongCredentials} @throws {TooManyAttempts} @throws {HashingBusy}
   */
  provePassword(proof: PasswordProof): Promise<ProvenPassword>
  /**
   * Opens a session for what was proven.
   *
   * @throws {WrongCredentials} when it does not hold any more, or the account has a second factor that was not proven
   */
  open(
    proven: Credentials | ProvenPassword,
    origin: SessionOrigin,
    factor?: FactorProof['kind'],
  ): Promise<OpenedSession>
  /**
   * Opens a session for somebody whose passkey has just signed, and knows who used it: that is as good as two factors.
   *
   * @throws {WrongCredentials} when the account may not be used, or the passkey is gone or has a clone
   */
  openWithPasskey(proven: ProvenPasskey, origin: SessionOrigin): Promise<OpenedSession>
  /** Brings the hash of a password that was just proven up to today's kind and cost, soon; it may fail (enrollment E-21). */
  upgrade(proven: ProvenHash): void
  /**
   * Proves a password, opens a session and issues its tokens.
   *
   * @throws {WrongCredentials} @throws {TooManyAttempts} @throws {HashingBusy}
   */
  signIn(request: SignInRequest): Promise<Tokens>
  /** Ends the session: its tokens meet 401 everywhere from now on. */
  signOut(sid: SessionId, by: Actor): Promise<void>
  /** Resolves when nothing is left to be done of what sign-ins put off. */
  settle(): Promise<void>
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
  readonly guesses: Guesses
}): Sessions {
  const { db, clock, log, hashing, tokens, feed, saga, audit, guesses } = parts

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

  function upgrade({ account: { uid }, passwordHash: from, password }: ProvenHash): void {
    if (!hashing.isOutdated(from)) return
    const replace = async (): Promise<void> => {
      const to = await hashing.rehash(password)
      await db.transaction().execute(async (tx) => {
        if (await replacePasswordHash(tx, uid, { from, to })) await followHash(tx, uid, { from, to })
      })
    }
    const upgrading = replace()
      .catch((error: unknown) => log.warn({ err: error }, 'a password hash is brought up to date another time'))
      .finally(() => putOff.delete(upgrading))
    putOff.add(upgrading)
  }

  async function refuse({ on, address }: SessionOrigin, subject: Account | undefined, reason: RefusalReason) {
    await audit.record(db, {
      kind: 'sign-in.refused',
      by: { kind: 'anonymous', address },
      // Not the name that was typed: people put their passwords there.
      ...(subject && { subject: subject.uid }),
      details: { on, reason },
    })
    return new WrongCredentials()
  }

  async function provePassword(proof: PasswordProof): Promise<ProvenPassword> {
    const { username, password, on, address } = proof
    const attempt = await guesses.begin(username, address)
    try {
      const credentials = await findCredentialsByUsername(db, username)
      const fits = await hashing.verify(password, credentials?.passwordHash)
      const reason = credentials ? obstacleOf(credentials.account, fits, on) : 'unknown-account'
      if (reason) await attempt.failed()
      // With a second factor nothing has succeeded yet.
      else if (credentials?.account.hasSecondFactor === false) await attempt.succeeded()
      if (!credentials || reason) throw await refuse(proof, credentials?.account, reason ?? 'unknown-account')
      return { ...credentials, password }
    } finally {
      attempt.done()
    }
  }

  /** Opens a session for somebody who has proven a password; undefined when that is no longer who or what was proven. */
  async function openProven(
    { account, passwordHash }: Credentials,
    origin: SessionOrigin,
    factor?: FactorProof['kind'],
  ): Promise<OpenedSession | undefined> {
    const { session, alongside } = newSession(account, origin, factor && { factor })
    const proven = { passwordHash, hasSecondFactor: factor !== undefined }
    if (!(await openSession(db, session, origin, proven, alongside))) return undefined
    return enter(account, session)
  }

  /** A session that is to be opened, and what is written down with it if it is. */
  function newSession({ uid }: Account, { on, address }: SessionOrigin, how: AuditDetails | undefined) {
    const createdAt = clock.now()
    const lifeSeconds = on === 'openid' ? unboundLifeSeconds : sessionLifeSeconds[on]
    const expiresAt = new Date(createdAt.getTime() + lifeSeconds * 1000)
    const by: Actor = { kind: 'account', uid, address }
    const event = { kind: 'sign-in.succeeded', by, subject: uid, details: { on, ...how } } as const
    return {
      session: { sid: newId<SessionId>(), uid, createdAt, expiresAt },
      alongside: [audit.insertionOf(event, 'opened'), guesses.remember(uid, address, 'opened')],
    }
  }

  async function enter(
    account: Account,
    { sid, createdAt }: { readonly sid: SessionId; readonly createdAt: Date },
  ): Promise<OpenedSession> {
    if (!account.memberSince && roleOf(account) === 'user') await join(account)
    return { sid, openedAt: createdAt }
  }

  return {
    provePassword,
    upgrade,

    async open(proven, place, factor) {
      const session = await openProven(proven, place, factor)
      if (!session) throw await refuse(place, proven.account, 'changed-meanwhile')
      if ('password' in proven) upgrade(proven)
      return session
    },

    async openWithPasskey(proven, origin) {
      // All of it under the account's lock: whatever ends its sessions or removes the passkey comes before or after.
      const outcome = await db.transaction().execute(async (tx) => {
        const account = await lockAccount(tx, proven.passkey.uid)
        if (!account || account.deletedAt) return { account: undefined, obstacle: 'unknown-account' } as const
        const obstacle = obstacleOf(account, true, origin.on) ?? (await obstacleOfUse(tx, proven, clock.now()))
        if (obstacle) return { account, obstacle }
        const { session, alongside } = newSession(account, origin, { with: 'passkey' })
        await insertSession(tx, session, origin, alongside)
        return { account, session }
      })
      if (!outcome.session) throw await refuse(origin, outcome.account, outcome.obstacle)
      return enter(outcome.account, outcome.session)
    },

    async signIn(request) {
      const { on, scopes, clientId } = request
      let account: Account | undefined
      // The same password may get another hash between the look and the session.
      for (let looks = 0; looks < mostLooks; looks += 1) {
        const proven = await provePassword(request)
        account = proven.account
        const session = await openProven(proven, request)
        if (!session) continue
        upgrade(proven)
        const { sid, openedAt: now } = session
        return tokens.issue({ account, sid, now, lifeSeconds: tokenLifeSeconds[on], scopes, clientId })
      }
      throw await refuse(request, account, 'changed-meanwhile')
    },

    async signOut(sid, by) {
      const revocations = await db.transaction().execute(async (tx) => {
        await audit.record(tx, { kind: 'sign-out', by, ...(by.kind === 'account' && { subject: by.uid }) })
        return revokeSession(tx, sid, endOfRevocation(clock.now()))
      })
      feed.publish(revocations)
    },

    async settle() {
      await Promise.all(putOff)
    },
  }
}

/** Whether somebody who is who they say may come in. */
export function mayUse(account: Account): boolean {
  return obstacleOf(account, true, 'openid') === undefined
}

/** Why a sign-in was refused: for the trail alone, whoever asked is told nothing. */
export type RefusalReason =
  | 'unknown-account'
  | 'wrong-password'
  | 'suspended'
  | 'unverified'
  | 'second-factor'
  | 'changed-meanwhile'
  | 'cloned-passkey'

/** Writes down that a passkey was used, unless that stands against it. */
async function obstacleOfUse(
  tx: Transaction<IdentityDatabase>,
  proven: ProvenPasskey,
  now: Date,
): Promise<RefusalReason | undefined> {
  if (await countUse(tx, proven, now)) return undefined
  return (await findPasskey(tx, proven.passkey.id)) ? 'cloned-passkey' : 'changed-meanwhile'
}

/** What keeps somebody out of an account who comes to this place. */
export function obstacleOf(
  {
    bornOn,
    suspendedAt,
    emailVerifiedAt,
    hasSecondFactor,
  }: Pick<Account, 'bornOn' | 'suspendedAt' | 'emailVerifiedAt' | 'hasSecondFactor'>,
  passwordFits: boolean,
  on: SessionKind | 'pictures',
): RefusalReason | undefined {
  if (!passwordFits) return 'wrong-password'
  if (suspendedAt) return 'suspended'
  if (emailVerifiedAt === undefined && registrationPolicies[bornOn].needsProvenEmail) return 'unverified'
  // Only the OpenID pages ask for more than the password (design §4).
  return hasSecondFactor && on !== 'openid' ? 'second-factor' : undefined
}
