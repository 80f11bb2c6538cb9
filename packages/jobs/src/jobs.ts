import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceDatabase } from '@sallyport/database'
import { type TaskList, type WorkerEvents, type WorkerPool, runMigrations, runOnce, runTaskList } from 'graphile-worker'
import type { Kysely, RawBuilder, Transaction } from 'kysely'
import { gatherCompletions } from './completion.ts'
import {
  addJobs,
  countOwed,
  forgetJobs,
  hastenJobs,
  insertionOf,
  listDeadLetters,
  registerTasks,
  removeJobs,
  reviveJob,
  unlockJobs,
} from './job-store.ts'
import type { DeadLetter, Job, JobTask, JobTasks } from './job.ts'
import { type JobLog, workerLogger } from './log.ts'

export interface JobsOptions<Tables, Tasks extends JobTasks> {
  readonly database: ServiceDatabase<Tables>
  readonly service: string
  readonly tasks: Tasks
  readonly log: JobLog
  /** So many jobs are run at a time, 3 unless told otherwise. */
  readonly concurrency?: number
  /** Tells the processes of a service apart. Two that run at once must not have the same. */
  readonly instance?: string
}

/** The durable jobs of a service. `prepare` first, then `resume`, then `start`; `stop` at the end. */
export interface Jobs<Tables, Tasks extends JobTasks> {
  /** Makes or updates the queue's schema; one query when it is up to date. */
  prepare(): Promise<void>
  /** Adds a job that exists if the transaction commits. */
  enqueue(tx: Transaction<Tables>, job: Job<Tasks>): Promise<void>
  /** Adds several; no two may have the same key. */
  enqueueMany(tx: Transaction<Tables>, jobs: readonly Job<Tasks>[]): Promise<void>
  /**
   * The insertion of jobs as a data-modifying `with` query of the caller's own statement, which saves a transaction of
   * several statements. Only for jobs of a later time (`runAfterMs`) under keys that were never used before.
   */
  insertionOf(
    jobs: readonly (Job<Tasks> & { readonly key: string; readonly runAfterMs: number })[],
  ): RawBuilder<unknown>
  /** Drops jobs whose work was done directly. One that is being run is not tried again; unknown keys do no harm. */
  complete(db: Kysely<Tables>, keys: readonly string[]): Promise<void>
  /** Drops jobs of a task by what a field of their payload says, whatever its case; those that used up their attempts too. */
  forget(db: Kysely<Tables>, task: keyof Tasks & string, field: string, value: string): Promise<void>
  /**
   * The same a moment later, together with others: for work that was done outside of a transaction, whose answer need
   * not wait for it. Should the program end in that moment, the jobs are run once more.
   */
  completeSoon(keys: readonly string[]): void
  /**
   * Does what an earlier process of this instance left undone: takes back the jobs it was running, makes due what is
   * due within `horizonMs` (60 seconds unless told otherwise: retries and steps meant for a little later), and runs
   * jobs until none is ready or the time is up. A job that does not end in time goes on in the background.
   * @returns how many jobs within the horizon are left, failed ones that will be retried among them.
   */
  resume(options: { timeoutMs: number; horizonMs?: number }): Promise<{ left: number }>
  /** Runs jobs from now on. */
  start(): Promise<void>
  /**
   * Takes no more jobs and waits for those being run, 10 seconds unless told otherwise; their signal aborts after half
   * of it. What is not done by then is taken up by the next `resume`.
   */
  stop(options?: { timeoutMs: number }): Promise<void>
  /** The jobs that used up their attempts, the latest first, at most `limit` (100). */
  deadLetters(options?: { limit: number }): Promise<DeadLetter[]>
  /** Gives a dead letter its attempts back. False when there is no such dead letter. */
  retry(id: string): Promise<boolean>
}

// One for LISTEN, three for the workers' statements; a task uses the service's own pool.
const POOL_SIZE = 4
const POLL_INTERVAL_MS = 1_000
const HORIZON_MS = 60_000
const STOP_LIMIT_MS = 10_000
const RESTART_AFTER_MS = 1_000

export function createJobs<Tables, Tasks extends JobTasks>(options: JobsOptions<Tables, Tasks>): Jobs<Tables, Tasks> {
  const { database, service, log, concurrency = 3, instance = '1' } = options
  const { db } = database
  const workerId = `sallyport ${service} ${instance}`
  const logger = workerLogger(log)
  // The library counts on the types `pg` has by itself, so it gets connections of its own.
  const pgPool = database.openPool({ purpose: 'jobs', poolSize: POOL_SIZE })
  const taskList = toTaskList(options.tasks)
  const stopping = new AbortController()
  const completions = gatherCompletions(
    (keys) => removeJobs(db, keys),
    (error) => log.warn({ err: error }, `jobs of ${service} that were done could not be dropped`),
  )
  const draining = new WeakSet<WorkerPool>()
  const pools = new Map<WorkerPool, Promise<void>>()

  function settings(abortAfterMs: number) {
    const events: WorkerEvents = new EventEmitter()
    events.on('pool:create', ({ workerPool }) => {
      // The library names the holder of a job's lock by chance. A stable name lets the next process of this instance
      // unlock what a dead one held, instead of after four hours.
      workerPool.id = workerId
      pools.set(
        workerPool,
        workerPool.promise.catch(() => undefined),
      )
    })
    events.on('pool:release', ({ workerPool }) => pools.delete(workerPool))
    return {
      pgPool,
      logger,
      events,
      concurrency,
      schema: 'graphile_worker',
      pollInterval: POLL_INTERVAL_MS,
      noHandleSignals: true,
      gracefulShutdownAbortTimeout: abortAfterMs,
      // Without a batch, even of one, an outcome that cannot be written down is an unhandled rejection.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    }
  }

  /** Asks the worker pools to take no more jobs and waits for those being run. */
  async function drain(): Promise<void> {
    const ends = [...pools.values()]
    // Their errors come out of the pools' own promises.
    for (const pool of pools.keys())
      if (!draining.has(pool)) Promise.resolve(pool.gracefulShutdown()).catch(() => undefined)
    for (const pool of pools.keys()) draining.add(pool)
    await Promise.all(ends)
  }

  /** Runs a worker pool, and another one when it breaks, until `stop`. */
  async function keepRunning(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await runTaskList(settings(STOP_LIMIT_MS / 2), taskList, pgPool).promise
      } catch (error) {
        log.error({ err: error }, `the jobs of ${service} were interrupted`)
      }
      if (!stopping.signal.aborted)
        await sleep(RESTART_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  return {
    async prepare() {
      await runMigrations({ pgPool, logger, schema: 'graphile_worker' })
      await registerTasks(db, Object.keys(options.tasks))
    },
    enqueue: (tx, job) => addJobs(tx, [job]),
    enqueueMany: (tx, jobs) => addJobs(tx, jobs),
    insertionOf,
    complete: removeJobs,
    forget: forgetJobs,
    completeSoon: (keys) => completions.add(keys),
    async resume({ timeoutMs, horizonMs = HORIZON_MS }) {
      const deadline = performance.now() + timeoutMs
      await unlockJobs(db, workerId)
      await hastenJobs(db, horizonMs)
      let isOwed = (await countOwed(db, 0)) > 0
      while (isOwed) {
        const leftMs = Math.max(0, deadline - performance.now())
        const done = runOnce({ ...settings(leftMs), taskList }).catch((error: unknown) => {
          log.error({ err: error }, `the owed jobs of ${service} were interrupted`)
        })
        if (!(await within(leftMs, done))) {
          void drain()
          break
        }
        // A statement that the earlier process had sent when it died may have taken a job since.
        isOwed = (await unlockJobs(db, workerId)) > 0
      }
      return { left: await countOwed(db, horizonMs) }
    },
    async start() {
      void keepRunning()
    },
    async stop({ timeoutMs } = { timeoutMs: STOP_LIMIT_MS }) {
      if (stopping.signal.aborted) return
      stopping.abort()
      await completions.flush()
      const ended = await within(timeoutMs, drain())
      const closed = pgPool.end()
      if (ended) await closed
      else log.warn({ service }, 'jobs were still running at the end; the next start takes them up')
    },
    deadLetters: ({ limit } = { limit: 100 }) => listDeadLetters(db, limit),
    retry: (id) => reviveJob(db, id),
  }
}

/** Whether the promise settles in time. */
async function within(limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  const late = new AbortController()
  const inTime = promise.then(() => true)
  const timeUp = sleep(limitMs, false, { signal: late.signal }).catch(() => false)
  try {
    return await Promise.race([inTime, timeUp])
  } finally {
    late.abort()
  }
}

function toTaskList(tasks: JobTasks): TaskList {
  const list: TaskList = {}
  for (const [name, task] of Object.entries(tasks))
    list[name] = async (payload, { job, abortSignal }) => {
      await task.run(parsed(name, task, payload), {
        jobId: job.id,
        attempt: job.attempts,
        maxAttempts: job.max_attempts,
        signal: abortSignal,
      })
    }
  return list
}

/** The parser's own message is not kept: it may tell what the payload holds. */
function parsed(name: string, task: JobTask, payload: unknown): object {
  try {
    return task.parse(payload)
  } catch {
    throw new TypeError(`the payload is not one of the task ${name}`)
  }
}
