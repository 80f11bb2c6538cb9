import { Logger } from 'graphile-worker'

/** Where the queue says what it does; pino's loggers are of this form. */
export interface JobLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * The worker's logger. What the library attaches to its messages holds whole jobs with their payloads, so only what
 * names a job is passed on; its news of each finished job is of interest to nobody but a debugger.
 */
export function workerLogger(log: JobLog): Logger {
  return new Logger((scope) => (level, message, meta) => {
    const fields = { ...scope, ...jobFields(meta?.['job']), ...errorFields(meta?.['error']) }
    if (meta?.['failure'] === true) log.warn(fields, 'a job failed')
    else if (level === 'error') log.error(fields, message)
    else if (level === 'warning') log.warn(fields, message)
    else log.debug(fields, message)
  })
}

function jobFields(job: unknown): object {
  if (typeof job !== 'object' || job === null) return {}
  const fields: Record<string, unknown> = {}
  for (const [name, shown] of [
    ['id', 'jobId'],
    ['task_identifier', 'task'],
    ['attempts', 'attempt'],
    ['max_attempts', 'maxAttempts'],
  ] as const)
    fields[shown] = Reflect.get(job, name)
  return fields
}

function errorFields(error: unknown): object {
  return error instanceof Error ? { err: { type: error.name, message: error.message, stack: error.stack } } : {}
}
