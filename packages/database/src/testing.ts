import { createHash, randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { inject } from 'vitest'
import type { SocketConnection } from './connection.ts'
import {
  type ServiceNames,
  closeCommonDatabases,
  ensureDatabase,
  ensureRoles,
  findIncomplete,
  grantDefaults,
  markComplete,
} from './embedded/services.ts'
import { migrate } from './migrations.ts'
import { type ServiceDatabase, openDatabase } from './service-database.ts'

export interface TestDatabase<Tables> {
  /** As the role that owns the database. */
  readonly ownerConnection: SocketConnection
  /** As the service's role, with the rights it has in production. */
  readonly connection: SocketConnection
  readonly database: ServiceDatabase<Tables>
  /** Closes the database and removes it, whoever is still connected. */
  drop(): Promise<void>
}

/**
 * Makes a fresh, migrated database in the PostgreSQL of the test run (see `testing/global-setup.ts`), with roles that
 * have the rights they have in production. The first for a folder of migrations makes a template, the others copy it;
 * databases of one template share their roles.
 */
export async function createTestDatabase<Tables>(options: {
  service: string
  /** The folder of the service's migrations; without one the database is empty. */
  migrations?: string
}): Promise<TestDatabase<Tables>> {
  const server = inject('sallyportPostgres')
  const admin = await connect({ ...server, user: 'postgres', database: 'postgres' })
  try {
    const template = await ensureTemplate(admin, server, options)
    const names = { ...template, database: `${template.database}_${randomBytes(6).toString('hex')}` }
    await ensureDatabase(admin, names, template.database)
    const connection = { ...server, user: names.service, database: names.database }
    const database = openDatabase<Tables>({ connection, service: options.service })
    return {
      connection,
      ownerConnection: { ...connection, user: names.owner },
      database,
      async drop() {
        await database.close()
        const admin = await connect({ ...server, user: 'postgres', database: 'postgres' })
        try {
          await admin.query(`drop database if exists ${admin.escapeIdentifier(names.database)} with (force)`)
        } finally {
          await admin.end()
        }
      },
    }
  } finally {
    await admin.end()
  }
}

async function ensureTemplate(
  admin: Client,
  server: { host: string; port: number },
  { service, migrations }: { service: string; migrations?: string },
): Promise<ServiceNames> {
  const key = `${service}_${await fingerprint(service, migrations)}`
  const names = { database: key, owner: `${key}_owner`, service: key }
  if ((await findIncomplete(admin, [names])).length === 0) return names
  // Test files run in processes of their own: one of them makes the template, the others wait for it.
  await admin.query(`select pg_advisory_lock(hashtext('sallyport test templates'))`)
  try {
    if ((await findIncomplete(admin, [names])).length === 0) return names
    await closeCommonDatabases(admin)
    await ensureRoles(admin, names)
    await ensureDatabase(admin, names)
    const inside = await connect({ ...server, user: 'postgres', database: names.database })
    try {
      await grantDefaults(inside, names)
    } finally {
      await inside.end()
    }
    const connection = { ...server, user: names.owner, database: names.database }
    if (migrations !== undefined) await migrate({ connection, folder: migrations, service })
    await markComplete(admin, names)
    return names
  } finally {
    await admin.query(`select pg_advisory_unlock(hashtext('sallyport test templates'))`)
  }
}

async function fingerprint(service: string, folder: string | undefined): Promise<string> {
  const hash = createHash('sha256').update(service)
  for (const file of folder === undefined ? [] : (await readdir(folder)).sort())
    hash.update(file).update(await readFile(join(folder ?? '', file)))
  return hash.digest('hex').slice(0, 12)
}

async function connect(connection: SocketConnection): Promise<Client> {
  const client = new Client({ ...connection, application_name: 'sallyport test' })
  await client.connect()
  return client
}
