import type { AccountId } from '@sallyport/kernel'
import { isId } from '@sallyport/kernel'
import { jobTask } from '@sallyport/jobs'
import type { Logger } from 'pino'
import { type Membership, membershipNames } from './memberships.ts'

/** What is owed to a service: a membership opened or closed. */
export interface MembershipStep {
  readonly membership: Membership['name']
  readonly action: 'open' | 'close'
  readonly uid: AccountId
}

/** One step of an account, and so one job: doing it again changes nothing, because the receivers are idempotent. */
export function keyOf({ membership, action, uid }: MembershipStep): string {
  return `${action} ${membership} ${uid}`
}

/** The keys of everything that could be owed to an account. */
export function keysOf(uid: AccountId): string[] {
  return membershipNames.flatMap((membership) =>
    (['open', 'close'] as const).map((action) => keyOf({ membership, action, uid })),
  )
}

export function stepsOf(memberships: readonly Membership[], action: MembershipStep['action'], uid: AccountId) {
  return memberships.map(({ name }): MembershipStep => ({ membership: name, action, uid }))
}

/** Does one step. @throws {ServiceUnreachable} @throws {ServiceRefused} */
export async function takeStep(memberships: readonly Membership[], step: MembershipStep): Promise<void> {
  const membership = memberships.find(({ name }) => name === step.membership)
  if (!membership) throw new TypeError(`there is no membership ${step.membership}`)
  await membership[step.action](step.uid)
}

/** The job behind each step. */
export function membershipTask(memberships: readonly Membership[], log: Logger) {
  return jobTask<MembershipStep>({
    parse: parseStep,
    async run(step, { attempt, maxAttempts }) {
      try {
        await takeStep(memberships, step)
      } catch (error) {
        if (attempt >= maxAttempts) {
          log.error({ step: keyOf(step), attempts: attempt }, 'a step was given up: it has to be made up for by hand')
        }
        throw error
      }
    },
  })
}

function parseStep(payload: unknown): MembershipStep {
  const { membership: name, action, uid }: Record<string, unknown> = Object(payload)
  const membership = membershipNames.find((known) => known === name)
  if (
    membership !== undefined &&
    (action === 'open' || action === 'close') &&
    typeof uid === 'string' &&
    isId<AccountId>(uid)
  ) {
    return { membership, action, uid }
  }
  throw new TypeError('the payload is not a membership step')
}
