import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import type { AuctionId } from '../auctions/auction.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import type { DatabaseClock } from '../database-clock.ts'
import { toBid } from './bid-store.ts'
import type { Bid, BidId } from './bid.ts'

type Database = Kysely<AuctionDatabase>

/** What bids must be like to be listed; what is undefined does not matter (market §8). */
export interface BidFilters {
  readonly id?: BidId | undefined
  readonly auctionId?: AuctionId | undefined
  readonly player?: AccountId | undefined
  readonly amount?: number | undefined
  /** UNIX seconds. */
  readonly time?: number | undefined
}

/** Bids in the order they were accepted. */
export async function listBids(db: Database, filters: BidFilters): Promise<Bid[]> {
  const { id, auctionId, player, amount, time } = filters
  const rows = await db
    .selectFrom('bid')
    .selectAll()
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? null))
    .$if(auctionId !== undefined, (query) => query.where('auction_id', '=', auctionId ?? null))
    .$if(player !== undefined, (query) => query.where('player', '=', player ?? null))
    .$if(amount !== undefined, (query) => query.where('amount', '=', BigInt(amount ?? 0)))
    .$if(time !== undefined, (query) => query.where(sql`floor(placed_at)`, '=', time ?? null))
    .orderBy('sequence')
    .execute()
  return rows.map(toBid)
}

/** The bids of the last so many seconds, in the order they were accepted. */
export async function listRecentBids(db: Database, clock: DatabaseClock, seconds: number): Promise<Bid[]> {
  const rows = await db
    .selectFrom('bid')
    .selectAll()
    .where('placed_at', '>', sql<number>`(select ${clock()} - ${seconds})`)
    .orderBy('sequence')
    .execute()
  return rows.map(toBid)
}

/** A page of somebody's bids, the newest first; `next` is the place of the last, if more follow. */
export async function pageThroughBids(
  db: Database,
  player: AccountId,
  { after, limit }: { readonly after: bigint | undefined; readonly limit: number },
): Promise<{ bids: Bid[]; next: bigint | undefined }> {
  const rows = await db
    .selectFrom('bid')
    .selectAll()
    .where('player', '=', player)
    .$if(after !== undefined, (query) => query.where('sequence', '<', after ?? null))
    .orderBy('sequence', 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  return { bids: page.map(toBid), next: rows.length > limit ? page.at(-1)?.sequence : undefined }
}
