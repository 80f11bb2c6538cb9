import { createHash } from 'node:crypto'
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
  return { model, digest: createHash('sha256').update(id).digest() }
}

/** Writes a record. One that was used stays used, whatever is written over it. */
export async function putRecord(
  db: Database,
  { model, digest }: RecordKey,
  payload: AdapterPayload,
  expiresAt: Date | null,
): Promise<void> {
  const text = JSON.stringify(payload)
  await db
    .insertInto('openid_record')
    .values({ model, digest, payload: text, expires_at: expiresAt, consumed_at: null })
    .onConflict((conflict) =>
      conflict.columns(['model', 'digest']).doUpdateSet({ payload: text, expires_at: expiresAt }),
    )
    .execute()
}

/** Whether the record was not there before. */
export async function addRecord(
  db: Database,
  { model, digest }: RecordKey,
  payload: AdapterPayload,
  expiresAt: Date | null,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('openid_record')
    .values({ model, digest, payload: JSON.stringify(payload), expires_at: expiresAt, consumed_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function findRecord(db: Database, { model, digest }: RecordKey): Promise<StoredRecord | undefined> {
  const row = await db
    .selectFrom('openid_record')
    .select(['payload', 'consumed_at'])
    .where('model', '=', model)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row && toRecord(row)
}

/** By something else than the id that is in the payload, and belongs to one record alone. */
export async function findRecordBy(
  db: Database,
  model: string,
  field: 'uid' | 'userCode',
  value: string,
): Promise<StoredRecord | undefined> {
  const row = await db
    .selectFrom('openid_record')
    .select(['payload', 'consumed_at'])
    .where('model', '=', model)
    .where(sql`payload ->> ${sql.lit(field)}`, '=', value)
    .executeTakeFirst()
  return row && toRecord(row)
}

/** Whether it was used by this call: of two that come at once, one. */
export async function consumeRecord(db: Database, { model, digest }: RecordKey, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('openid_record')
    .set({ consumed_at: now })
    .where('model', '=', model)
    .where('digest', '=', digest)
    // Without this, two refreshes that come at once with one token both see it unused, and both get a new one.
    .where('consumed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
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

/** Removes everything that is kept about an account: its browser sessions, its grants and what was issued for them. */
export async function removeRecordsOfAccount(db: Pick<Database, 'deleteFrom'>, accountId: string): Promise<void> {
  await db
    .deleteFrom('openid_record')
    .where(sql`payload ->> 'accountId'`, '=', accountId)
    .execute()
}

/** Removes at most `batch` records that expired before a moment; returns how many there were. */
export async function removeExpired(db: Database, before: Date, batch: number): Promise<number> {
  const { rows } = await sql`
    delete from openid_record where ctid = any(array(
      select ctid from openid_record where expires_at < ${before} limit ${batch} for update skip locked))
    returning 1`.execute(db)
  return rows.length
}

function toRecord(row: { payload: AdapterPayload; consumed_at: Date | null }): StoredRecord {
  return { payload: row.payload, consumedAt: row.consumed_at ?? undefined }
}
