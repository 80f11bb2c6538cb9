import { newId, toUnixSeconds } from '@sallyport/kernel'
import { type AccessClaims, platformAudience } from '@sallyport/service'
import { type JWTPayload, SignJWT } from 'jose'
import { type Account, roleOf } from '../accounts/account.ts'
import type { SessionId } from '../sessions/session.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface Tokens {
  readonly accessToken: string
  /** Only when the scope `openid` was asked for. */
  readonly idToken: string | undefined
}

export interface TokenRequest {
  readonly account: Account
  readonly sid: SessionId
  readonly now: Date
  readonly lifeSeconds: number
  readonly scopes: readonly string[]
  readonly clientId: string | undefined
}

export interface TokenIssuer {
  issue(request: TokenRequest): Promise<Tokens>
  /**
   * A token that says whose account was just made, for whoever is told of new accounts. No service of the platform takes
   * it for anything (accounts A-57).
   */
  issueProvisioning(account: Account, now: Date): Promise<string>
}

/** The audience of tokens for those who are told of new accounts. */
export const provisioningAudience = 'provisioning'
const provisioningLifeSeconds = 900

/** Issues tokens; their claims are those of design §4, and `public_id`, as the account service's clients know it (accounts A-6). */
export function createTokenIssuer(issuer: string, keys: Pick<SigningKeys, 'signing'>): TokenIssuer {
  const sign = (payload: JWTPayload, now: Date, lifeSeconds: number): Promise<string> => {
    const iat = toUnixSeconds(now)
    const { kid, algorithm, privateKey } = keys.signing()
    return new SignJWT({ iss: issuer, iat, exp: iat + lifeSeconds, ...payload })
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid })
      .sign(privateKey)
  }

  return {
    async issue({ account, sid, now, lifeSeconds, scopes, clientId }) {
      const person = { sub: account.uid, username: account.username, role: roleOf(account) }
      const claims: AccessClaims = {
        ...person,
        sid,
        jti: newId(),
        roles: account.roles.map(({ name }) => name),
        scope: 'impersonate',
      }
      const accessToken = await sign({ ...claims, public_id: account.uid, aud: platformAudience }, now, lifeSeconds)
      const idToken = scopes.includes('openid')
        ? await sign({ ...person, email: account.email, aud: clientId ?? 'unknown' }, now, lifeSeconds)
        : undefined
      return { accessToken, idToken }
    },

    issueProvisioning: (account, now) => {
      const { uid, username } = account
      const claims = { sub: uid, public_id: uid, username, jti: newId(), aud: provisioningAudience }
      return sign(claims, now, provisioningLifeSeconds)
    },
  }
}
