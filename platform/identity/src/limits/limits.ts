import { identity as contracts, type Rate } from '@sallyport/contracts'
import type { ServiceDatabase } from '@sallyport/database'
import type { IdentityDatabase } from '../identity-database.ts'
import { createRequestLimit, type RequestLimit } from './request-limits.ts'

/** How often one client may ask for what the doors cannot see. */
export interface Limits {
  readonly links: RequestLimit
  readonly exports: RequestLimit
  readonly passkeys: RequestLimit
  close(): Promise<void>
}

/** How often one client may answer with a passkey: an office full of people does not notice. */
const passkeyRates: readonly Rate[] = [{ requests: 300, seconds: 60 }]

export function createLimits({
  database,
  masterKey,
  linkRates,
}: {
  readonly database: Pick<ServiceDatabase<IdentityDatabase>, 'openPool'>
  readonly masterKey: Uint8Array
  readonly linkRates: readonly Rate[]
}): Limits {
  // The library counts on the types `pg` has by itself.
  const pool = database.openPool({ purpose: 'limits', poolSize: 2 })
  const parts = { pool, masterKey }
  return {
    links: createRequestLimit(parts, 'links', linkRates),
    exports: createRequestLimit(parts, 'exports', contracts.exportQuota.rates),
    passkeys: createRequestLimit(parts, 'passkeys', passkeyRates),
    close: () => pool.end(),
  }
}
