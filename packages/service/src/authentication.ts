import type { AccountCaller, ServiceCaller } from './caller.ts'
import type { RevocationList } from './revocation-list.ts'
import { identifyAccount } from './tokens/account-tokens.ts'
import type { KeySet } from './tokens/key-set.ts'
import type { IdentifyService } from './tokens/service-tokens.ts'

/** Why there is no caller: no bearer token came, or one that does not count. */
export type NoCaller = 'missing' | 'invalid'

/** Tells who is calling from the `Authorization` header. */
export interface Authentication {
  account(authorization: string | undefined): Promise<AccountCaller | NoCaller>
  service(authorization: string | undefined): Promise<ServiceCaller | NoCaller>
}

export function createAuthentication(parts: {
  readonly accountKeys: KeySet
  readonly revocations: RevocationList
  readonly identifyService: IdentifyService
}): Authentication {
  return {
    async account(authorization) {
      const token = bearerTokenOf(authorization)
      if (token === undefined) return 'missing'
      return (await identifyAccount(token, parts.accountKeys, parts.revocations)) ?? 'invalid'
    },
    async service(authorization) {
      const token = bearerTokenOf(authorization)
      if (token === undefined) return 'missing'
      return (await parts.identifyService(token)) ?? 'invalid'
    },
  }
}

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1); the scheme is compared without case. */
function bearerTokenOf(authorization: string | undefined): string | undefined {
  const match = /^bearer(?: +(.*))?$/i.exec(authorization ?? '')
  return match ? (match[1] ?? '') : undefined
}
