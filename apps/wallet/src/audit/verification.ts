import { type Kysely, sql } from 'kysely'
import type { WalletDatabase } from '../ledger/tables.ts'
import { invariants } from './invariants.ts'

/** Something in the books that cannot be. */
export interface LedgerFinding {
  /** The name of the invariant that does not hold: see invariants.ts. */
  readonly invariant: string
  /** The id of the transfer, the hold or the player that is wrong, or a currency. */
  readonly subject: string
  readonly detail: string
}

/** So many findings are shown of each invariant: after a broken disk there might be millions. */
const findingsLimit = 100

/**
 * Recomputes the books and says what is wrong with them, nothing when all is well. It reads every row, so on a large
 * ledger the database should be opened with a longer limit for its statements.
 */
export async function verifyLedger(db: Kysely<WalletDatabase>): Promise<readonly LedgerFinding[]> {
  // One statement, because it sees one moment, also while the wallet is in use.
  const queries = Object.entries(invariants).map(
    ([name, query]) => sql`
      (select ${sql.lit(name)} as invariant, subject::text, detail::text from (${sql.raw(query)}) as found
      limit ${sql.lit(findingsLimit)})`,
  )
  const { rows } = await sql<LedgerFinding>`${sql.join(queries, sql` union all `)}`.execute(db)
  return rows
}
