import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'

/** The `sid` of every token of a session: a UUID. */
export type SessionId = Brand<string, 'SessionId'>

const fourteenDays = 14 * 24 * 3600

/**
 * How long a session lasts, by the way it was opened, in seconds: as long as its token where there are no refresh tokens
 * (market §3, accounts A-6).
 */
export const sessionLifeSeconds = { market: 900, accounts: 4 * 3600, openid: fourteenDays } as const

/** How long a token of such a session lasts, in seconds. */
export const tokenLifeSeconds = { market: 900, accounts: 4 * 3600, openid: 900 } as const

/** What a session is opened for. Logins of the enrollment system last as long as is set (enrollment E-4, E-24). */
export type SessionKind = keyof typeof sessionLifeSeconds | 'enrollment'

/**
 * How long a session counts that was opened for the OpenID provider and is not behind a browser session yet, in seconds:
 * whoever turns back on the way leaves nothing that lasts.
 */
export const unboundLifeSeconds = 900

/** What a session is opened from, which is what people recognise it by. */
export interface SessionOrigin<Kind extends SessionKind = keyof typeof sessionLifeSeconds> {
  /** The surface whose words are spoken; it says how long the session lasts. */
  readonly on: Kind
  /** Where the request comes from. */
  readonly address: string
  /** What the program says it is (`User-Agent`): anything at all. */
  readonly userAgent: string | undefined
  /** The client of the OpenID provider that it is opened for. */
  readonly client?: string
}

/** A session as it is kept. */
export interface Session extends Partial<SessionOrigin<SessionKind>> {
  readonly sid: SessionId
  readonly uid: AccountId
  readonly openedAt: Date
  readonly expiresAt: Date
  /** Kept to a few minutes. */
  readonly lastUsedAt: Date
}

/** There is none, or it is somebody else's. */
export class UnknownSession extends Rejection {
  override name = 'UnknownSession'
  readonly code = 'unknown-session'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such session')
  }
}

/** No token lives longer, in seconds; none of the enrollment system may be set to. */
export const longestTokenLifeSeconds = Math.max(...Object.values(tokenLifeSeconds))

/** A revocation is kept until every token it concerns has expired, and a little longer for clocks that differ. */
export function endOfRevocation(now: Date): Date {
  return new Date(now.getTime() + (longestTokenLifeSeconds + 60) * 1000)
}
