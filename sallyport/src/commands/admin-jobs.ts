import type { AuctionDatabase } from '@sallyport/auction'
import { listUnfinished, tryAgain, type UnfinishedWork } from '@sallyport/auction/unfinished'
import { createJobs, type DeadLetter } from '@sallyport/jobs'
import { type JobService, jobServices } from '../command-line/choices.ts'
import { type Databases, reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'
import { createLog } from './log.ts'

/** There is nothing to try again under this number. */
export class NoSuchJob extends Error {
  override name = 'NoSuchJob'
  constructor(service: JobService, id: string) {
    super(`${service} has no job ${id} that used up its attempts`)
  }
}

type Reach = Pick<Databases, 'open' | 'stop'>

/** `sallyport admin jobs list`: what was tried in vain again and again, and how to have it tried again. */
export async function listDeadLetters(settings: Settings): Promise<void> {
  const lines: string[] = []
  await withDatabases(settings, async (databases) => {
    for (const service of jobServices) {
      if (service === 'auction') {
        const unfinished = await listUnfinished(databases.open<AuctionDatabase>('auction').db)
        lines.push(...unfinished.map(describeUnfinished))
      } else {
        const letters = await withJobs(settings, databases, service, (jobs) => jobs.deadLetters())
        lines.push(...letters.map((letter) => describe(service, letter)))
      }
    }
  })
  say(lines.length === 0 ? 'no job has used up its attempts' : lines.join('\n'))
}

/** `sallyport admin jobs retry`: gives a job its attempts back. @throws {NoSuchJob} */
export async function retryDeadLetter(settings: Settings, service: JobService, id: string): Promise<void> {
  const retried = await withDatabases(settings, async (databases) =>
    service === 'auction'
      ? tryAgain(databases.open<AuctionDatabase>('auction').db, id)
      : withJobs(settings, databases, service, (jobs) => jobs.retry(id)),
  )
  if (!retried) throw new NoSuchJob(service, id)
  say(`${service} tries job ${id} again`)
}

async function withDatabases<T>(settings: Settings, work: (databases: Reach) => Promise<T>): Promise<T> {
  const databases = await reachDatabases(settings)
  try {
    return await work(databases)
  } finally {
    await databases.stop()
  }
}

async function withJobs<T>(
  settings: Settings,
  databases: Reach,
  service: Exclude<JobService, 'auction'>,
  work: (jobs: Pick<ReturnType<typeof createJobs>, 'deadLetters' | 'retry'>) => Promise<T>,
): Promise<T> {
  // Without tasks and never started: it only looks at the queue.
  const jobs = createJobs({ database: databases.open(service), service, tasks: {}, log: createLog(settings) })
  try {
    return await work(jobs)
  } finally {
    await jobs.stop()
  }
}

function describe(service: JobService, { id, key, attempts, failedAt, lastError }: DeadLetter): string {
  return [
    `${service} ${id}  ${key}`,
    `  failed ${attempts} times, last on ${failedAt.toISOString()}: ${lastError ?? 'unknown'}`,
    `  try it again: sallyport admin jobs retry ${service} ${id}`,
  ].join('\n')
}

function describeUnfinished({ id, what, attempts, retryAt }: UnfinishedWork): string {
  return [
    `auction ${id}  ${what}`,
    `  failed ${attempts} times; the log says why; it is tried again by itself on ${retryAt.toISOString()}`,
    `  try it now: sallyport admin jobs retry auction ${id}`,
  ].join('\n')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
