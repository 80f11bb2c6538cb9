import { type AccountId, parseId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import { type Tux, tux } from '../ledger/money.ts'
import type { WalletDatabase } from '../ledger/tables.ts'
import type { HoldId } from '../ledger/transfer.ts'
import { type Capture, type Hold, hashOfCapture, hashOfPlacement, type Placement } from './hold.ts'

/*
 * Whoever places or ends a hold has locked its player's accounts before: the trigger that keeps `account.held` locks
 * them too, and the other way round two who meet would wait for one another.
 */

/** Writes down a placement; false when the id is taken. */
export async function insertHold(tx: Transaction<WalletDatabase>, placement: Placement, now: Date): Promise<boolean> {
  const { id, uid, amount } = placement
  const inserted = await tx
    .insertInto('hold')
    .values({ id, state: 'open', uid, amount, request_hash: hashOfPlacement(placement), placed_at: now })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Takes an id out of use, so that no hold can be placed under it; false when the id is taken. */
export async function insertTombstone(db: Kysely<WalletDatabase>, id: HoldId, now: Date): Promise<boolean> {
  const inserted = await db
    .insertInto('hold')
    .values({ id, state: 'released', ended_at: now })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function findHold(db: Kysely<WalletDatabase>, id: HoldId): Promise<Hold | undefined> {
  const row = await db
    .selectFrom('hold')
    .select(['state', 'uid', 'amount', 'request_hash', 'capture_hash'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { state, amount, request_hash: requestHash, capture_hash: captureHash } = row
  const uid = row.uid === null ? undefined : parseId<AccountId>(row.uid)
  return {
    state,
    placed: uid && amount !== null && requestHash ? { uid, amount: tux(amount), requestHash } : undefined,
    captureHash: captureHash ?? undefined,
  }
}

/**
 * Releases those of the holds a placement lists that are still open and of a player who is locked, and says how much
 * of it went back to the one who places. A placement that was done before releases nothing more.
 */
export async function releaseReplaced(
  tx: Transaction<WalletDatabase>,
  { id, uid, releases }: Placement,
  locked: readonly string[],
  now: Date,
): Promise<Tux> {
  if (releases.length === 0) return tux(0n)
  const released = await tx
    .updateTable('hold')
    .set({ state: 'released', ended_at: now })
    .where('id', '=', sql<string>`any(${releases}::uuid[])`)
    .where('uid', '=', sql<string>`any(${locked}::uuid[])`)
    .where('state', '=', 'open')
    .where(sql<boolean>`not exists (select from hold as earlier where earlier.id = ${id})`)
    .returning(['uid', 'amount'])
    .execute()
  return sumOf(released.filter((hold) => hold.uid === uid))
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
  return sumOf(released)
}

/** Ends an open hold, by a capture if one is given; false when it has ended already. */
export async function endHold(
  tx: Transaction<WalletDatabase>,
  id: HoldId,
  { state, capture, now }: { readonly state: 'captured' | 'released'; readonly capture?: Capture; readonly now: Date },
): Promise<boolean> {
  const ended = await tx
    .updateTable('hold')
    .set({ state, ended_at: now, capture_hash: capture ? hashOfCapture(capture) : null })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .returning('id')
    .executeTakeFirst()
  return ended !== undefined
}

function sumOf(holds: readonly { readonly amount: bigint | null }[]): Tux {
  return tux(holds.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n))
}
