import type { AccountId } from '@sallyport/kernel'
import type { Jobs } from '@sallyport/jobs'
import type { Kysely, Transaction } from 'kysely'
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
  /** Writes down what is owed, in the transaction that makes it owed. */
  promise(tx: Transaction<IdentityDatabase>, action: MembershipStep['action'], uid: AccountId): Promise<void>
  /** Does what was promised. A receiver that fails changes nothing: its job remains. */
  fulfil(action: MembershipStep['action'], uid: AccountId): Promise<void>
}

export function createMembershipSaga(parts: {
  readonly memberships: readonly Membership[]
  readonly db: Kysely<IdentityDatabase>
  readonly jobs: Jobs<IdentityDatabase, IdentityTasks>
  readonly log: Logger
}): MembershipSaga {
  const { db, memberships, jobs, log } = parts
  return {
    async promise(tx, action, uid) {
      // A deletion makes opening pointless: what is still owed of it is forgotten.
      if (action === 'close') await jobs.complete(tx, stepsOf(memberships, 'open', uid).map(keyOf))
      await jobs.enqueueMany(
        tx,
        stepsOf(memberships, action, uid).map((step) => ({
          task: 'take-membership-step',
          payload: step,
          key: keyOf(step),
          runAfterMs: jobDelayMs,
        })),
      )
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
      await jobs.complete(
        db,
        done.filter((key) => key !== undefined),
      )
    },
  }
}
