import { newId, toUnixSeconds } from '@sallyport/kernel'
import { type AccessClaims, platformAudience } from '@sallyport/service'
import { type JWTPayload, SignJWT } from 'jose'
import { type Account, roleOf } from '../accounts/account.ts'
import { type SessionId, sessionLifeSeconds } from '../sessions/session.ts'
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
  readonly scopes: readonly string[]
  readonly clientId: string | undefined
}

export interface TokenIssuer {
  issue(request: TokenRequest): Promise<Tokens>
}

/** Issues the tokens of the password grant (market §3); their claims are those of design §4. */
export function createTokenIssuer(issuer: string, keys: SigningKeys): TokenIssuer {
  const sign = (payload: JWTPayload, now: Date): Promise<string> => {
    const iat = toUnixSeconds(now)
    return new SignJWT({ iss: issuer, iat, exp: iat + sessionLifeSeconds, ...payload })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keys.current.kid })
      .sign(keys.current.privateKey)
  }

  return {
    async issue({ account, sid, now, scopes, clientId }) {
      const person = { sub: account.uid, username: account.username, role: roleOf(account) }
      const claims: AccessClaims = {
        ...person,
        sid,
        jti: newId(),
        roles: account.roles.map(({ name }) => name),
        scope: 'impersonate',
      }
      const accessToken = await sign({ ...claims, aud: platformAudience }, now)
      const idToken = scopes.includes('openid')
        ? await sign({ ...person, email: account.email, aud: clientId ?? 'unknown' }, now)
        : undefined
      return { accessToken, idToken }
    },
  }
}
