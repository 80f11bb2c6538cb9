import type { Brand } from '@sallyport/kernel'

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

export type SessionKind = keyof typeof sessionLifeSeconds

/** No token lives longer, in seconds. */
export const longestTokenLifeSeconds = Math.max(...Object.values(tokenLifeSeconds))

/** A revocation is kept until every token it concerns has expired, and a little longer for clocks that differ. */
export function endOfRevocation(now: Date): Date {
  return new Date(now.getTime() + (longestTokenLifeSeconds + 60) * 1000)
}
