import { type Kysely, sql } from 'kysely'

/** Something in a database that cannot be. */
export interface Finding {
  /** The name of the invariant that does not hold. */
  readonly invariant: string
  /** The id of what is wrong. */
  readonly subject: string
  readonly detail: string
}

/**
 * What must be true of a database at any moment, by name. Every query finds what is not: a `subject` and a `detail` that
 * says how. They can be run by hand.
 */
export type Invariants = Readonly<Record<string, string>>

/** So many findings are shown of each invariant: after a broken disk there might be millions. */
const findingsLimit = 100

/**
 * Looks for whatever breaks the invariants; nothing when all is well. It reads every row they are about, so a large
 * database should be opened with a longer limit for its statements.
 */
export async function findViolations<Tables>(db: Kysely<Tables>, invariants: Invariants): Promise<readonly Finding[]> {
  // One statement, because it sees one moment, also while the database is in use.
  const queries = Object.entries(invariants).map(
    ([name, query]) => sql`
      (select ${sql.lit(name)} as invariant, subject::text, detail::text from (${sql.raw(query)}) as found
      limit ${sql.lit(findingsLimit)})`,
  )
  const { rows } = await sql<Finding>`${sql.join(queries, sql` union all `)}`.execute(db)
  return rows
}
