/** What a task may know about the attempt it is. */
export interface JobAttempt {
  readonly jobId: string
  /** 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  /** Aborts when the program is stopping and has waited long enough. */
  readonly signal: AbortSignal
}

/**
 * What is done for a job. It may be done twice (a process can die between doing it and writing that down), so it
 * carries an idempotency key to whomever it calls. What it throws is kept with the job and logged, and the job is tried
 * again later.
 */
export interface JobTask<Payload extends object = object> {
  /** Makes the payload of what the queue kept, and throws when it is not one. */
  parse(payload: unknown): Payload
  run(payload: Payload, attempt: JobAttempt): Promise<void>
}

export type JobTasks = Readonly<Record<string, JobTask>>

/** Names a task's payload once, by its `parse`. */
export function jobTask<Payload extends object>(task: JobTask<Payload>): JobTask<Payload> {
  return task
}

/** A job of one of the tasks, with the payload of that task. */
export type Job<Tasks extends JobTasks> = {
  [Name in keyof Tasks & string]: {
    readonly task: Name
    /** Goes through JSON. */
    readonly payload: ReturnType<Tasks[Name]['parse']>
    /**
     * At most one job waits under a key. A second one under the same key takes the place of the first (payload, time
     * and attempts); when the first is being run at that moment, it is not tried again and the second runs after it.
     * Without a key the job is never replaced and cannot be completed.
     */
    readonly key?: string
    /** Not before so long from the transaction's beginning; 0 unless told otherwise. */
    readonly runAfterMs?: number
    /** 5 unless told otherwise. */
    readonly maxAttempts?: number
  }
}[keyof Tasks & string]

/** A job that used up its attempts. */
export interface DeadLetter {
  readonly id: string
  readonly task: string
  readonly key: string
  readonly attempts: number
  readonly lastError: string | undefined
  readonly createdAt: Date
  readonly failedAt: Date
}
