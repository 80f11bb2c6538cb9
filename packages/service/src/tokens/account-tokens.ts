import { type AccountId, isId } from '@sallyport/kernel'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { AccountCaller } from '../caller.ts'
import type { KeySet } from './key-set.ts'
import { remembered, type TrustedIssuer } from './trusted-issuer.ts'
import type { Claims } from './verified-tokens.ts'

/** The audience of the tokens that the platform's services accept. */
export const platformAudience = 'sallyport'

/** The claims of an access token (design §4). An ID token has neither `sid` nor `scope`, and so is no bearer token. */
export const AccessClaims = Type.Object({
  sub: Type.String(),
  sid: Type.String(),
  jti: Type.String(),
  username: Type.String(),
  role: Type.Union([Type.Literal('user'), Type.Literal('admin')]),
  roles: Type.Array(Type.String()),
  scope: Type.String(),
  exp: Type.Number(),
})
export type AccessClaims = Static<typeof AccessClaims>

const accessClaims = Compile(AccessClaims)

/** Identity, whose tokens say everything that services ask about a caller. */
export function accountIssuer(keys: KeySet): TrustedIssuer {
  return { keys, callerOf: remembered(callerOf) }
}

function callerOf(claims: Claims): AccountCaller | undefined {
  if (!accessClaims.Check(claims) || !isId<AccountId>(claims.sub)) return undefined
  // Bound to a key whose proof nobody asks for here: as a bearer token it would be good for whoever has stolen it.
  if ('cnf' in claims) return undefined
  const { sub, sid, username, role, roles, scope, exp } = claims
  const scopes = scope.split(' ')
  return { kind: 'account', accountId: sub, sessionId: sid, username, role, roles, scopes, expiresAt: exp }
}
