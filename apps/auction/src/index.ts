export { type AuctionDatabase, migrations } from './auction-database.ts'
export { type AuctionParts, buildAuction } from './auction.ts'
export type { DatabaseClock } from './database-clock.ts'
