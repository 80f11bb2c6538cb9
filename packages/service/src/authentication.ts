import { identityAlone, type IssuerName } from '@sallyport/contracts'
import { Rejection, type Soon, soon } from '@sallyport/kernel'
import type { AccountCaller, ServiceCaller } from './caller.ts'
import type { RevocationList } from './revocation-list.ts'
import type { IdentifyService } from './tokens/service-tokens.ts'
import { issuerNameOf, type TrustedIssuer } from './tokens/trusted-issuer.ts'

/** Why there is no caller: no bearer token came, or one that does not count. */
export type NoCaller = 'missing' | 'invalid'

/** What was revoked was never heard, or not for longer than may be, so a token that looks good may be none any more. */
export class RevocationsUnknown extends Rejection {
  override name = 'RevocationsUnknown'
  readonly code = 'revocations-unknown'
  readonly reason = 'busy'

  constructor() {
    super('it cannot be told now whether the token still counts')
  }
}

/** Tells who is calling from the `Authorization` header. */
export interface Authentication {
  /**
   * Rejects with `KeysUnavailable` or `RevocationsUnknown`. A token that was verified lately is answered for at once.
   *
   * @param issuers whose tokens count; identity's alone unless told otherwise
   */
  account(authorization: string | undefined, issuers?: readonly IssuerName[]): Soon<AccountCaller | NoCaller>
  service(authorization: string | undefined): Promise<ServiceCaller | NoCaller>
  /**
   * Whether revocations are heard: `lost` when whoever is signed in is refused for it. Absent where none are to be heard.
   */
  revocations?(): 'ready' | 'degraded: lost' | 'lost'
}

export function createAuthentication(parts: {
  readonly issuers: { readonly [name in IssuerName]?: TrustedIssuer }
  readonly revocations: RevocationList
  readonly identifyService: IdentifyService
  /** After so many seconds without the feed of revocations no token is taken for good; 0 is never. */
  readonly failClosedSeconds?: number
}): Required<Authentication> {
  const { issuers: trusted, revocations, identifyService, failClosedSeconds = 0 } = parts
  // A service that was started while nobody could tell it anything may have keys before it knows what was revoked.
  const isTooSilent = (): boolean =>
    !revocations.isTold || (failClosedSeconds > 0 && revocations.silentMs > failClosedSeconds * 1000)

  /** With several the token says whose it is, and only that one is asked: keys of several issuers are never one set. */
  function issuerOf(token: string, names: readonly IssuerName[]): TrustedIssuer | undefined {
    if (names.length === 1) return names[0] && trusted[names[0]]
    const said = issuerNameOf(token)
    if (said === undefined) return undefined
    return names.map((name) => trusted[name]).find((issuer) => issuer?.keys.names.includes(said))
  }

  function identify(token: string, names: readonly IssuerName[]): Soon<AccountCaller | undefined> {
    const issuer = issuerOf(token, names)
    return soon(issuer?.keys.verify(token), (claims) => {
      const caller = claims && issuer?.callerOf(claims)
      return caller && !revocations.isRevoked(caller.sessionId, caller.accountId) ? caller : undefined
    })
  }

  return {
    account(authorization, issuers = identityAlone) {
      const token = bearerTokenOf(authorization)
      if (token === undefined) return 'missing'
      return soon(identify(token, issuers), (caller) => {
        if (caller && isTooSilent()) return Promise.reject(new RevocationsUnknown())
        return caller ?? 'invalid'
      })
    },
    async service(authorization) {
      const token = bearerTokenOf(authorization)
      if (token === undefined) return 'missing'
      return (await identifyService(token)) ?? 'invalid'
    },
    revocations() {
      if (isTooSilent()) return 'lost'
      return revocations.state === 'ready' ? 'ready' : 'degraded: lost'
    },
  }
}

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1); the scheme is compared without case. */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  // As nearly everybody writes it: a token is long, and looking through it costs.
  if (authorization?.startsWith('Bearer ey') === true) return authorization.slice(7)
  const match = /^bearer(?: +(.*))?$/i.exec(authorization ?? '')
  return match ? (match[1] ?? '') : undefined
}
