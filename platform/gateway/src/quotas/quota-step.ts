import type { AdmissionParts, Entry } from '../policy/admission.ts'
import { identify } from '../policy/credentials.ts'
import { type Refusal, type RefusalReason, refusal } from '../policy/refusal.ts'
import { quotaHeaders, retryAfterSeconds } from './quota-headers.ts'
import type { Subjects } from './quota-plan.ts'
import { QuotaExceeded, type Standing } from './quotas.ts'

/*
 * Counting as a step of admission (pictures S-46 to S-49): first what is known without asking anybody, then, once the
 * credential was judged, everything at once.
 */

/** Refusals of a credential: whoever tries one after the other uses up what the address may. */
const credentialRefusals: ReadonlySet<RefusalReason> = new Set([
  'unknown-key',
  'expired-key',
  'blocked-key',
  'key-from-elsewhere',
  'unauthenticated',
  'insufficient-scope',
  'wrong-role',
])

/** Refuses at once whoever is known to have called too often from this address. */
export function recallQuotas({ quotas, clock }: AdmissionParts, entry: Entry): Refusal | undefined {
  const { policy, visit } = entry
  if (!policy.quotas) return undefined
  const standing = quotas.recall(policy.quotas, { address: visit.origin.network })
  return standing && judge(standing, entry, clock.now())
}

/** Counts a call, and refuses one too many. Of one that is refused for its credential only the address is known. */
export async function countQuotas(
  parts: AdmissionParts,
  entry: Entry,
  refused: Refusal | undefined,
): Promise<Refusal | undefined> {
  const { quotas, clock } = parts
  const { request, policy, visit } = entry
  if (!policy.quotas || (refused && !credentialRefusals.has(refused.reason))) return undefined
  const address = visit.origin.network
  let subjects: Subjects = { address }
  if (!refused) {
    const isForAccounts = policy.quotas.countsAccounts && policy.access.who === 'account'
    if (isForAccounts && !visit.caller) await identify(parts, request, { policy, visit })
    subjects = { address, account: visit.caller?.accountId, key: visit.keyId }
  }
  const standing = await quotas.count(policy.quotas, subjects)
  return standing && judge(standing, entry, clock.now())
}

/** Says in the answer, whatever that will be, what is left. */
function judge(standing: Standing, { policy, response }: Entry, now: Date): Refusal | undefined {
  const { dialect } = policy.surface
  for (const [name, value] of Object.entries(quotaHeaders(standing, now))) response.say(name, value)
  if (dialect.alwaysSaysRetryAfter) response.say('retry-after', String(retryAfterSeconds(standing)))
  if (standing.isWithin) return undefined
  return refusal('over-quota', dialect.rejected(new QuotaExceeded(standing)))
}
