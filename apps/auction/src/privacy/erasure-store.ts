import type { AccountId } from '@sallyport/kernel'
import { sql, type Transaction } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'

type Tx = Transaction<AuctionDatabase>

/** Removes a player once no bid of theirs is being written down any more; whether they were open. */
export async function removePlayer(tx: Tx, uid: AccountId): Promise<boolean> {
  const removed = await tx.deleteFrom('player').where('uid', '=', uid).returning('closed_at').executeTakeFirst()
  return removed?.closed_at === null
}

/**
 * Locks the auctions that go on and that somebody has to do with, and says whether something is under way that the wallet knows
 * by their id: it would take the same under another one for something else.
 */
export async function isUnsettled(tx: Tx, uid: AccountId): Promise<boolean> {
  await sql`
    select from auction
    where state <> 'closed'
      and id in (select id from auction where seller = ${uid} union select auction_id from bid where player = ${uid})
    -- As everybody locks several. Without the lock one could begin to close, and be settled under both ids.
    order by id for no key update`.execute(tx)
  const { rows } = await sql<{ unsettled: boolean }>`
    select exists (select from auction where seller = ${uid} and state = 'closing')
      or exists (select from offer_batch where offers @> ${JSON.stringify([{ player: uid }])}) as unsettled`.execute(tx)
  return rows[0]?.unsettled !== false
}

/** Has everything of somebody be somebody else's; how much that was. The auctions that go on must be locked. */
export async function rename(
  tx: Tx,
  uid: AccountId,
  pseudonym: AccountId,
): Promise<{ readonly auctions: number; readonly bids: number }> {
  const auctions = await tx
    .updateTable('auction')
    .set({ seller: pseudonym })
    .where('seller', '=', uid)
    .executeTakeFirst()
  await tx
    .updateTable('auction')
    .set({ leader: pseudonym })
    .where('leader', '=', uid)
    .where('id', 'in', (eb) => eb.selectFrom('bid').select('auction_id').where('player', '=', uid))
    .execute()
  const bids = await tx.updateTable('bid').set({ player: pseudonym }).where('player', '=', uid).executeTakeFirst()
  return { auctions: Number(auctions.numUpdatedRows), bids: Number(bids.numUpdatedRows) }
}
