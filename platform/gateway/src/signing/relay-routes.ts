import { gateway } from '@sallyport/contracts'
import {
  handle,
  type HandledRoute,
  KeysUnavailable,
  keysVersion,
  ok,
  type PublicJwk,
  type RevocationRelay,
} from '@sallyport/service'

export interface RelayParts {
  readonly revocations: RevocationRelay
  /** For how long nothing was heard from identity, in milliseconds. */
  readonly silentMs: () => number
}

/** Keys and revocations for services that never call identity (enrollment E-9). */
export function relayRoutes(
  { revocations, silentMs }: RelayParts,
  keys: { readonly accounts: () => readonly PublicJwk[]; readonly own: () => readonly PublicJwk[] },
): HandledRoute[] {
  const accountKeys = (): PublicJwk[] | null => {
    try {
      return [...keys.accounts()]
    } catch (error) {
      if (error instanceof KeysUnavailable) return null
      throw error
    }
  }
  return [
    handle(gateway.relayKeys, async () => ok({ identity: accountKeys(), gateway: [...keys.own()] })),
    handle(gateway.relayRevocations, async ({ query }) => {
      const page = revocations.read(query.after)
      const accounts = accountKeys()
      const silent = silentMs()
      return ok({
        feed: page.feed,
        revocations: [...page.revocations],
        silent_ms: Number.isFinite(silent) ? Math.max(0, Math.round(silent)) : null,
        keys: { identity: accounts && keysVersion(accounts), gateway: keysVersion(keys.own()) },
      })
    }),
  ]
}
