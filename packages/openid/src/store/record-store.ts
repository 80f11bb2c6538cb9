import { hash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { AdapterPayload } from 'oidc-provider'
import type { OpenIdDatabase } from './openid-database.ts'

type Database = Kysely<OpenIdDatabase>

/** A record as it is kept: without its id, and without what says whether it was used. */
export interface StoredRecord {
  readonly payload: AdapterPayload
  readonly consumedAt: Date | undefined
}

/** Where a record is: never by its id, which whoever reads the database could present. */
export interface RecordKey {
  readonly model: string
  readonly digest: Buffer
}

export function keyOf(model: string, id: string): RecordKey {
  return { model, digest: hash('sha256', id, 'buffer') }
}

export interface NewRecord {
  readonly key: RecordKey
  readonly payload: AdapterPayload
  readonly expiresAt: Date | null
}

/** Writes records, each for another place. One that was used stays used, whatever is written over it. */
export async function putRecords(db: Database, records: readonly NewRecord[]): Promise<void> {
  const rows = records.map(({ key, payload, expiresAt }) => ({
    model: key.model,
    digest: key.digest.toString('hex'),
    payload,
    expires_at: expiresAt,
  }))
  await sql`
    insert into openid_record (model, digest, payload, expires_at)
    select model, decode(digest, 'hex'), payload, expires_at
    from json_to_recordset(${JSON.stringify(rows)})
      as record (model text, digest text, payload jsonb, expires_at timestamptz)
    -- In the same order everywhere: two that write the same records then never wait for each other.
    order by 1, 2
    on conflict (model, digest) do update set payload = excluded.payload, expires_at = excluded.expires_at`.execute(db)
}

/** Whether the record was not there before. */
export async function addRecord(
  db: Database,
  { key: { model, digest }, payload, expiresAt }: NewRecord,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('openid_record')
    .values({ model, digest, payload: JSON.stringify(payload), expires_at: expiresAt, consumed_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** What there is at each of these places. */
export async function findRecords(
  db: Database,
  keys: readonly RecordKey[],
): Promise<readonly (StoredRecord | undefined)[]> {
  const { rows } = await sql<FoundRow>`
    select payload, consumed_at
    from unnest(${keys.map(({ model }) => model)}::text[], ${keys.map(({ digest }) => digest)}::bytea[])
      with ordinality as asked (model, digest, place)
    -- One by one, so that the index is used however little the database knows of the table yet.
    left join lateral (
      select payload, consumed_at from openid_record
      where openid_record.model = asked.model and openid_record.digest = asked.digest limit 1
    ) as found on true
    order by place`.execute(db)
  return rows.map(toRecord)
}

/** Where a record is by something else than the id: it is in the payload, and belongs to one record alone. */
export interface FieldKey {
  readonly model: string
  readonly value: string
}

export async function findRecordsBy(
  db: Database,
  field: 'uid' | 'userCode',
  keys: readonly FieldKey[],
): Promise<readonly (StoredRecord | undefined)[]> {
  const { rows } = await sql<FoundRow>`
    select payload, consumed_at
    from unnest(${keys.map(({ model }) => model)}::text[], ${keys.map(({ value }) => value)}::text[])
      with ordinality as asked (model, value, place)
    left join lateral (
      select payload, consumed_at from openid_record
      where openid_record.model = asked.model and payload ->> ${sql.lit(field)} = asked.value limit 1
    ) as found on true
    order by place`.execute(db)
  return rows.map(toRecord)
}

export interface Use {
  readonly key: RecordKey
  readonly at: Date
}

/** Whether each was used by this call: of several that come at once for one record, one. */
export async function consumeRecords(db: Database, uses: readonly Use[]): Promise<readonly boolean[]> {
  const places = uses.map((_use, place) => place).sort((a, b) => compare(uses[a], uses[b]))
  // An update for each, so that the index is used however little the database knows of the table yet; in the same order
  // everywhere, so that two that use the same records never wait for each other.
  const updates = places.flatMap((place) => {
    const use = uses[place]
    if (!use) return []
    const { key, at } = use
    return sql`${sql.ref(`use_${place}`)} as (
      update openid_record set consumed_at = ${at} where model = ${key.model} and digest = ${key.digest}
        -- Without this, two refreshes that come at once with one token both see it unused, and both get a new one.
        and consumed_at is null
      returning ${sql.lit(place)}::integer as place)`
  })
  const used = places.map((place) => sql`select place from ${sql.table(`use_${place}`)}`)
  const { rows } = await sql<{ place: number }>`
    with ${sql.join(updates)} ${sql.join(used, sql` union all `)}`.execute(db)
  const first = new Set(rows.map(({ place }) => place))
  return uses.map((_use, place) => first.has(place))
}

function compare(one: Use | undefined, other: Use | undefined): number {
  return one && other ? Buffer.compare(one.key.digest, other.key.digest) : 0
}

export async function removeRecord(db: Database, { model, digest }: RecordKey): Promise<void> {
  await db.deleteFrom('openid_record').where('model', '=', model).where('digest', '=', digest).execute()
}

/** Removes what one model has of a grant. Returns the browser sessions that it was given in. */
export async function removeRecordsOfGrant(db: Database, model: string, grantId: string): Promise<string[]> {
  const rows = await db
    .deleteFrom('openid_record')
    .where('model', '=', model)
    .where(sql`payload ->> 'grantId'`, '=', grantId)
    .returning(sql<string | null>`payload ->> 'sessionUid'`.as('session'))
    .execute()
  return [...new Set(rows.flatMap(({ session }) => session ?? []))]
}

/** What somebody allowed a client. */
export interface GivenGrant {
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly since: Date
  readonly until: Date | undefined
}

const mostGrants = 1000

/** The newest grants of an account that still count. */
export async function listGrants(db: Database, accountId: string, now: Date): Promise<readonly GivenGrant[]> {
  const { rows } = await sql<{
    client: string
    openid: string | null
    resources: unknown
    iat: number
    until: Date | null
  }>`
    select payload ->> 'clientId' as client, payload -> 'openid' ->> 'scope' as openid, payload -> 'resources' as resources,
      (payload -> 'iat')::float8 as iat, expires_at as until
    from openid_record
    where payload ->> 'accountId' = ${accountId} and model = 'Grant' and (expires_at is null or expires_at > ${now})
    order by iat desc limit ${mostGrants}`.execute(db)
  return rows.map(({ client, openid, resources, iat, until }) => ({
    clientId: client,
    scopes: [openid, ...Object.values(Object(resources))].flatMap((scopes) =>
      typeof scopes === 'string' ? scopes.split(' ') : [],
    ),
    since: new Date(iat * 1000),
    until: until ?? undefined,
  }))
}

/** Removes everything that is kept about an account: its browser sessions, its grants and what was issued for them. */
export async function removeRecordsOfAccount(
  db: Pick<Database, 'deleteFrom'>,
  accountId: string,
  /** Whether its browser sessions stay until they are signed out, which tells the clients of them. */
  { keepsSessions = false }: { readonly keepsSessions?: boolean } = {},
): Promise<void> {
  await db
    .deleteFrom('openid_record')
    .where(sql`payload ->> 'accountId'`, '=', accountId)
    .$if(keepsSessions, (query) => query.where('model', '!=', 'Session'))
    .execute()
}

/** The browser sessions in which an account was signed in last. */
export async function listBrowserSessions(db: Pick<Database, 'selectFrom'>, accountId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('openid_record')
    .select(sql<string | null>`payload ->> 'uid'`.as('uid'))
    .where(sql`payload ->> 'accountId'`, '=', accountId)
    .where('model', '=', 'Session')
    .execute()
  return rows.flatMap(({ uid }) => uid ?? [])
}

/** Removes a browser session by its name, since what its bearer presents is kept nowhere; whether it was there. */
export async function removeBrowserSession(db: Database, uid: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('openid_record')
    .where('model', '=', 'Session')
    .where(sql`payload ->> 'uid'`, '=', uid)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Removes at most `batch` records that expired before a moment; returns how many there were. */
export async function removeExpired(db: Database, before: Date, batch: number): Promise<number> {
  const { rows } = await sql`
    delete from openid_record where ctid = any(array(
      select ctid from openid_record where expires_at < ${before} limit ${batch} for update skip locked))
    returning 1`.execute(db)
  return rows.length
}

interface FoundRow {
  readonly payload: AdapterPayload | null
  readonly consumed_at: Date | null
}

function toRecord({ payload, consumed_at: consumedAt }: FoundRow): StoredRecord | undefined {
  return payload === null ? undefined : { payload, consumedAt: consumedAt ?? undefined }
}
