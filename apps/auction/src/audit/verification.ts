import { type Kysely, sql } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import { invariants } from './invariants.ts'

/** Something about the auctions that cannot be. */
export interface AuctionFinding {
  /** The name of the invariant that does not hold: see invariants.ts. */
  readonly invariant: string
  /** The id of the auction, the bid or the batch that is wrong. */
  readonly subject: string
  readonly detail: string
}

/** So many findings are shown of each invariant. */
const findingsLimit = 100

/** Looks for whatever is wrong with the auctions; nothing when all is well. It reads every row. */
export async function verifyAuctions(db: Kysely<AuctionDatabase>): Promise<readonly AuctionFinding[]> {
  // One statement, because it sees one moment, also while auctions are going on.
  const queries = Object.entries(invariants).map(
    ([name, query]) => sql`
      (select ${sql.lit(name)} as invariant, subject::text, detail::text from (${sql.raw(query)}) as found
      limit ${sql.lit(findingsLimit)})`,
  )
  const { rows } = await sql<AuctionFinding>`${sql.join(queries, sql` union all `)}`.execute(db)
  return rows
}
