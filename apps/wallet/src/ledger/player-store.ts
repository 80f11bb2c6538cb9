import type { AccountId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import { type Balances, fiat, tux } from './money.ts'
import type { WalletDatabase } from './tables.ts'

/**
 * The balances of an open player, locked until the transaction ends: what happens to one player happens one after the
 * other. Undefined when there is no such player, or no longer.
 */
export async function lockBalances(tx: Transaction<WalletDatabase>, uid: AccountId): Promise<Balances | undefined> {
  const rows = await tx
    .selectFrom('player')
    .innerJoin('account', 'account.uid', 'player.uid')
    .select(['account.currency', 'account.balance'])
    .where('player.uid', '=', uid)
    .where('player.closed_at', 'is', null)
    .orderBy('account.currency')
    // Both: a row that is not locked is read as it was before the wait, and spent twice, or after its player has gone.
    .forNoKeyUpdate(['player', 'account'])
    .execute()
  return toBalances(rows)
}

/** The balances of an open player, or undefined. */
export async function readBalances(db: Kysely<WalletDatabase>, uid: AccountId): Promise<Balances | undefined> {
  const rows = await db
    .selectFrom('player')
    .innerJoin('account', 'account.uid', 'player.uid')
    .select(['account.currency', 'account.balance'])
    .where('player.uid', '=', uid)
    .where('player.closed_at', 'is', null)
    .execute()
  return toBalances(rows)
}

function toBalances(rows: readonly { currency: 'tux' | 'fiat'; balance: bigint }[]): Balances | undefined {
  const tuxRow = rows.find(({ currency }) => currency === 'tux')
  const fiatRow = rows.find(({ currency }) => currency === 'fiat')
  return tuxRow && fiatRow && { tux: tux(tuxRow.balance), fiat: fiat(fiatRow.balance) }
}

/** Whether the player's accounts are open or closed; undefined for nobody. */
export async function readState(db: Kysely<WalletDatabase>, uid: AccountId): Promise<'open' | 'closed' | undefined> {
  const row = await db.selectFrom('player').select('closed_at').where('uid', '=', uid).executeTakeFirst()
  return row && (row.closed_at === null ? 'open' : 'closed')
}

/** Marks a player who was never opened as closed; false when the player is or was there. */
export async function insertTombstone(tx: Transaction<WalletDatabase>, uid: AccountId, now: Date): Promise<boolean> {
  const inserted = await tx
    .insertInto('player')
    .values({ uid, opened_at: null, closed_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('uid')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Marks an open player as closed. */
export async function markClosed(tx: Transaction<WalletDatabase>, uid: AccountId, now: Date): Promise<void> {
  await tx.updateTable('player').set({ closed_at: now }).where('uid', '=', uid).execute()
}
