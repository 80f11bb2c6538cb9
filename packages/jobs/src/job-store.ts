import { randomUUID } from 'node:crypto'
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely'
import type { DeadLetter } from './job.ts'

export interface JobRow {
  readonly task: string
  readonly payload: object
  readonly key?: string
  readonly runAfterMs?: number
  readonly maxAttempts?: number
}

const DEFAULT_ATTEMPTS = 5

/** However often a program dies in the midst of a job, the job is not tried more often than this. */
const ATTEMPTS_LIMIT = 25

const columns = sql`task text, payload json, key text, "runAfterMs" float8, "maxAttempts" int`

/** Adds the jobs within the transaction, in one statement when all are due at once or none is. */
export async function addJobs<T>(tx: Transaction<T>, jobs: readonly JobRow[]): Promise<void> {
  const rows = jobs.map(complete)
  const later = rows.filter(({ runAfterMs }) => runAfterMs > 0)
  const taken = await addQuietly(tx, later)
  const others = rows.filter(({ key }) => !taken.has(key))
  if (others.length === 0) return
  const specs = JSON.stringify(others)
  await sql`select from graphile_worker.add_jobs(array(
    select (task, payload, null, now() + "runAfterMs" * interval '1 ms', "maxAttempts", key, null, null)::graphile_worker.job_spec
    from json_to_recordset(${specs}) as spec(${columns})))`.execute(tx)
}

function complete(job: JobRow) {
  return {
    task: job.task,
    payload: job.payload,
    // Every job has a key, so that one whose key was taken away is known to be superseded.
    key: job.key ?? randomUUID(),
    runAfterMs: job.runAfterMs ?? 0,
    maxAttempts: job.maxAttempts ?? DEFAULT_ATTEMPTS,
  }
}

/** The insertion of jobs that nobody knows yet, to be part of another statement. */
export function insertionOf(jobs: readonly JobRow[]): RawBuilder<unknown> {
  return quietInsertion(jobs.map(complete))
}

/**
 * Adds jobs of a later time without waking the workers, which find them by themselves when they are due. The library's
 * `add_jobs` always notifies, and PostgreSQL lets only one transaction that notifies commit at a time: with 32 clients
 * that halves the transactions a second.
 * @returns the keys of the jobs added. Missing are those whose key is held by a job being run and those whose task the
 * queue does not know yet; `add_jobs` sees to both.
 */
async function addQuietly<T>(tx: Transaction<T>, jobs: readonly { key: string }[]): Promise<Set<string>> {
  if (jobs.length === 0) return new Set()
  const { rows } = await quietInsertion(jobs).execute(tx)
  return new Set(rows.map(({ key }) => key))
}

function quietInsertion(jobs: readonly { key: string }[]): RawBuilder<{ key: string }> {
  return sql<{ key: string }>`
    insert into graphile_worker._private_jobs as job (task_id, payload, run_at, max_attempts, key)
    select known.id, spec.payload, now() + "runAfterMs" * interval '1 ms', "maxAttempts", spec.key
    from json_to_recordset(${JSON.stringify(jobs)}) as spec(${columns})
    join graphile_worker._private_tasks as known on known.identifier = spec.task
    on conflict (key) do update set
      task_id = excluded.task_id, payload = excluded.payload, run_at = excluded.run_at,
      max_attempts = excluded.max_attempts, attempts = 0, last_error = null, revision = job.revision + 1,
      updated_at = now()
    where job.locked_at is null
    returning key`
}

/**
 * Drops jobs by their keys, also one being run: its worker then finds nothing to write its outcome to, and a failure of
 * what was done anyway does not end as a dead letter.
 */
export async function removeJobs<T>(db: Kysely<T>, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await sql`delete from graphile_worker._private_jobs where key = any(${keys})`.execute(db)
}

/** Drops jobs of a task by what a field of their payload says, whatever its case. */
export async function forgetJobs<T>(db: Kysely<T>, task: string, field: string, value: string): Promise<void> {
  await sql`
    delete from graphile_worker._private_jobs as job using graphile_worker._private_tasks as known
    where known.id = job.task_id and known.identifier = ${task}
      and lower(job.payload ->> ${field}) = lower(${value})`.execute(db)
}

/** Makes the tasks known to the queue. */
export async function registerTasks<T>(db: Kysely<T>, tasks: readonly string[]): Promise<void> {
  await sql`insert into graphile_worker._private_tasks (identifier)
    select task from unnest(${tasks}::text[]) as task
    where not exists (select from graphile_worker._private_tasks where identifier = task)
    on conflict do nothing`.execute(db)
}

/**
 * Takes from a worker that is dead the jobs it was running. That it died is not the job's fault, so the attempt is
 * given back, within limits: the job itself may be what kills.
 * @returns how many there were
 */
export async function unlockJobs<T>(db: Kysely<T>, workerId: string): Promise<number> {
  const { rows } = await sql<{ id: bigint }>`
    select id from graphile_worker.jobs where locked_by = ${workerId}`.execute(db)
  if (rows.length === 0) return 0
  const ids = rows.map(({ id }) => id)
  await sql`select graphile_worker.force_unlock_workers(array[${workerId}])`.execute(db)
  await sql`select graphile_worker.reschedule_jobs(array[id], run_at => now(),
      max_attempts => least(max_attempts + 1, greatest(max_attempts, ${ATTEMPTS_LIMIT})))
    from graphile_worker.jobs where id = any(${ids}::bigint[])`.execute(db)
  return rows.length
}

/** Makes what is due within the horizon due now, and forgets what was superseded while it ran and failed then. */
export async function hastenJobs<T>(db: Kysely<T>, horizonMs: number): Promise<void> {
  await sql`select graphile_worker.reschedule_jobs(array(
    select id from graphile_worker.jobs
    where locked_at is null and attempts < max_attempts
      and run_at > now() and run_at <= now() + ${horizonMs} * interval '1 ms'), run_at => now())`.execute(db)
  await sql`select graphile_worker.complete_jobs(array(
    select id from graphile_worker.jobs where key is null and locked_at is null and attempts >= max_attempts))`.execute(
    db,
  )
}

/** How many jobs are due within the horizon or being run. */
export async function countOwed<T>(db: Kysely<T>, horizonMs: number): Promise<number> {
  const { rows } = await sql<{ owed: number }>`
    select count(*)::int as owed from graphile_worker.jobs
    where key is not null and (locked_at is not null
      or (attempts < max_attempts and run_at <= now() + ${horizonMs} * interval '1 ms'))`.execute(db)
  return rows[0]?.owed ?? 0
}

/** The jobs that used up their attempts, the latest first. */
export async function listDeadLetters<T>(db: Kysely<T>, limit: number): Promise<DeadLetter[]> {
  const { rows } = await sql<{
    id: bigint
    task: string
    key: string
    attempts: number
    error: string | null
    created: Date
    failed: Date
  }>`select id, task_identifier as task, key, attempts, last_error as error, created_at as created, updated_at as failed
     from graphile_worker.jobs
     where attempts >= max_attempts and locked_at is null and key is not null
     order by updated_at desc, id desc limit ${limit}`.execute(db)
  return rows.map(({ id, task, key, attempts, error, created, failed }) => ({
    id: String(id),
    task,
    key,
    attempts,
    lastError: error ?? undefined,
    createdAt: created,
    failedAt: failed,
  }))
}

/** Gives a dead letter its attempts back and makes it due now. False when there is no such dead letter. */
export async function reviveJob<T>(db: Kysely<T>, id: string): Promise<boolean> {
  if (!/^\d{1,18}$/.test(id)) return false
  const { rows } = await sql`select (graphile_worker.reschedule_jobs(array(
    select id from graphile_worker.jobs
    where id = ${id}::bigint and attempts >= max_attempts and locked_at is null and key is not null
  ), run_at => now(), attempts => 0)).id`.execute(db)
  return rows.length > 0
}
