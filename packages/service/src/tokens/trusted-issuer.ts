import type { AccountCaller } from '../caller.ts'
import type { KeySet } from './key-set.ts'
import type { Claims } from './verified-tokens.ts'

/** Somebody whose tokens say who is calling: with keys of its own, which verify nobody else's tokens. */
export interface TrustedIssuer {
  readonly keys: KeySet
  /** Who the verified claims of a token are about; undefined when they are not those of a bearer token. */
  callerOf(claims: Claims): AccountCaller | undefined
}

/** Reads claims once, however often their token comes: a key set gives the same ones for as long as it remembers them. */
export function remembered(read: TrustedIssuer['callerOf']): TrustedIssuer['callerOf'] {
  const callers = new WeakMap<Claims, AccountCaller>()
  return (claims) => {
    const known = callers.get(claims)
    if (known) return known
    const caller = read(claims)
    if (caller) callers.set(claims, caller)
    return caller
  }
}

/** The `iss` of a token, which is a claim of its sender and nothing more: it tells whom to ask whether it is true. */
export function issuerNameOf(token: string): string | undefined {
  // Longer than any token of ours: not worth decoding.
  if (token.length > 8192) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString())
    const name: unknown = typeof claims === 'object' && claims !== null ? Reflect.get(claims, 'iss') : undefined
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}
