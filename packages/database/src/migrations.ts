import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresDialect, type QueryExecutorProvider, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { DatabaseError, Pool } from 'pg'
import { type PostgresConnection, toClientConfig } from './connection.ts'
import { codeOf } from './embedded/errors.ts'
import { checkAddress } from './service-database.ts'

export interface MigrateOptions {
  /** Of the role that owns the database. */
  readonly connection: PostgresConnection
  /** Holds the files `NNNN-name.sql`. */
  readonly folder: string
  readonly service: string
}

// A schema of its own, which the service role cannot enter: a service does not rewrite its own history.
const SCHEMA = 'migration'
const TABLE = 'applied'
/** There is no such table or schema. */
const nothingYet = ['42P01', '3F000']

const appliedQuery = sql<{ name: string }>`select name from ${sql.id(SCHEMA, TABLE)} order by name collate "C"`

/**
 * Applies what the folder has and the database has not, in the order of the file names, all in one transaction. Two
 * programs may migrate at once: one waits for the other and finds nothing left to do.
 * @returns the files applied, without `.sql`.
 * @throws Error naming the file that failed, or how the history in the database and the folder disagree.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const files = await listMigrations(options.folder)
  return connected(options, async (db) => {
    const applied = await listApplied(db)
    // A start with nothing to do takes one query instead of the migrator's dozen.
    if (isSame(applied, files)) return []
    const migrator = new Migrator({
      db,
      provider: { getMigrations: () => loadMigrations(options.folder, files) },
      migrationTableSchema: SCHEMA,
      migrationTableName: TABLE,
      migrationLockTableName: 'lock',
      nameComparator: (a, b) => (a < b ? -1 : 1),
    })
    const { error, results = [] } = await migrator.migrateToLatest()
    if (error !== undefined) {
      const failed = results.find(({ status }) => status === 'Error')
      const where = failed ? `the migration ${join(options.folder, failed.migrationName)}.sql` : `the migration`
      throw new Error(`${where} of ${options.service} failed: ${explain(error)}`, { cause: error })
    }
    return results.map(({ migrationName }) => migrationName)
  })
}

/** The migrations of the folder that the database does not have yet, without `.sql`. */
export async function pendingMigrations(options: MigrateOptions): Promise<string[]> {
  const files = await listMigrations(options.folder)
  const applied = new Set(await connected(options, listApplied))
  return files.filter((name) => !applied.has(name))
}

/**
 * Whether a database has exactly the migrations of the folder. For whoever may do no more than read that, as the service role
 * where a migration has allowed it, on whichever copy.
 */
export async function isMigrated(db: QueryExecutorProvider, folder: string): Promise<boolean> {
  const files = await listMigrations(folder)
  try {
    const { rows } = await appliedQuery.execute(db)
    return isSame(
      rows.map(({ name }) => name),
      files,
    )
  } catch (error) {
    // Nothing was migrated, or not as far as the migration that allows to look.
    if (error instanceof DatabaseError && [...nothingYet, '42501'].includes(error.code ?? '')) return false
    throw error
  }
}

async function connected<T>(
  { connection, service }: MigrateOptions,
  use: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  checkAddress(connection, service)
  const pool = new Pool({
    ...toClientConfig(connection),
    max: 2,
    application_name: `sallyport ${service} migration`,
    connectionTimeoutMillis: 5_000,
  })
  pool.on('error', () => undefined)
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await use(db)
  } finally {
    await db.destroy()
  }
}

async function listApplied(db: Kysely<unknown>): Promise<string[]> {
  try {
    const { rows } = await appliedQuery.execute(db)
    return rows.map(({ name }) => name)
  } catch (error) {
    if (nothingYet.includes(codeOf(error) ?? '')) return []
    throw error
  }
}

async function listMigrations(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  const numbers = new Set<string>()
  for (const file of files) {
    const number = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1]
    if (number === undefined) throw new Error(`${join(folder, file)} is not named NNNN-name.sql`)
    if (numbers.has(number)) throw new Error(`${join(folder, file)} has the number of another migration`)
    numbers.add(number)
  }
  return files.map((file) => file.slice(0, -'.sql'.length))
}

async function loadMigrations(folder: string, names: readonly string[]): Promise<Record<string, Migration>> {
  const migrations: Record<string, Migration> = {}
  for (const name of names) {
    const text = await readFile(join(folder, `${name}.sql`), 'utf8')
    migrations[name] = {
      async up(db) {
        await sql.raw(text).execute(db)
      },
    }
  }
  return migrations
}

function isSame(applied: readonly string[], files: readonly string[]): boolean {
  return applied.length === files.length && files.every((name, index) => applied[index] === name)
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
