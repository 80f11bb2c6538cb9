import { wholeScope } from '@sallyport/contracts'
import { type AccountId, isId } from '@sallyport/kernel'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { KeySet } from './key-set.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'

/** The claims of a service that the gateway signed (enrollment E-24, E-25). A refresh token has no roles. */
const signedClaims = Compile(
  Type.Object({
    sub: Type.String(),
    sid: Type.String(),
    jti: Type.String(),
    username: Type.String(),
    roles: Type.Optional(Type.Array(Type.String())),
    exp: Type.Number(),
  }),
)

/**
 * The gateway, as it signs the claims of others. Its tokens open what roles open; where they count there is nothing for
 * administrators of the platform, and without roles they open nothing at all.
 */
export function signedClaimsIssuer(keys: KeySet): TrustedIssuer {
  return {
    keys,
    callerOf(claims) {
      if (!signedClaims.Check(claims) || !isId<AccountId>(claims.sub)) return undefined
      const { sub, sid, username, roles, exp } = claims
      return {
        kind: 'account',
        accountId: sub,
        sessionId: sid,
        username,
        role: 'user',
        roles: roles ?? [],
        scopes: roles === undefined ? [] : [wholeScope],
        expiresAt: exp,
      }
    },
  }
}
