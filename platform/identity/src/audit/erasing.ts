import type { Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { certificateOf, type ChainKeys, type Head, isRight } from './chain.ts'
import { type EventCondition, keepOnlyCertified, listPersonal, type PersonalEvent, takeChain } from './chain-store.ts'
import { sealWithin } from './sealer.ts'

/** So many events are certified by one statement. */
const batchSize = 1000

/** Certifies nothing: what was not right before is not made right by erasing. */
const noCertificate = Buffer.alloc(32)

/**
 * Takes the chain for this transaction and gives every event that waits its link.
 *
 * @returns the head of the chain
 */
export async function holdChain(tx: Transaction<IdentityDatabase>, keys: ChainKeys): Promise<Head> {
  await takeChain(tx)
  for (;;) {
    const { sealed, last } = await sealWithin(tx, keys.links, batchSize)
    if (sealed < batchSize) return last
  }
}

/**
 * Erases what is personal in the events that meet a condition on `event`, and certifies what is left. The transaction holds
 * the chain.
 *
 * @returns how many events that were, at most `most`
 */
export async function erasePersonal(
  tx: Transaction<IdentityDatabase>,
  keys: ChainKeys,
  condition: EventCondition,
  most = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  let count = 0
  while (count < most) {
    const limit = Math.min(batchSize, most - count)
    const events = await listPersonal(tx, condition, limit)
    if (events.length > 0) {
      await keepOnlyCertified(
        tx,
        events.map((event) => ({ eventId: event.eventId, certificate: certify(keys, event) })),
      )
    }
    count += events.length
    if (events.length < limit) break
  }
  return count
}

function certify(keys: ChainKeys, { event, keptDetails, ...chained }: PersonalEvent): Buffer {
  if (!isRight(keys, { ...chained, event })) return noCertificate
  return certificateOf(keys, { ...chained, event: { ...event, address: null, salt: null, details: keptDetails } })
}
