import type { Brand } from '@sallyport/kernel'

/** The `sid` of every token of a session: a UUID. */
export type SessionId = Brand<string, 'SessionId'>

/** How long a session of the password grant lasts, which has no refresh tokens (market §3): as long as its token. */
export const sessionLifeSeconds = 900
