import type { AccountId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'

type Database = Kysely<AuctionDatabase>

/** Makes a player, unless they are or were there. */
export async function insertPlayer(db: Database, uid: AccountId, now: Date): Promise<boolean> {
  const inserted = await db
    .insertInto('player')
    .values({ uid, opened_at: now, closed_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('uid')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Undefined when nobody ever opened or closed the player. */
export async function readState(db: Database, uid: AccountId): Promise<'open' | 'closed' | undefined> {
  const row = await db.selectFrom('player').select('closed_at').where('uid', '=', uid).executeTakeFirst()
  return row && (row.closed_at === null ? 'open' : 'closed')
}

/** Marks a player as closed, also one who was never opened: the open that comes later then changes nothing. */
export async function markClosed(db: Database, uid: AccountId, now: Date): Promise<void> {
  await db
    .insertInto('player')
    .values({ uid, opened_at: null, closed_at: now })
    .onConflict((conflict) =>
      conflict.column('uid').doUpdateSet({ closed_at: now }).where('player.closed_at', 'is', null),
    )
    .execute()
}
