import { type RawBuilder, sql } from 'kysely'

/**
 * The present as an SQL expression, in UNIX seconds with a fraction. The database's clock decides when an auction is
 * over: read under the auction's lock, and the same for every process.
 */
export type DatabaseClock = () => RawBuilder<number>

export const databaseClock: DatabaseClock = () => sql<number>`extract(epoch from clock_timestamp())::float8`
