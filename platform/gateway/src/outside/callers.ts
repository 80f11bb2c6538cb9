import { platformIssuer, wholeScope } from '@sallyport/contracts'
import { type AccountId, idOf } from '@sallyport/kernel'
import {
  type AccountCaller,
  type Authentication,
  bearerTokenOf,
  issuerNameOf,
  type KeySet,
  type NoCaller,
} from '@sallyport/service'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** Issuers besides the platform, by the names they have here, each with the keys that verify its tokens and nobody else's. */
export type OtherIssuers = ReadonlyMap<string, KeySet>

/** Who calls a service outside the platform. */
export interface OutsideCaller {
  readonly caller: AccountCaller
  /** What a token of another issuer says. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The claims of others that are understood here; whatever else there is can be told in headers. */
const otherClaims = Compile(
  Type.Object({
    sub: Type.String({ minLength: 1, maxLength: 255 }),
    exp: Type.Number(),
    roles: Type.Optional(Type.Unknown()),
    scope: Type.Optional(Type.Unknown()),
    sid: Type.Optional(Type.Unknown()),
  }),
)
const texts = Compile(Type.Array(Type.String()))

/** Tells who is calling, by a token of one of these issuers. @throws {KeysUnavailable} @throws {RevocationsUnknown} */
export async function identifyOutside(
  { authentication, otherIssuers }: { readonly authentication: Authentication; readonly otherIssuers: OtherIssuers },
  authorization: string | undefined,
  issuers: readonly string[],
): Promise<OutsideCaller | NoCaller> {
  const token = bearerTokenOf(authorization)
  if (token === undefined) return 'missing'
  const said = issuerNameOf(token)
  let isOfOther = false
  for (const name of issuers) {
    const keys = otherIssuers.get(name)
    if (keys === undefined || keys.issuer !== said) continue
    isOfOther = true
    const claims = await keys.verify(token)
    const caller = claims && callerOf(name, claims)
    if (caller) return { caller, claims }
  }
  if (isOfOther || !issuers.includes(platformIssuer)) return 'invalid'
  const caller = await authentication.account(authorization)
  return typeof caller === 'string' ? caller : { caller }
}

/**
 * The names of others' people begin with the issuer's, so that none of them is taken for somebody of the platform; those of
 * their roles too, since what an issuer calls an administrator is one of its own.
 */
function callerOf(issuer: string, claims: Readonly<Record<string, unknown>>): AccountCaller | undefined {
  // Bound to a key whose proof nobody asks for here.
  if (!otherClaims.Check(claims) || 'cnf' in claims) return undefined
  const { sub, exp, roles, scope, sid } = claims
  return {
    kind: 'account',
    accountId: idOf<AccountId>('outside', issuer, sub),
    sessionId: `${issuer}|${typeof sid === 'string' ? sid : sub}`,
    username: `${issuer}|${sub}`,
    role: 'user',
    roles: texts.Check(roles) ? roles.map((role) => `${issuer}|${role}`) : [],
    scopes: typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '' && one !== wholeScope) : [],
    expiresAt: exp,
  }
}
