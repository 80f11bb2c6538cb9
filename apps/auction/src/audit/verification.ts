import { type Finding, findViolations } from '@sallyport/database'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import { invariants } from './invariants.ts'

/** Says what is wrong with auctions and bids, nothing when all is well. It reads every row. */
export function verifyAuctions(db: Kysely<AuctionDatabase>): Promise<readonly Finding[]> {
  return findViolations(db, invariants)
}
