import { type Clock, newId, toUnixSeconds } from '@sallyport/kernel'
import type { AccountCaller } from '@sallyport/service'
import { LRUCache } from 'lru-cache'
import type { GatewayKeys } from './gateway-keys.ts'

/** Makes tokens of the gateway's own, for upstreams that must not see the caller's (design §3). */
export interface TokenMaker {
  /** A token that tells this audience alone who is calling. It ends no later than the one that the caller came with. */
  tokenFor(caller: AccountCaller, audience: string): string
}

const lifeSeconds = 120
/** A token is used again until this little of its life is left. */
const marginSeconds = 30
const mostTokens = 10_000

export function createTokenMaker(parts: {
  readonly keys: Pick<GatewayKeys, 'signingKeyId' | 'signNow'>
  readonly issuer: string
  readonly clock: Clock
}): TokenMaker {
  const { keys, issuer, clock } = parts
  const tokens = new LRUCache<string, { readonly token: string; readonly usableUntil: number }>({ max: mostTokens })

  function make({ accountId, sessionId, username, role, roles, scopes }: AccountCaller, about: Lifetime): string {
    return keys.signNow({
      iss: issuer,
      sub: accountId,
      aud: about.audience,
      exp: about.exp,
      iat: about.iat,
      jti: newId(),
      sid: sessionId,
      username,
      role,
      roles,
      scope: scopes.join(' '),
    })
  }

  return {
    tokenFor(caller, audience) {
      const now = toUnixSeconds(clock.now())
      const name = nameOf(caller, audience, keys.signingKeyId)
      const known = tokens.get(name)
      if (known && now < known.usableUntil) return known.token
      const exp = Math.min(now + lifeSeconds, caller.expiresAt)
      const token = make(caller, { audience, iat: now, exp })
      // One that ends with the caller's own could not be replaced by a better one.
      tokens.set(name, { token, usableUntil: exp === caller.expiresAt ? exp : exp - marginSeconds })
      return token
    },
  }
}

interface Lifetime {
  readonly audience: string
  readonly iat: number
  readonly exp: number
}

/** Everything that a token says: whoever comes with other rights in the same session gets another one. */
function nameOf(caller: AccountCaller, audience: string, keyId: string): string {
  const { accountId, sessionId, username, role, roles, scopes, expiresAt } = caller
  return JSON.stringify([keyId, audience, accountId, sessionId, username, role, roles, scopes, expiresAt])
}
