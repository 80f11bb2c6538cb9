import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'

/** So many different statements are kept prepared on each connection; further ones are planned each time. */
const STATEMENTS_LIMIT = 500

/**
 * The pool as Kysely sees it, with every statement that has parameters prepared under a name of its own. Parsing and
 * planning cost PostgreSQL more than the short statements of a service do, and each connection does them once.
 */
export function preparing(pool: Pool): PostgresPool {
  const names = new Map<string, string>()
  // Kysely knows its connections by their clients, so one of ours has to stand for one of the pool's.
  const clients = new WeakMap<PoolClient, PostgresPoolClient>()

  function nameOf(text: string): string | undefined {
    const known = names.get(text)
    if (known !== undefined || names.size >= STATEMENTS_LIMIT) return known
    const name = `s${names.size + 1}`
    names.set(text, name)
    return name
  }

  function prepare(client: PoolClient): PostgresPoolClient {
    function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>
    function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
    function query(text: unknown, values: readonly unknown[] = []): unknown {
      if (typeof text !== 'string') throw new TypeError('cursors are not supported')
      const name = values.length > 0 ? nameOf(text) : undefined
      return client.query({ text, values: [...values], ...(name !== undefined && { name }) })
    }
    const processID: unknown = Reflect.get(client, 'processID')
    return {
      ...(typeof processID === 'number' && { processID }),
      query,
      release: (destroy) => client.release(destroy),
    }
  }

  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect()
      const known = clients.get(client) ?? prepare(client)
      clients.set(client, known)
      return known
    },
    end: () => pool.end(),
  }
}
