import { type AccountId, parseId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import { type Tux, tux } from '../ledger/money.ts'
import type { WalletDatabase } from '../ledger/tables.ts'
import type { HoldId } from '../ledger/transfer.ts'
import type { Hold } from './hold.ts'

/*
 * Whoever places or ends a hold has locked its player's accounts before: the trigger that keeps `account.held` locks
 * them too, and the other way round two who meet would wait for one another. So a hold of a player who is locked stays
 * as it is read.
 */

/** Those of the holds that there are. */
export async function findHolds(
  db: Kysely<WalletDatabase>,
  ids: readonly HoldId[],
): Promise<ReadonlyMap<HoldId, Hold>> {
  const rows = await db
    .selectFrom('hold')
    .select(['id', 'state', 'uid', 'amount', 'capture_hash'])
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute()
  return new Map(
    rows.flatMap(({ id: text, state, uid, amount, capture_hash: captureHash }) => {
      const id = parseId<HoldId>(text)
      const placed = uid !== null && amount !== null ? { uid, amount: tux(amount) } : undefined
      return id ? [[id, { id, state, placed, captureHash: captureHash ?? undefined }] as const] : []
    }),
  )
}

/** Takes ids out of use, so that no hold can be placed under them; one that is taken stays as it is. */
export async function insertTombstones(db: Kysely<WalletDatabase>, ids: readonly HoldId[], now: Date): Promise<void> {
  await sql`
    insert into hold (id, state, ended_at)
    select id, 'released', ${now}::timestamptz from unnest(${ids}::uuid[]) as id order by id
    on conflict do nothing`.execute(db)
}

/** Releases all open holds of a player, and says how much that was. */
export async function releaseHoldsOf(tx: Transaction<WalletDatabase>, uid: AccountId, now: Date): Promise<Tux> {
  const released = await tx
    .updateTable('hold')
    .set({ state: 'released', ended_at: now })
    .where('uid', '=', uid)
    .where('state', '=', 'open')
    .returning('amount')
    .execute()
  return tux(released.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n))
}
