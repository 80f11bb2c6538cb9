import { inBatches } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import type { Logger } from 'pino'
import type { Counter, CounterState, QuotaStore, Taken } from './quota-store.ts'
import { createWindowMemory } from './window-memory.ts'

/** Counts in the store that gateways share, and in memory while that is away. */
export interface Counting {
  /** Whether a window is known to be used up; nobody is asked. */
  spent(counter: Counter): CounterState | undefined
  take(counters: readonly Counter[]): Promise<Taken>
  /** Whether calls are counted for all gateways together. */
  readiness(): Promise<string>
  close(): Promise<void>
}

export interface CountingParts {
  readonly store: QuotaStore
  readonly clock: Clock
  readonly log: Logger
  /** A door waits no longer than this for the store; half a second unless told otherwise. */
  readonly storeLimitMs?: number
}

/** A store that is away is looked for so often, in milliseconds. */
const lookPauseMs = 1000
/** So many calls are counted by one statement at most. */
const batchSize = 250

class StoreAway extends Error {
  override name = 'StoreAway'
}

export function createCounting({ store, clock, log, storeLimitMs = 500 }: CountingParts): Counting {
  const memory = createWindowMemory(clock)
  let looking: NodeJS.Timeout | undefined

  /** Only the calls that were under way wait for a store that is away; from then on nobody does until it is found again. */
  function lookForStore(): void {
    looking = setTimeout(() => void look(), lookPauseMs)
    looking.unref()
  }

  async function look(): Promise<void> {
    const isBack = await isThere()
    if (!looking) return
    if (!isBack) {
      lookForStore()
      return
    }
    looking = undefined
    log.info('quotas are counted for all gateways together again')
  }

  function isThere(): Promise<boolean> {
    return inTime(store.ping(), storeLimitMs).then(
      () => true,
      () => false,
    )
  }

  async function takeShared(calls: readonly (readonly Counter[])[]): Promise<readonly Taken[]> {
    if (looking) throw new StoreAway('the store is away')
    const askedAtMs = clock.now().getTime()
    try {
      const taken = await inTime(store.take(calls), storeLimitMs)
      for (const [index, counters] of calls.entries()) memory.learn(counters, taken[index]?.states ?? [], askedAtMs)
      return taken
    } catch (error) {
      log.warn({ err: error }, 'quotas are counted by this gateway alone: their store does not answer')
      lookForStore()
      // One call is no better than another, so none of the batch is tried by itself.
      throw new StoreAway('the store is away', { cause: error })
    }
  }
  // One statement works while the next one fills; two would wait for the same rows.
  const take = inBatches(takeShared, { size: batchSize, atOnce: 1 })

  return {
    spent: (counter) => memory.spent(counter),
    async take(counters) {
      if (looking) return memory.take(counters)
      // It is away, as was told, or more calls wait for it than may.
      return take(counters).catch(() => memory.take(counters))
    },
    async readiness() {
      return !looking && (await isThere()) ? 'ready' : 'degraded: counted by this gateway alone'
    },
    async close() {
      clearTimeout(looking)
      looking = undefined
      await store.close()
    },
  }
}

async function inTime<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new StoreAway(`no answer within ${limitMs} ms`)), limitMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
