import { type Clock, newId } from '@sallyport/kernel'
import type { Logger } from 'pino'
import type { Kysely } from 'kysely'
import { WrongCredentials } from '../accounts/account.ts'
import { findCredentialsByUsername } from '../accounts/account-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PasswordHashing } from '../passwords/password-hashing.ts'
import type { TokenIssuer, Tokens } from '../tokens/token-issuer.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import { type SessionId, sessionLifeSeconds } from './session.ts'
import { openSession, revokeSession, sweepExpired } from './session-store.ts'

export interface SignInRequest {
  readonly username: string
  readonly password: string
  readonly scopes: readonly string[]
  /** Who the ID token is for. */
  readonly clientId: string | undefined
}

export interface Sessions {
  /** The password grant (market §3). @throws {WrongCredentials} @throws {HashingBusy} */
  signIn(request: SignInRequest): Promise<Tokens>
  /** Ends the session: its tokens meet 401 everywhere from now on. */
  signOut(sid: SessionId): Promise<void>
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
}): Sessions {
  const { db, clock, log, hashing, tokens, feed } = parts

  return {
    async signIn({ username, password, scopes, clientId }) {
      const credentials = await findCredentialsByUsername(db, username)
      const fits = await hashing.verify(password, credentials?.passwordHash)
      if (!credentials || !fits) throw new WrongCredentials()
      const { account, passwordHash } = credentials
      const now = clock.now()
      const session = {
        sid: newId<SessionId>(),
        uid: account.uid,
        createdAt: now,
        expiresAt: new Date(now.getTime() + sessionLifeSeconds * 1000),
      }
      if (!(await openSession(db, session, passwordHash))) throw new WrongCredentials()
      return tokens.issue({ account, sid: session.sid, now, scopes, clientId })
    },

    async signOut(sid) {
      const revocations = await db.transaction().execute((tx) => revokeSession(tx, sid, endOfRevocation(clock.now())))
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

/** A revocation is kept until every token it concerns has expired, and a little longer for clocks that differ. */
export function endOfRevocation(now: Date): Date {
  return new Date(now.getTime() + (sessionLifeSeconds + 60) * 1000)
}
