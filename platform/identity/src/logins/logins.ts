import { isPassing, type Replicas, within } from '@sallyport/database'
import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Account } from '../accounts/account.ts'
import { findCredentialsInAnyCase } from '../accounts/credential-store.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import { isPrimaryUp } from '../primary.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import type { SessionId } from '../sessions/session.ts'
import { obstacleOf, type RefusalReason, type Sessions } from '../sessions/sessions.ts'
import { type EnrollmentTokenSettings, type UnsignedTokens, unsignedTokens } from './claims.ts'
import { createDeferredWork } from './deferred-work.ts'
import { createLateLogins, type LateLogin } from './late-logins.ts'
import { writeDownLate } from './late-session-store.ts'

export interface LoginRequest {
  readonly username: string
  readonly password: string
  readonly address: string
  readonly userAgent: string | undefined
}

/** What came of a login. */
export interface Login {
  /** Undefined when it was refused: unknown, wrong, suspended and second factor look the same (enrollment E-16). */
  readonly tokens: UnsignedTokens | undefined
  /** The copy of the database that decided. */
  readonly copy: string
}

/**
 * The logins of the enrollment system. Any copy of the database that knows enough decides them, and none of them needs a
 * write: what is to be remembered is written down afterwards (enrollment E-21, E-64, E-70).
 */
export interface Logins {
  /** @throws {TooManyAttempts} @throws {HashingBusy} @throws {ReplicasUnavailable} when no copy can decide it */
  logIn(request: LoginRequest): Promise<Login>
  /** Takes in what an earlier process of this instance could not write down. */
  restore(): Promise<void>
  /** Writes down what is left to be, if it can be. */
  settle(): Promise<void>
}

/** What a decision needs of an account. What every login changes is not in it: copies that differ in that agree. */
interface Row extends Pick<Account, 'uid' | 'username' | 'roles' | 'bornOn' | 'suspendedAt' | 'hasSecondFactor'> {
  readonly emailVerifiedAt: Date | undefined
  readonly passwordHash: string
  readonly sessionsValidFrom: Date | undefined
}

/** Writing down one login takes no longer; if it does, it is tried again. */
const writeLimitMs = 5000

export function createLogins({
  db,
  copies,
  clock,
  log,
  hashing,
  audit,
  feed,
  guesses,
  familiarity,
  sessions,
  tokens,
  lateLoginsFile,
}: {
  readonly db: Kysely<IdentityDatabase>
  readonly copies: Pick<Replicas<IdentityDatabase>, 'read' | 'nodes'>
  readonly clock: Clock
  readonly log: Logger
  readonly hashing: PasswordHashing
  readonly audit: Audit
  readonly feed: Pick<RevocationFeed, 'publish'>
  readonly guesses: Pick<Guesses, 'begin'>
  readonly familiarity: Pick<Guesses, 'remember'>
  readonly sessions: Pick<Sessions, 'upgrade'>
  readonly tokens: EnrollmentTokenSettings
  /** Outlasts this process, and is its own; undefined where nothing is to. */
  readonly lateLoginsFile: string | undefined
}): Logins {
  const deferring = {
    now: () => clock.now(),
    canWrite: () => isPrimaryUp(copies),
    isWorthAnotherTry: isPassing,
    log,
  }
  const openedSessions = createDeferredWork(deferring)
  const lateLogins = createLateLogins({ file: lateLoginsFile, log })
  // Anybody can make many of these: they leave the others their room.
  const refusals = createDeferredWork({ ...deferring, limit: 1000 })

  /** A session lasts as long as its token. */
  function endOfLife(createdAt: Date): Date {
    return new Date(createdAt.getTime() + tokens.lifeSeconds * 1000)
  }

  async function look(db: Kysely<IdentityDatabase>, username: string): Promise<Row | undefined> {
    const found = await findCredentialsInAnyCase(db, username)
    if (!found) return undefined
    const { uid, roles, bornOn, suspendedAt, hasSecondFactor, emailVerifiedAt } = found.account
    return {
      uid,
      username: found.account.username,
      roles,
      bornOn,
      suspendedAt,
      hasSecondFactor,
      emailVerifiedAt,
      passwordHash: found.passwordHash,
      sessionsValidFrom: found.sessionsValidFrom,
    }
  }

  async function judge(row: Row | undefined, password: string) {
    // Also without an account: nobody learns from the time whether there is one.
    const fits = await hashing.verify(password, row?.passwordHash)
    const obstacle = row ? obstacleOf(row, fits, 'enrollment') : 'unknown-account'
    return {
      value: { row, obstacle },
      final: row && fits ? { withChangesOf: row.uid } : ('with-every-commit' as const),
    }
  }

  function putOffRefusal({ address }: LoginRequest, subject: AccountId | undefined, reason: RefusalReason): void {
    const refused = audit.insertionOf({
      kind: 'sign-in.refused',
      by: { kind: 'anonymous', address },
      ...(subject && { subject }),
      details: { on: 'enrollment', reason },
    })
    refusals.add({
      what: 'a refused login',
      run: async () => void (await within(writeLimitMs, refused.execute(db))),
      until: endOfLife(clock.now()),
    })
  }

  function putOffSession(login: LateLogin): void {
    const { sid, uid, createdAt, sessionsValidFrom, address, userAgent } = login
    const by: Actor = { kind: 'account', uid, address }
    const event = { kind: 'sign-in.succeeded', by, subject: uid, details: { on: 'enrollment' } } as const
    const session = { sid, uid, createdAt, expiresAt: endOfLife(createdAt), sessionsValidFrom }
    const alongside = [audit.insertionOf(event, 'opened'), familiarity.remember(uid, address, 'opened')]
    const origin = { on: 'enrollment', address, userAgent } as const
    const write = async (): Promise<void> => {
      const writing = db
        .transaction()
        .execute((tx) => writeDownLate(tx, session, origin, { now: clock.now(), alongside }))
      feed.publish(await within(writeLimitMs, writing))
    }
    openedSessions.add({
      what: 'a session',
      async run() {
        try {
          await write()
        } catch (error) {
          // It may take long until it is done, and so may those behind it.
          if (isPassing(error)) await lateLogins.keep()
          throw error
        }
      },
      // Afterwards nothing is left of it.
      until: session.expiresAt,
      onEnd: () => lateLogins.remove(login),
    })
  }

  return {
    async logIn(request) {
      const { username, password, address } = request
      const attempt = await guesses.begin(username, address)
      try {
        const { value, copy } = await copies.read({
          look: (db) => look(db, username),
          judge: (row) => judge(row, password),
        })
        const { row, obstacle } = value
        if (!row || obstacle) {
          await attempt.failed()
          putOffRefusal(request, row?.uid, obstacle ?? 'unknown-account')
          return { tokens: undefined, copy }
        }
        await attempt.succeeded()
        const now = clock.now()
        const sid = newId<SessionId>()
        const { uid, sessionsValidFrom } = row
        const login = { sid, uid, createdAt: now, sessionsValidFrom, address, userAgent: request.userAgent }
        lateLogins.add(login)
        if (!isPrimaryUp(copies)) await lateLogins.keep()
        putOffSession(login)
        // At once or not at all: a password does not wait in memory until something can be written.
        const { passwordHash } = row
        if (isPrimaryUp(copies)) sessions.upgrade({ account: { uid }, passwordHash, password })
        return { tokens: unsignedTokens(row, { sid, now, newTokenId: newId }, tokens), copy }
      } finally {
        attempt.done()
      }
    },
    async restore() {
      for (const login of await lateLogins.restore()) putOffSession(login)
    },
    async settle() {
      await Promise.all([openedSessions.settle(), refusals.settle()])
      await lateLogins.settle()
    },
  }
}
