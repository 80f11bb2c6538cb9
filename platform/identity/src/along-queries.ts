import { type RawBuilder, sql } from 'kysely'

/** Data-modifying queries of other stores, to be added to the `with` list of a statement. */
export function alongQueries(queries: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join(
    queries.map((query, index) => sql`, ${sql.raw(`along_${index}`)} as (${query})`),
    sql``,
  )
}
