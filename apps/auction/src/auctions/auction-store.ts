import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import type { DatabaseClock } from '../database-clock.ts'
import type { Auction, AuctionId, Listing } from './auction.ts'

type Database = Kysely<AuctionDatabase>

/** An auction that something may be under way for. */
export interface LockedAuction extends Auction {
  /** Offers are being decided: nothing else may happen to it now. */
  readonly occupied: boolean
}

/** Whoever begins something has so long to end it; then it is taken up by whom it comes to. */
export const leaseSeconds = 10

/** What a decision about a listing needs: the present in UNIX seconds, and whether the seller is a player. */
export async function readGround(
  db: Database,
  seller: AccountId,
  clock: DatabaseClock,
): Promise<{ readonly now: number; readonly known: boolean }> {
  const { rows } = await sql<{ now: number; known: boolean }>`
    select ${clock()} as now,
      exists (select from player where uid = ${seller} and closed_at is null) as known`.execute(db)
  const [ground] = rows
  if (!ground) throw new TypeError('a select without a table gave no row')
  return ground
}

/** Writes down an auction whose copy is still to be taken from the seller; false when the seller is no player any more. */
export async function insertCreating(db: Database, id: AuctionId, listing: Listing): Promise<boolean> {
  const { seller, gachaName, startingPrice, endTime } = listing
  const { rows } = await sql`
    insert into auction (id, seller, gacha_name, starting_price, end_time, state, retry_at)
    select ${id}::uuid, uid, ${gachaName}, ${startingPrice}::int8, ${endTime}::int8, 'creating', ${leaseEnd()}
    -- An erasure that comes now waits, and finds the auction.
    from player where uid = ${seller} and closed_at is null for key share
    returning id`.execute(db)
  return rows.length > 0
}

/** Opens an auction whose copy was taken; false when it has been undone meanwhile. */
export async function markOpen(db: Database, id: AuctionId): Promise<boolean> {
  const opened = await db
    .updateTable('auction')
    .set({ state: 'open', retry_at: null, attempts: 0 })
    .where('id', '=', id)
    .where('state', '=', 'creating')
    .returning('id')
    .executeTakeFirst()
  return opened !== undefined
}

/** Locks auctions in a fixed order, so that two who lock several never wait for one another. */
export async function lockAuctions(
  tx: Transaction<AuctionDatabase>,
  ids: readonly AuctionId[],
): Promise<ReadonlyMap<AuctionId, LockedAuction>> {
  const rows = await tx
    .selectFrom('auction')
    .selectAll()
    .where('id', '=', sql<AuctionId>`any(${ids}::uuid[])`)
    .orderBy('id')
    // Without the lock, two batches see the old leader, and both release him and come to stand.
    .forNoKeyUpdate()
    .execute()
  return new Map(rows.map((row) => [row.id, { ...toAuction(row), occupied: row.batch_id !== null }]))
}

/** The present in UNIX seconds: read it after the lock that it decides for. */
export async function readClock(db: Database, clock: DatabaseClock): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${clock()} as now`.execute(db)
  const now = rows[0]?.now
  if (now === undefined) throw new TypeError('a select without a table gave no row')
  return now
}

/** Begins the removal of a locked auction: from now on nobody sees it or its bids. */
export async function markDeleting(tx: Transaction<AuctionDatabase>, id: AuctionId): Promise<void> {
  await tx.deleteFrom('bid').where('auction_id', '=', id).execute()
  await tx.updateTable('auction').set({ state: 'deleting', retry_at: leaseEnd() }).where('id', '=', id).execute()
}

/** Removes an auction that is being undone. */
export async function deleteAuction(db: Database, id: AuctionId): Promise<void> {
  await db.deleteFrom('auction').where('id', '=', id).where('state', 'in', ['creating', 'deleting']).execute()
}

/** Turns a row into an auction. */
export function toAuction(row: Selectable<AuctionDatabase['auction']>): Auction {
  const { leader, leading_bid: bidId } = row
  return {
    id: row.id,
    seller: row.seller,
    gachaName: row.gacha_name,
    startingPrice: Number(row.starting_price),
    endTime: Number(row.end_time),
    state: row.state,
    leader: leader && bidId ? { bidId, player: leader } : undefined,
    highestBid: Number(row.highest_bid),
  }
}

/** When what is begun now is taken up by somebody else. */
export function leaseEnd() {
  return sql<Date>`now() + ${leaseSeconds} * interval '1 second'`
}
