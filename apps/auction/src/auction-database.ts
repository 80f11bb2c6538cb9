import { fileURLToPath } from 'node:url'
import type { AccountId } from '@sallyport/kernel'
import type { Generated, GeneratedAlways } from 'kysely'
import type { AuctionId, AuctionOutcome, AuctionState } from './auctions/auction.ts'
import type { BatchId, BidId, DecidedOutcome } from './bidding/bid.ts'

/** The tables of auction's database. Amounts are whole TUX; times are UNIX seconds where they are numbers. */
export interface AuctionDatabase {
  player: { uid: AccountId; opened_at: Date | null; closed_at: Date | null }
  auction: {
    id: AuctionId
    sequence: GeneratedAlways<bigint>
    seller: AccountId
    gacha_name: string
    starting_price: bigint
    end_time: bigint
    state: AuctionState
    leader: AccountId | null
    leading_bid: BidId | null
    highest_bid: Generated<bigint>
    batch_id: BatchId | null
    outcome: AuctionOutcome | null
    attempts: Generated<number>
    retry_at: Date | null
  }
  offer_batch: { id: BatchId; offers: unknown; standing: unknown; attempts: Generated<number>; retry_at: Date }
  bid: {
    id: BidId
    sequence: GeneratedAlways<bigint>
    auction_id: AuctionId
    player: AccountId
    amount: bigint
    placed_at: number
  }
  keyed_bid: {
    id: BidId
    request_hash: Buffer
    outcome: DecidedOutcome | null
    made_at: Generated<Date>
  }
}

/** The folder of the migrations of this database. */
export const migrations = fileURLToPath(new URL('../migrations', import.meta.url))
