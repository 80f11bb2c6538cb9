import type { GuestScope } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import type { KeyIssuer } from './issuer.ts'

/** Tokens for whoever comes with a key that is everybody's: one for each scope, until shortly before it runs out. */
export interface GuestTokens {
  find(scope: GuestScope): Promise<string>
  /** Forgets a token that counts no more. */
  forget(scope: GuestScope): void
}

/** A token is given up so long before its end, in milliseconds, since it is still on its way then. */
const marginMs = 30_000

export function createGuestTokens({
  issuer,
  clock,
}: {
  readonly issuer: Pick<KeyIssuer, 'admitGuest'>
  readonly clock: Clock
}): GuestTokens {
  const known = new Map<GuestScope, { readonly authorization: string; readonly untilMs: number }>()
  const asking = new Map<GuestScope, Promise<string>>()

  async function ask(scope: GuestScope): Promise<string> {
    const { token, expiresAtMs } = await issuer.admitGuest(scope)
    const authorization = `Bearer ${token}`
    known.set(scope, { authorization, untilMs: expiresAtMs - marginMs })
    return authorization
  }

  return {
    async find(scope) {
      const found = known.get(scope)
      if (found && found.untilMs > clock.now().getTime()) return found.authorization
      const running = asking.get(scope) ?? ask(scope).finally(() => asking.delete(scope))
      asking.set(scope, running)
      return running
    },
    forget: (scope) => void known.delete(scope),
  }
}
