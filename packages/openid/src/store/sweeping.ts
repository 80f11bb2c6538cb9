import type { Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { OpenIdDatabase } from './openid-database.ts'
import { sweepRecords } from './record-store.ts'

const everyMs = 60_000
const batch = 1000
/** What has expired is kept a little longer, so that its bearer hears that it has expired. */
const graceMs = 60_000

/** Sweeps what has expired once a minute, until stopped. */
export function startSweeping(parts: {
  readonly db: Kysely<OpenIdDatabase>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}): { stop(): void } {
  const timer = setInterval(() => void sweep(parts).catch(parts.onError), everyMs)
  return { stop: () => clearInterval(timer) }
}

/** Removes everything that has expired, a batch at a time. */
export async function sweep({ db, clock }: { db: Kysely<OpenIdDatabase>; clock: Clock }): Promise<void> {
  const before = new Date(clock.now().getTime() - graceMs)
  while ((await sweepRecords(db, before, batch)) >= batch);
}
