import { type Call, erasures as routes, type ErasingService } from '@sallyport/contracts'
import { markErased } from '@sallyport/database'
import { type Jobs, jobTask } from '@sallyport/jobs'
import { type Clock, isId } from '@sallyport/kernel'
import { listBrowserSessions } from '@sallyport/openid'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import type { IdentityDatabase } from '../identity-database.ts'
import {
  type ErasedPerson,
  type Erasure,
  type ErasureId,
  type ErasureStepName,
  servicesOf,
  stepsOf,
} from './erasure.ts'
import * as store from './erasure-store.ts'
import { type FinishingParts, finishErasure, forgetOutside, type PersonalJobs } from './finishing.ts'

/** One step of an erasure, and so one job: doing it again changes nothing but the numbers. */
export interface ErasureWork {
  readonly erasure: ErasureId
  readonly step: ErasureStepName
}

export type ErasureTasks = { readonly 'take-erasure-step': ReturnType<typeof erasureTask> }

/** The same job for whoever only writes it down: identity does it when it runs. */
export const promisedStep = jobTask<ErasureWork>({
  parse: parseWork,
  run: () => Promise.reject(new TypeError('steps of erasures are taken by identity alone')),
})

/** What an erasure needs of the jobs. */
export type ErasureJobs = Pick<Jobs<IdentityDatabase, ErasureTasks>, 'enqueueMany'> & PersonalJobs

export interface ErasureStepParts extends Omit<FinishingParts, 'jobs'> {
  /** The jobs, which are made with these steps. */
  readonly jobs: () => ErasureJobs
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly log: Logger
  /** The ways to the services that hold something of people. */
  readonly services: Readonly<Record<ErasingService, Call>>
  /**
   * Identity's own step comes so long after the beginning, in milliseconds: by then the last request has ended that came
   * with a token of before, and what it has left is erased by asking every service once more.
   */
  readonly settleMs: number
  /** Ends browser sessions and tells the clients of them. */
  readonly signOut: (browserSessions: readonly string[]) => Promise<void>
}

/** A service may be away for days: what was promised to somebody is not given up before. */
const mostAttempts = 25

export function toJob(work: ErasureWork, runAfterMs = 0) {
  const key = `erase ${work.step} ${work.erasure}`
  return { task: 'take-erasure-step', payload: work, key, runAfterMs, maxAttempts: mostAttempts } as const
}

/** The job behind each step. */
export function erasureTask(parts: ErasureStepParts) {
  const { db, clock, log, services } = parts

  async function ask(service: ErasingService, { id, keepsUploads }: Erasure, { uid, username }: ErasedPerson) {
    const body = { uid, keep_uploads: keepsUploads, ...(username !== undefined && { username }) }
    const answer = await services[service](routes[service], { params: { erasureId: id }, body })
    return answer.body
  }

  async function takeStep({ erasure: id, step }: ErasureWork): Promise<void> {
    const erasure = await store.findErasure(db, id)
    if (!erasure?.person) return
    if (step === 'identity') {
      for (const service of servicesOf(erasure.scope)) {
        const erased = await ask(service, erasure, erasure.person)
        await db.transaction().execute(async (tx) => {
          // Another instance may have finished meanwhile: what its receipt says is left as it is.
          if (await store.lockUnderWay(tx, id)) await store.recordStep(tx, id, service, erased, clock.now())
        })
      }
      if (erasure.scope === 'everything') {
        const { uid } = erasure.person
        await parts.signOut(await listBrowserSessions(db, uid))
        await markErased(db, uid, clock.now())
      }
      await forgetOutside(parts, erasure.person)
      await db.transaction().execute((tx) => finishErasure(tx, { ...parts, jobs: parts.jobs() }, id))
      return
    }
    const erased = await ask(step, erasure, erasure.person)
    await db.transaction().execute(async (tx) => {
      // Of the last two services one sees that the other is through.
      if (!(await store.lockUnderWay(tx, id))) return
      await store.recordStep(tx, id, step, erased, clock.now())
      await promiseLastStep(tx, id)
    })
  }

  async function promiseLastStep(tx: Transaction<IdentityDatabase>, id: ErasureId): Promise<void> {
    const erasure = await store.findErasure(tx, id)
    if (!erasure || erasure.steps.some(({ step, doneAt }) => step !== 'identity' && !doneAt)) return
    const waited = clock.now().getTime() - erasure.startedAt.getTime()
    const job = toJob({ erasure: id, step: 'identity' }, Math.max(0, parts.settleMs - waited))
    await parts.jobs().enqueueMany(tx, [job])
  }

  return jobTask<ErasureWork>({
    parse: parseWork,
    async run(work, { attempt, maxAttempts }) {
      try {
        await takeStep(work)
      } catch (error) {
        if (attempt >= maxAttempts) log.error({ ...work, attempts: attempt }, 'a step of an erasure was given up')
        throw error
      }
    },
  })
}

function parseWork(payload: unknown): ErasureWork {
  const { erasure, step: name }: Record<string, unknown> = Object(payload)
  const step = stepsOf('everything').find((known) => known === name)
  if (step && typeof erasure === 'string' && isId<ErasureId>(erasure)) return { erasure, step }
  throw new TypeError('the payload is no step of an erasure')
}
