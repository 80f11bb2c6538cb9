import { Rejection } from '@sallyport/kernel'
import pg from 'pg'

export interface BatchOptions {
  /** So many are asked for in one statement at most, 100 unless told otherwise. */
  readonly size?: number
  /** So many statements are under way at once, 2 unless told otherwise: one works while the next one fills. */
  readonly atOnce?: number
  /** When so many wait already, one more is refused; 10 000 unless told otherwise. */
  readonly waiting?: number
}

/** More is asked of the database than it answers in time. It may be tried again. */
export class DatabaseBusy extends Rejection {
  override name = 'DatabaseBusy'
  readonly code = 'database-busy'
  readonly reason = 'busy'
  override readonly facts = { retryAfterSeconds: 1 }

  constructor() {
    super('too many wait for the database')
  }
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Makes one statement of many: what is asked for in the same turn, or while as many statements as may be are under way,
 * goes to the database together. Each statement begins after all that is in it was asked for, so nobody reads what was so
 * before, and nobody is answered before what they wrote is durable.
 *
 * What is asked for while too much waits already fails with `DatabaseBusy`.
 *
 * @param run answers all items in their order; it is a single statement, so that it happens as a whole or not at all
 */
export function inBatches<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  { size = 100, atOnce = 2, waiting: limit = 10_000 }: BatchOptions = {},
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  let running = 0
  let isScheduled = false

  function schedule(): void {
    if (isScheduled || running >= atOnce || waiting.length === 0) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      void start(waiting.splice(0, size))
      schedule()
    })
  }

  async function start(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    running += 1
    await settle(batch)
    running -= 1
    schedule()
  }

  async function settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item))
      if (results.length !== batch.length) throw new TypeError('a batch has as many results as items')
      for (const [index, result] of results.entries()) batch[index]?.resolve(result)
    } catch (error) {
      // The database has refused it as a whole, maybe for the sake of one: that one must not take the others with it.
      if (batch.length > 1 && error instanceof pg.DatabaseError) for (const one of batch) await settle([one])
      else for (const { reject } of batch) reject(error)
    }
  }

  return (item) => {
    if (waiting.length >= limit) return Promise.reject(new DatabaseBusy())
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    waiting.push({ item, resolve, reject })
    schedule()
    return promise
  }
}
