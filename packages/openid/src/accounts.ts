import type { JsonValue } from 'oidc-provider'

/** Somebody who can sign in, as the provider tells clients about them. */
export interface OpenIdAccount {
  readonly id: string
  /** Every claim there is; which of them a client hears depends on what it was granted. */
  readonly claims: Readonly<Record<string, JsonValue>>
}

export interface OpenIdAccounts {
  /** Undefined for who is not there, or may not sign in any more. */
  find(id: string): Promise<OpenIdAccount | undefined>
}

/**
 * The service's own sessions behind the provider's browser sessions. A browser session counts only as long as the one
 * behind it is open, and so do the tokens that were issued in it.
 */
export interface OpenIdSessions {
  /**
   * Somebody has signed in: `session` is what the page passed on. What was behind the browser session before ends, or goes
   * on instead when it is the same person's.
   */
  bind(browserSession: string, session: string): Promise<void>
  /** The session of an account behind a browser session, unless it has ended. */
  find(browserSession: string, accountId: string): Promise<string | undefined>
  /** Does nothing for one that has ended already. */
  end(browserSession: string, ending: SessionEnding): Promise<void>
}

export interface SessionEnding {
  /** Somebody signed out, or a code or token came a second time and so must have been stolen. */
  readonly why: 'signed-out' | 'stolen'
  /** Where it came from. */
  readonly address: string
}

/** An interface that clients call with the tokens they get. */
export interface OpenIdResource {
  /** The resource indicator (RFC 8707): an absolute URI. */
  readonly identifier: string
  /** The `aud` of its tokens. */
  readonly audience: string
  /** The scopes that exist there. Asking for one of them is asking for a token for this resource. */
  readonly scopes: readonly string[]
  readonly tokenLifeSeconds: number
  /** What its tokens say besides what all tokens say. `session` is the service's own. */
  claims(accountId: string, session: string): Promise<Readonly<Record<string, JsonValue>> | undefined>
}
