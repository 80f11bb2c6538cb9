import { Kysely, PostgresDialect } from 'kysely'
import { type CustomTypesConfig, Pool, types as parsers } from 'pg'
import { type PostgresConnection, toClientConfig } from './connection.ts'
import { preparing } from './prepared-statements.ts'

export interface ServiceDatabaseOptions {
  readonly connection: PostgresConnection
  /** The service's name, shown by PostgreSQL for its connections. */
  readonly service: string
  /** At most so many connections, 10 unless told otherwise. They are opened when they are needed. */
  readonly poolSize?: number
  /** After so long PostgreSQL ends a statement, 10 seconds unless told otherwise; 0 is never. */
  readonly statementTimeoutMs?: number
}

/** A service's way to its database. */
export interface ServiceDatabase<Tables> {
  /** `int8` is a `bigint`, `numeric` a text, `timestamptz` a `Date`. */
  readonly db: Kysely<Tables>
  readonly pool: Pool
  /** A further pool to the same database, with the types `pg` has by itself, for a library that expects them. */
  openPool(options: { purpose: string; poolSize: number }): Pool
  /** Resolves when the database answers. */
  ping(): Promise<void>
  /** Closes the connections once the statements under way are done. A second call waits for the first. */
  close(): Promise<void>
}

const CONNECT_LIMIT_MS = 5_000
const STATEMENT_LIMIT_MS = 10_000
const IDLE_IN_TRANSACTION_LIMIT_MS = 10_000

/**
 * Opens a service's database. Nothing is connected before the first statement.
 * @throws TypeError when the address is not one; the message does not hold it.
 */
export function openDatabase<Tables>(options: ServiceDatabaseOptions): ServiceDatabase<Tables> {
  const { service, poolSize = 10 } = options
  const pool = openPool(options, { name: service, poolSize, types: exactTypes })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: preparing(pool) }) })
  let closed: Promise<void> | undefined
  return {
    db,
    pool,
    openPool: ({ purpose, poolSize }) =>
      openPool(options, { name: `${service} ${purpose}`, poolSize, types: undefined }),
    async ping() {
      await pool.query('select 1')
    },
    async close() {
      closed ??= db.destroy()
      await closed
    },
  }
}

function openPool(
  { connection, service, statementTimeoutMs = STATEMENT_LIMIT_MS }: ServiceDatabaseOptions,
  { name, poolSize, types }: { name: string; poolSize: number; types: CustomTypesConfig | undefined },
): Pool {
  checkAddress(connection, service)
  const pool = new Pool({
    ...toClientConfig(connection),
    max: poolSize,
    application_name: `sallyport ${name}`,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS,
    ...(types && { types }),
  })
  // An idle connection that breaks is replaced at the next use. Without a listener its error would end the process.
  pool.on('error', () => undefined)
  // The same for one that breaks between two statements of a transaction: the next statement tells.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Refuses a malformed address before `pg` does, whose error holds the address and the password in it. */
export function checkAddress(connection: PostgresConnection, service: string): void {
  if (!('url' in connection)) return
  const { url } = connection
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return
  throw new TypeError(
    `the database address of ${service} is not of the form postgres://user:password@host:port/database`,
  )
}

function parseInt8(text: string): bigint {
  return BigInt(text)
}

/** Types of this pool alone: the parsers of `pg` itself are shared by everything in the process. */
export const exactTypes: CustomTypesConfig = {
  getTypeParser(oid, format) {
    if (oid === parsers.builtins.INT8 && format !== 'binary') return parseInt8
    return parsers.getTypeParser(oid, format)
  },
}
