import { type Kysely, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Client, ClientId } from './client.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** How many secrets of a client count at once: the new one, and the one it takes the place of. */
const secretsAtOnce = 2

export async function insertClient(tx: Tx, client: Omit<Client, 'secrets'>): Promise<void> {
  const { id, name, firstParty, metadata, createdAt } = client
  await tx
    .insertInto('client')
    .values({ id, name, first_party: firstParty, metadata: JSON.stringify(metadata), created_at: createdAt })
    .execute()
}

/** Adds a secret; of the older ones, the newest still counts. */
export async function addSecret(tx: Tx, client: ClientId, digest: Buffer, now: Date): Promise<void> {
  await tx.insertInto('client_secret').values({ client, digest, created_at: now }).execute()
  await sql`
    delete from client_secret where client = ${client} and id not in (
      select id from client_secret where client = ${client} order by id desc limit ${secretsAtOnce})`.execute(tx)
}

/** Locks a client; whether there is one. */
export async function lockClient(tx: Tx, id: ClientId): Promise<boolean> {
  const row = await tx.selectFrom('client').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
  return row !== undefined
}

export type ClientWithDigests = Client & { readonly secretDigests: readonly Buffer[] }

/** The client of each of these ids. */
export async function findClients(
  db: Database,
  ids: readonly ClientId[],
): Promise<readonly (ClientWithDigests | undefined)[]> {
  const rows = await db
    .selectFrom('client')
    .selectAll()
    .select(
      sql<Buffer[]>`array(select digest from client_secret where client_secret.client = client.id order by id)`.as(
        'digests',
      ),
    )
    .where('id', '=', sql<ClientId>`any(${ids})`)
    .execute()
  const found = new Map(
    rows.map((row) => [row.id, { ...toClient(row), secrets: row.digests.length, secretDigests: row.digests }]),
  )
  return ids.map((id) => found.get(id))
}

/** All of them, oldest first. */
export async function listClients(db: Database): Promise<Client[]> {
  const rows = await db
    .selectFrom('client')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('client_secret')
        .whereRef('client_secret.client', '=', 'client.id')
        .select((count) => count.fn.countAll<bigint>().as('count'))
        .as('secrets'),
    )
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...toClient(row), secrets: Number(row.secrets ?? 0n) }))
}

/** The ids and names of those that are there. */
export async function namesOfClients(db: Database, ids: readonly ClientId[]): Promise<[string, string][]> {
  const rows = await db.selectFrom('client').select(['id', 'name']).where('id', 'in', ids).execute()
  return rows.map(({ id, name }) => [id, name])
}

/** Whether there was such a client. */
export async function removeClient(tx: Tx, id: ClientId): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('client').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}

function toClient(row: {
  id: ClientId
  name: string
  first_party: boolean
  metadata: Client['metadata']
  created_at: Date
}): Omit<Client, 'secrets'> {
  const { id, name, first_party: firstParty, metadata, created_at: createdAt } = row
  return { id, name, firstParty, metadata, createdAt }
}
