import { createHmac, hkdfSync } from 'node:crypto'
import type { Rate } from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'
import { networkOf } from '@sallyport/service'
import type { Pool } from 'pg'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'

/** Too many requests came from one place. */
export class TooManyRequests extends Rejection {
  override name = 'TooManyRequests'
  readonly code = 'too-many-requests'
  readonly reason = 'too-many'
  override readonly facts: { readonly retryAfterSeconds: number }
  constructor(retryAfterSeconds: number) {
    super('too many requests')
    this.facts = { retryAfterSeconds }
  }
}

/** How often one client may ask for something. */
export interface RequestLimit {
  /** Counts a request of an address, or of whatever else there is a limit for. @throws {TooManyRequests} */
  count(address: string): Promise<void>
}

/** Longer windows are counted in the database: all processes share them, and they outlast a restart. */
const longestInMemorySeconds = 60

/**
 * Limits what a client address may ask for, in fixed windows that begin with the first request. Who is over a limit is
 * refused out of memory: a flood of refusals does not reach the database (A-F10). The doors count calls; this is for what
 * they cannot see, since it is in the forms of the OpenID provider's pages: answers with passkeys, downloads of everything,
 * and letters with links, which are counted here whichever way they are asked for.
 *
 * @param name tells limits apart in the database
 */
export function createRequestLimit(
  { pool, masterKey }: { readonly pool: Pool; readonly masterKey: Uint8Array },
  name: string,
  rates: readonly Rate[],
): RequestLimit {
  const limiters = rates.map((rate) => limiterOf(pool, name, rate))
  // The rows say of no address that it has asked for something.
  const secret = Buffer.from(hkdfSync('sha256', masterKey, '', 'sallyport request limits 1', 32))
  return {
    async count(address) {
      const client = createHmac('sha256', secret).update(networkOf(address)).digest('base64url')
      for (const limiter of limiters) await consume(limiter, client)
    },
  }
}

function limiterOf(pool: Pool, name: string, { requests, seconds }: Rate): RateLimiterAbstract {
  const options = { points: requests, duration: seconds, keyPrefix: `${name}/${seconds}` }
  const memory = new RateLimiterMemory(options)
  if (seconds <= longestInMemorySeconds) return memory
  return new RateLimiterPostgres({
    ...options,
    storeClient: pool,
    storeType: 'pool',
    tableName: 'request_limit',
    tableCreated: true,
    // Sweeping is done for all tables in one place.
    clearExpiredByTimeout: false,
    inMemoryBlockOnConsumed: requests + 1,
    // Without the database hardly anything works; what does is still limited.
    insuranceLimiter: memory,
  })
}

async function consume(limiter: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (error) {
    if (error instanceof RateLimiterRes) throw new TooManyRequests(Math.max(1, Math.ceil(error.msBeforeNext / 1000)))
    throw error
  }
}
