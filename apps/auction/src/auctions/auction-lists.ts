import type { AccountId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import { toAuction } from './auction-store.ts'
import { type Auction, type AuctionId, type AuctionState, UnknownAuction } from './auction.ts'

type Database = Kysely<AuctionDatabase>

/** What auctions must be like to be listed; what is undefined does not matter (market §8). */
export interface AuctionFilters {
  readonly active: boolean
  readonly seller?: AccountId | undefined
  readonly gachaName?: string | undefined
  readonly startingPrice?: number | undefined
  readonly leader?: AccountId | undefined
  readonly highestBid?: number | undefined
  readonly endTime?: number | undefined
}

const activeStates: AuctionState[] = ['open', 'closing']

/** Auctions in the order they were made. */
export async function listAuctions(db: Database, filters: AuctionFilters): Promise<Auction[]> {
  const { active, seller, gachaName, startingPrice, leader, highestBid, endTime } = filters
  const rows = await db
    .selectFrom('auction')
    .selectAll()
    .where('state', 'in', active ? activeStates : ['closed'])
    .$if(seller !== undefined, (query) => query.where('seller', '=', seller ?? null))
    .$if(gachaName !== undefined, (query) => query.where('gacha_name', '=', gachaName ?? null))
    .$if(startingPrice !== undefined, (query) => query.where('starting_price', '=', BigInt(startingPrice ?? 0)))
    .$if(leader !== undefined, (query) => query.where('leader', '=', leader ?? null))
    .$if(highestBid !== undefined, (query) => query.where('highest_bid', '=', BigInt(highestBid ?? 0)))
    .$if(endTime !== undefined, (query) => query.where('end_time', '=', BigInt(endTime ?? 0)))
    .orderBy('sequence')
    .execute()
  return rows.map(toAuction)
}

/** An auction that is active or was closed. @throws {UnknownAuction} */
export async function findAuction(db: Database, id: AuctionId): Promise<Auction> {
  const row = await db
    .selectFrom('auction')
    .selectAll()
    .where('id', '=', id)
    .where('state', 'in', [...activeStates, 'closed'])
    .executeTakeFirst()
  if (!row) throw new UnknownAuction()
  return toAuction(row)
}

/** A page of the active auctions, in the order they were made; `next` is the place after the last, if more follow. */
export async function pageThroughAuctions(
  db: Database,
  { after = 0n, limit }: { readonly after: bigint | undefined; readonly limit: number },
): Promise<{ auctions: Auction[]; next: bigint | undefined }> {
  const rows = await db
    .selectFrom('auction')
    .selectAll()
    .where('state', 'in', activeStates)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  return { auctions: page.map(toAuction), next: rows.length > limit ? page.at(-1)?.sequence : undefined }
}
