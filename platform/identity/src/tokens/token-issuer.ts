import { type AccountId, idOf, newId, toUnixSeconds } from '@sallyport/kernel'
import { wholeScope } from '@sallyport/contracts'
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

/** A token for whoever calls with a key: good for less than its owner's, and for a short time. */
export interface KeyTokenRequest {
  readonly account: Account
  readonly sid: SessionId
  readonly now: Date
  readonly expiresAt: Date
  readonly scopes: readonly string[]
}

export interface TokenIssuer {
  issue(request: TokenRequest): Promise<Tokens>
  issueForKey(request: KeyTokenRequest): Promise<string>
  /** A token for somebody who has no account: all of them are the same one. */
  issueForGuest(request: Omit<KeyTokenRequest, 'account'>): Promise<string>
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
      const claims = { ...accessClaims(account, sid, wholeScope), public_id: account.uid, aud: platformAudience }
      const accessToken = await sign(claims, now, lifeSeconds)
      const idToken = scopes.includes('openid')
        ? await sign(
            {
              ...personClaims(account),
              ...(account.email !== undefined && { email: account.email }),
              aud: clientId ?? 'unknown',
            },
            now,
            lifeSeconds,
          )
        : undefined
      return { accessToken, idToken }
    },

    issueForKey({ account, sid, now, expiresAt, scopes }) {
      const claims = { ...accessClaims(account, sid, scopes.join(' ')), aud: platformAudience }
      return sign(claims, now, toUnixSeconds(expiresAt) - toUnixSeconds(now))
    },

    issueForGuest({ sid, now, expiresAt, scopes }) {
      const claims: Omit<AccessClaims, 'exp'> = { ...guest, sid, jti: newId(), scope: scopes.join(' ') }
      return sign({ ...claims, aud: platformAudience }, now, toUnixSeconds(expiresAt) - toUnixSeconds(now))
    },

    issueProvisioning: (account, now) => {
      const { uid, username } = account
      const claims = { sub: uid, public_id: uid, username, jti: newId(), aud: provisioningAudience }
      return sign(claims, now, provisioningLifeSeconds)
    },
  }
}

const guest: Pick<AccessClaims, 'sub' | 'username' | 'role' | 'roles'> = {
  sub: idOf<AccountId>('guest'),
  username: 'guest',
  role: 'user',
  roles: ['guest'],
}

function personClaims(account: Account) {
  return { sub: account.uid, username: account.username, role: roleOf(account) }
}

function accessClaims(account: Account, sid: SessionId, scope: string): Omit<AccessClaims, 'exp'> {
  return { ...personClaims(account), sid, jti: newId(), roles: account.roles.map(({ name }) => name), scope }
}
