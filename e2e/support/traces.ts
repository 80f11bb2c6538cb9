import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase, type ServiceDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { partNames, type PartName } from './parts.ts'

/** The databases of an installation, with the power to look at and lock everything; also while it runs. */
export interface OpenedDatabases {
  of(part: PartName): ServiceDatabase<unknown>
  close(): Promise<void>
}

export async function openAllDatabases(dataDirectory: string): Promise<OpenedDatabases> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const opened = new Map(
    partNames.map((part) => {
      const connection = { ...postgres.connection(part, 'owner'), user: 'postgres' }
      return [part, openDatabase<unknown>({ connection, service: part })] as const
    }),
  )
  return {
    of(part) {
      const database = opened.get(part)
      if (!database) throw new TypeError(`there is no database of ${part}`)
      return database
    },
    async close() {
      for (const database of opened.values()) await database.close()
      await postgres.stop()
    },
  }
}

/** Where any of these texts is left, in whatever case: in any row of any table, and in any file that is not PostgreSQL's own. */
export async function findTraces(
  dataDirectory: string,
  databases: OpenedDatabases,
  texts: readonly string[],
): Promise<string[]> {
  const found: string[] = []
  const look = (place: string, content: string): void => {
    const folded = content.toLowerCase()
    for (const text of texts) if (folded.includes(text.toLowerCase())) found.push(`${place}: ${text}`)
  }
  for (const part of partNames)
    for await (const { table, row } of rowsOf(databases.of(part))) look(`${part} ${table}`, row)
  for (const file of await filesOf(dataDirectory)) look(file, await readFile(file, 'latin1').catch(() => ''))
  return [...new Set(found)]
}

/** Every row of every table, all columns as text; binary columns are hexadecimal digits then. */
async function* rowsOf({ pool }: ServiceDatabase<unknown>): AsyncGenerator<{ table: string; row: string }> {
  const { rows: tables } = await pool.query<{ name: string }>(`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`)
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} as t`)
    for (const { row } of rows) yield { table: name, row }
  }
}

async function filesOf(dataDirectory: string): Promise<string[]> {
  const entries = await readdir(dataDirectory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  // The cluster's own directory keeps what was deleted until it is vacuumed and its log is reused.
  return files.filter((file) => !file.startsWith(join(dataDirectory, 'postgres/')))
}
