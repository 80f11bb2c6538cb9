import type { AccountId } from '@sallyport/kernel'
import type { Jobs } from '@sallyport/jobs'
import type { RawBuilder, Transaction } from 'kysely'
import type { Logger } from 'pino'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Membership } from './memberships.ts'
import { keyOf, type membershipTask, type MembershipStep, stepsOf, takeStep } from './membership-steps.ts'

export type IdentityTasks = { readonly 'take-membership-step': ReturnType<typeof membershipTask> }

/** The job waits this long, so that the step is done directly in the normal case. */
const jobDelayMs = 6000

/**
 * What an account has at other services is opened and closed with it (market §10): the steps are written down in the
 * transaction of the account, done at once and in parallel, and what could not be done is done by the jobs later.
 */
export interface MembershipSaga {
  /** What is owed to an account that is being made, to be written down by the statement that makes it. */
  promiseOpening(uid: AccountId): RawBuilder<unknown>
  /** The same for an account that is there already, in the transaction that makes it a member. */
  promiseOpeningWithin(tx: Transaction<IdentityDatabase>, uid: AccountId): Promise<void>
  /** Writes down what is owed to an account that is being removed, in the transaction that removes it. */
  promiseClosing(tx: Transaction<IdentityDatabase>, uid: AccountId): Promise<void>
  /** Does what was promised. A receiver that fails changes nothing: its job remains. */
  fulfil(action: MembershipStep['action'], uid: AccountId): Promise<void>
}

export function createMembershipSaga(parts: {
  readonly memberships: readonly Membership[]
  readonly jobs: Jobs<IdentityDatabase, IdentityTasks>
  readonly log: Logger
}): MembershipSaga {
  const { memberships, jobs, log } = parts
  return {
    promiseOpening: (uid) => jobs.insertionOf(stepsOf(memberships, 'open', uid).map(toJob)),
    promiseOpeningWithin: (tx, uid) => jobs.enqueueMany(tx, stepsOf(memberships, 'open', uid).map(toJob)),
    async promiseClosing(tx, uid) {
      // A deletion makes opening pointless: what is still owed of it is forgotten.
      await jobs.complete(tx, stepsOf(memberships, 'open', uid).map(keyOf))
      await jobs.enqueueMany(tx, stepsOf(memberships, 'close', uid).map(toJob))
    },
    async fulfil(action, uid) {
      const done = await Promise.all(
        stepsOf(memberships, action, uid).map(async (step) => {
          try {
            await takeStep(memberships, step)
            return keyOf(step)
          } catch (error) {
            log.warn({ err: error, step: keyOf(step) }, 'a step is left to its job')
            return undefined
          }
        }),
      )
      jobs.completeSoon(done.filter((key) => key !== undefined))
    },
  }
}

function toJob(step: MembershipStep) {
  return { task: 'take-membership-step', payload: step, key: keyOf(step), runAfterMs: jobDelayMs } as const
}
