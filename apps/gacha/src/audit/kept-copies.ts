import type { Kysely } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'

/** The auctions that a copy is kept for, to be compared with the auctions there are. */
export async function readKeptCopies(db: Kysely<GachaDatabase>): Promise<Set<string>> {
  const rows = await db.selectFrom('escrow').select('auction_id').where('state', '=', 'kept').execute()
  return new Set(rows.map(({ auction_id: id }) => id))
}
