import { createHmac } from 'node:crypto'
import type { ServiceDatabase } from '@sallyport/database'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { GatewayDatabase } from '../gateway-database.ts'
import type { Counter, QuotaStore, Taken } from './quota-store.ts'

const takeQuotas = `
  select taken, used_before, ends_in_ms
  from take_quotas($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[])`

const sweepPauseMs = 60_000
/** So many rows are removed by one statement. */
const sweepBatch = 1000

/**
 * Counts for all gateways on this database, by its clock, in one statement for all calls of a batch.
 *
 * @param secret under which the windows are kept, the same for all gateways: the rows say of no address that it has called
 */
export function postgresQuotaStore(
  database: ServiceDatabase<GatewayDatabase>,
  { log, secret }: { readonly log: Logger; readonly secret: Uint8Array },
): QuotaStore {
  const { db, pool } = database
  const nameOf = (key: string): string => createHmac('sha256', secret).update(key).digest('base64url')
  async function sweep(): Promise<void> {
    try {
      while ((await sweepWindows(db, sweepBatch)) >= sweepBatch);
    } catch (error) {
      log.warn({ err: error }, 'sweeping quotas failed')
    }
  }
  let sweeping = Promise.resolve()
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, sweepPauseMs)
  timer.unref()

  return {
    async take(calls) {
      const { keys, seconds, limits, demands, sizes, places } = toBatch(calls)
      // By itself: building the statement anew each time would cost as much as what is done with it.
      const { rows } = await pool.query<BatchRow>({
        name: 'take-quotas',
        text: takeQuotas,
        values: [keys.map(nameOf), seconds, limits, demands, sizes, places],
      })
      const [row] = rows
      if (!row) throw new TypeError('the database did not say what was counted')
      return toTaken(calls, places, row)
    },
    async ping() {
      await sql`select take_quotas('{}', '{}', '{}', '{}', '{}', '{}')`.execute(db)
    },
    async close() {
      clearInterval(timer)
      await sweeping
    },
  }
}

/** Removes windows that are over; gives how many. */
export async function sweepWindows(db: Kysely<GatewayDatabase>, batch: number): Promise<number> {
  // A window that is being counted in is not over for long.
  const { numAffectedRows } = await sql`
    delete from quota_window where key in (
      select key from quota_window where ends_at < now() limit ${batch} for update skip locked)`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

interface BatchRow {
  readonly taken: readonly boolean[] | null
  readonly used_before: readonly number[]
  readonly ends_in_ms: readonly number[]
}

/** The windows of all calls, each once, by its key; and which of them each call wants, by their places from 1. */
function toBatch(calls: readonly (readonly Counter[])[]) {
  const demands = new Map<string, { readonly counter: Counter; demand: number; place: number }>()
  for (const counter of calls.flat()) {
    const known = demands.get(counter.key)
    if (known) known.demand += 1
    else demands.set(counter.key, { counter, demand: 1, place: 0 })
  }
  // Every batch locks them in this order.
  const sorted = [...demands.values()].sort((a, b) => (a.counter.key < b.counter.key ? -1 : 1))
  for (const [index, entry] of sorted.entries()) entry.place = index + 1
  return {
    keys: sorted.map(({ counter }) => counter.key),
    seconds: sorted.map(({ counter }) => counter.seconds),
    limits: sorted.map(({ counter }) => counter.limit),
    demands: sorted.map(({ demand }) => demand),
    sizes: calls.map((counters) => counters.length),
    places: calls.flatMap((counters) => counters.map(({ key }) => demands.get(key)?.place ?? 0)),
  }
}

/** How the windows stood after each call, from how they stood before all of them. */
function toTaken(
  calls: readonly (readonly Counter[])[],
  places: readonly number[],
  { taken, used_before, ends_in_ms }: BatchRow,
): Taken[] {
  const used = [...used_before]
  let next = 0
  return calls.map((counters, call) => {
    const isTaken = taken?.[call] ?? true
    const states = counters.map(() => {
      const index = (places[next++] ?? 0) - 1
      const now = (used[index] ?? 0) + (isTaken ? 1 : 0)
      used[index] = now
      return { used: now, endsInMs: ends_in_ms[index] ?? 0 }
    })
    return { isTaken, states }
  })
}
