import { type Kysely, sql } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'
import { invariants } from './invariants.ts'

/** Something about copies that cannot be. */
export interface CopyFinding {
  /** The name of the invariant that does not hold: see invariants.ts. */
  readonly invariant: string
  /** The id of the player, the roll or the auction that is wrong. */
  readonly subject: string
  readonly detail: string
}

/** So many findings are shown of each invariant: after a broken disk there might be millions. */
const findingsLimit = 100

/** Says what is wrong with copies, rolls and escrows, nothing when all is well. It reads every row. */
export async function verifyCopies(db: Kysely<GachaDatabase>): Promise<readonly CopyFinding[]> {
  // One statement, because it sees one moment, also while gacha is in use.
  const queries = Object.entries(invariants).map(
    ([name, query]) => sql`
      (select ${sql.lit(name)} as invariant, subject::text, detail::text from (${sql.raw(query)}) as found
      limit ${sql.lit(findingsLimit)})`,
  )
  const { rows } = await sql<CopyFinding>`${sql.join(queries, sql` union all `)}`.execute(db)
  return rows
}
