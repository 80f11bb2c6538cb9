import { createJobs, type DeadLetter } from '@sallyport/jobs'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings.ts'
import { createLog } from './log.ts'

/** The services that have jobs. */
export const jobServices = ['identity', 'gacha'] as const
export type JobService = (typeof jobServices)[number]

/** There is nothing to try again under this number. */
export class NoSuchJob extends Error {
  override name = 'NoSuchJob'
  constructor(service: JobService, id: string) {
    super(`${service} has no job ${id} that used up its attempts`)
  }
}

/** `sallyport admin jobs list`: the jobs that used up their attempts, and how to try them again. */
export async function listDeadLetters(settings: Settings): Promise<void> {
  const lines: string[] = []
  for (const service of jobServices) {
    const letters = await withJobs(settings, service, (jobs) => jobs.deadLetters())
    lines.push(...letters.map((letter) => describe(service, letter)))
  }
  say(lines.length === 0 ? 'no job has used up its attempts' : lines.join('\n'))
}

/** `sallyport admin jobs retry`: gives a job its attempts back. @throws {NoSuchJob} */
export async function retryDeadLetter(settings: Settings, service: JobService, id: string): Promise<void> {
  const retried = await withJobs(settings, service, (jobs) => jobs.retry(id))
  if (!retried) throw new NoSuchJob(service, id)
  say(`${service} tries job ${id} again`)
}

async function withJobs<T>(
  settings: Settings,
  service: JobService,
  work: (jobs: Pick<ReturnType<typeof createJobs>, 'deadLetters' | 'retry'>) => Promise<T>,
): Promise<T> {
  const databases = await reachDatabases(settings)
  const database = databases.open(service)
  // Without tasks and never started: it only looks at the queue.
  const jobs = createJobs({ database, service, tasks: {}, log: createLog(settings) })
  try {
    return await work(jobs)
  } finally {
    await jobs.stop()
    await databases.stop()
  }
}

function describe(service: JobService, { id, key, attempts, failedAt, lastError }: DeadLetter): string {
  return [
    `${service} ${id}  ${key}`,
    `  failed ${attempts} times, last on ${failedAt.toISOString()}: ${lastError ?? 'unknown'}`,
    `  try it again: sallyport admin jobs retry ${service} ${id}`,
  ].join('\n')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
