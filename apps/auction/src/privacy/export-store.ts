import type { AccountId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'

type Database = Kysely<AuctionDatabase>

interface Before {
  readonly before: bigint | undefined
  readonly limit: number
}

export async function findMembership(db: Database, uid: AccountId) {
  return db
    .selectFrom('player')
    .select(['opened_at as openedAt', 'closed_at as closedAt'])
    .where('uid', '=', uid)
    .executeTakeFirst()
}

/** The auctions that somebody made, in whatever state, the newest first. */
export async function listAuctionsOf(db: Database, seller: AccountId, { before, limit }: Before) {
  return db
    .selectFrom('auction')
    .select(['id', 'sequence', 'gacha_name', 'starting_price', 'end_time', 'state', 'highest_bid', 'outcome'])
    .where('seller', '=', seller)
    .$if(before !== undefined, (query) => query.where('sequence', '<', before ?? null))
    .orderBy('sequence', 'desc')
    .limit(limit)
    .execute()
}

/** Somebody's bids with what became of the auctions, the newest first. */
export async function listBidsOf(db: Database, player: AccountId, { before, limit }: Before) {
  return db
    .selectFrom('bid')
    .innerJoin('auction', 'auction.id', 'bid.auction_id')
    .select([
      ...(['bid.id', 'bid.sequence', 'bid.auction_id', 'bid.amount', 'bid.placed_at'] as const),
      ...(['auction.gacha_name', 'auction.leading_bid', 'auction.outcome'] as const),
    ])
    .where('bid.player', '=', player)
    .$if(before !== undefined, (query) => query.where('bid.sequence', '<', before ?? null))
    .orderBy('bid.sequence', 'desc')
    .limit(limit)
    .execute()
}
