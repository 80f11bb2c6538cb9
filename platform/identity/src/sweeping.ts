import type { Clock } from '@sallyport/kernel'
import { sweepRecords } from '@sallyport/openid'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import { sweepKeys } from './api-keys/api-key-store.ts'
import { sweepHalfSignIns } from './factors/half-sign-in-store.ts'
import { sweepGuesses } from './guessing/guess-store.ts'
import type { IdentityDatabase } from './identity-database.ts'
import { sweepChallenges } from './passkeys/challenge-store.ts'
import type { Sweep } from './privacy/retention.ts'
import { sweepLinks } from './proofs/link-store.ts'
import { sweepExpired } from './sessions/session-store.ts'

const pauseMs = 60_000
/** What is kept for days is looked at every so many rounds: that may mean to read whole tables. */
const retentionRounds = 60
/** So many rows of a kind are removed by one statement. */
const batch = 1000

/** Removes what has expired, once a minute, until stopped. */
export function startSweeping(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly log: Logger
  /** What is kept for longer than it is needed. */
  readonly retention: Readonly<Record<string, Sweep>>
}): { stop(): void } {
  const { db, clock, log, retention } = parts
  const sweeps = {
    sessions: sweepExpired,
    'half-done sign-ins': sweepHalfSignIns,
    links: sweepLinks,
    'passkey challenges': sweepChallenges,
    guesses: sweepGuesses,
    limits: sweepLimits,
    'OpenID records': sweepRecords,
    'API keys': sweepKeys,
  }
  let rounds = 0
  const sweepAll = async (): Promise<void> => {
    const isTime = rounds % retentionRounds === 0
    rounds += 1
    for (const [what, sweep] of Object.entries({ ...sweeps, ...(isTime && retention) })) {
      try {
        while ((await sweep(db, clock.now(), batch)) >= batch);
      } catch (error) {
        log.warn({ err: error }, `sweeping ${what} failed`)
      }
    }
  }
  const timer = setInterval(() => void sweepAll(), pauseMs)
  return { stop: () => clearInterval(timer) }
}

async function sweepLimits(db: Kysely<IdentityDatabase>, now: Date, batch: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from request_limit where key in (
      select key from request_limit where expire < ${now.getTime()}::bigint limit ${batch})`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
