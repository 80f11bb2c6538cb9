import { type Kysely, sql, type Transaction } from 'kysely'
import type { WalletDatabase } from '../ledger/tables.ts'
import { hashOfOffers, type OfferBatch, type OfferBatchId, type OfferDecision, type OfferOutcome } from './offers.ts'
import { OffersConflict } from './rejections.ts'

/**
 * Writes down what becomes of a batch, with the holds it places and releases; false when the id of the batch is taken:
 * then nothing is written. All players concerned must be locked.
 *
 * @throws {OffersConflict} when a hold has the id of an offer
 */
export async function recordOffers(
  tx: Transaction<WalletDatabase>,
  batch: OfferBatch,
  { outcomes, placed, released }: OfferDecision,
  now: Date,
): Promise<boolean> {
  const { rows } = await sql<{ batches: number; holds: number }>`
    with recorded as (
      insert into offer_batch (id, request_hash, outcomes, created_at)
      values (${batch.id}, ${hashOfOffers(batch)}, ${outcomes}, ${now})
      on conflict do nothing
      returning id
    ), released as (
      update hold set state = 'released', ended_at = ${now}
      from recorded
      where hold.id = any(${released}::uuid[])
      returning hold.id
    ), placed as (
      insert into hold (id, state, uid, amount, placed_at)
      select given.id, 'open', given.uid, given.amount, ${now}::timestamptz
      from recorded, unnest(
        ${placed.map(({ id }) => id)}::uuid[], ${placed.map(({ uid }) => uid)}::uuid[],
        ${placed.map(({ amount }) => amount)}::int8[]
      ) as given (id, uid, amount),
      -- Waits for all releases: a player may freeze again what was released a moment before.
      (select count(*) from released) as given_back
      -- In one order, or two batches with the same ids would wait for one another.
      order by given.id
      on conflict do nothing
      returning id
    )
    select (select count(*)::int from recorded) as batches, (select count(*)::int from placed) as holds`.execute(tx)
  const [written] = rows
  if (!written || written.batches === 0) return false
  if (written.holds < placed.length) throw new OffersConflict('hold')
  return true
}

/** What was answered to the batch that has the id. */
export async function findBatch(
  db: Kysely<WalletDatabase>,
  id: OfferBatchId,
): Promise<{ readonly requestHash: Buffer; readonly outcomes: readonly OfferOutcome[] } | undefined> {
  return db
    .selectFrom('offer_batch')
    .select(['request_hash as requestHash', 'outcomes'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Removes at most `limit` answers from before a time, and says how many there were. */
export async function removeBatches(db: Kysely<WalletDatabase>, before: Date, limit: number): Promise<number> {
  const removed = await db
    .deleteFrom('offer_batch')
    .where('id', 'in', (where) =>
      where.selectFrom('offer_batch').select('id').where('created_at', '<', before).orderBy('created_at').limit(limit),
    )
    .executeTakeFirst()
  return Number(removed.numDeletedRows)
}
