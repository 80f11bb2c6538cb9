import { type AccountId, newId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import type { SessionId } from '../sessions/session.ts'
import type { ApiKey, ApiKeyId, KeyBirthplace } from './api-key.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** What is kept of the text of a key. */
export interface KeptSecret {
  readonly digest: Buffer
  readonly prefix: string
  readonly createdAt: Date
}

/** A key that somebody has presented. */
export interface FoundApiKey extends ApiKey {
  /** The session that its tokens belong to. */
  readonly sid: SessionId
  /** When what was presented counts no more. */
  readonly countsUntil: Date
}

/** Of those that somebody has made for themselves. */
export async function countKeys(tx: Tx, uid: AccountId): Promise<number> {
  const { count } = await tx
    .selectFrom('api_key')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('uid', '=', uid)
    .where('made_on', '=', 'account')
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function insertKey(
  tx: Tx,
  key: Omit<ApiKey, 'prefixes' | 'lastUsedAt' | 'uses'> & { readonly madeOn: KeyBirthplace },
  secret: KeptSecret,
): Promise<void> {
  const { id, uid, name, scopes, networks, createdAt, expiresAt, madeOn } = key
  await tx
    .insertInto('api_key')
    .values({
      id,
      uid,
      session_id: newId<SessionId>(),
      name,
      scopes: [...scopes],
      networks: [...networks],
      created_at: createdAt,
      expires_at: expiresAt,
      made_on: madeOn,
    })
    .execute()
  await insertSecret(tx, id, secret)
}

export async function insertSecret(tx: Tx, key: ApiKeyId, { digest, prefix, createdAt }: KeptSecret): Promise<void> {
  await tx.insertInto('api_key_secret').values({ digest, key, prefix, created_at: createdAt }).execute()
}

/** Locks a key of an account; whether there is one that has not expired. */
export async function lockKey(tx: Tx, uid: AccountId, id: ApiKeyId, now: Date): Promise<boolean> {
  const row = await tx
    .selectFrom('api_key')
    .select('id')
    .where('id', '=', id)
    .where('uid', '=', uid)
    .where('expires_at', '>', now)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

/** Of the texts that count, the newest goes on until then; those before it end now. */
export async function replaceSecrets(tx: Tx, key: ApiKeyId, until: Date): Promise<void> {
  await sql`
    delete from api_key_secret where key = ${key} and digest not in (
      select digest from api_key_secret where key = ${key} order by created_at desc limit 1)`.execute(tx)
  await tx.updateTable('api_key_secret').set({ replaced_at: until }).where('key', '=', key).execute()
}

/** Removes a key of an account, or all; the sessions whose tokens end with that. */
export async function removeKeys(tx: Tx, uid: AccountId, id?: ApiKeyId): Promise<SessionId[]> {
  const rows = await tx
    .deleteFrom('api_key')
    .where('uid', '=', uid)
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? sql.lit(null)))
    .returning('session_id')
    .execute()
  return rows.map(({ session_id: sid }) => sid)
}

/** Removes the keys that the pictures service gave somebody, all but the newest ones; the sessions whose tokens end with that. */
export async function removeKeysOfPictures(
  tx: Tx,
  uid: AccountId,
  { keeping = 0 }: { readonly keeping?: number } = {},
): Promise<SessionId[]> {
  const { rows } = await sql<{ sid: SessionId }>`
    delete from api_key where id in (
      select id from api_key where uid = ${uid} and made_on = 'pictures' order by created_at desc, id offset ${keeping})
    returning session_id as sid`.execute(tx)
  return rows.map(({ sid }) => sid)
}

/** Gives the keys of an account, or one, other sessions, since tokens that were issued are to end; the sessions before. */
export async function renewSessions(tx: Tx, uid: AccountId, id?: ApiKeyId): Promise<SessionId[]> {
  const { rows } = await sql<{ sid: SessionId }>`
    update api_key set session_id = gen_random_uuid()
    where uid = ${uid} and (${id ?? null}::uuid is null or id = ${id ?? null})
    returning old.session_id as sid`.execute(tx)
  return rows.map(({ sid }) => sid)
}

/** Whether a session was opened for a program that people have to be asked about. */
export async function isOfThirdParty(db: Database, session: SessionId): Promise<boolean> {
  const row = await db
    .selectFrom('session')
    .innerJoin('client', 'client.id', 'session.client')
    .select('client.id')
    .where('session.sid', '=', session)
    .where('client.first_party', '=', false)
    .executeTakeFirst()
  return row !== undefined
}

/** The keys of an account, oldest first. */
export async function listKeys(db: Database, uid: AccountId, now: Date): Promise<ApiKey[]> {
  const rows = await selectKeys(db, now).where('api_key.uid', '=', uid).orderBy('created_at').orderBy('id').execute()
  return rows.map(toApiKey)
}

/** The key that a kept digest belongs to, also when it has run out, and until when; undefined when another text has taken its place. */
export async function findByDigest(db: Database, digest: Buffer, now: Date): Promise<FoundApiKey | undefined> {
  const row = await selectKeys(db, now)
    .innerJoin('api_key_secret as presented', 'presented.key', 'api_key.id')
    .select('presented.replaced_at')
    .where('presented.digest', '=', digest)
    .where((eb) => eb.or([eb('presented.replaced_at', 'is', null), eb('presented.replaced_at', '>', now)]))
    .executeTakeFirst()
  if (!row) return undefined
  const key = toApiKey(row)
  const countsUntil = row.replaced_at && row.replaced_at < key.expiresAt ? row.replaced_at : key.expiresAt
  return { ...key, countsUntil, sid: row.session_id }
}

/** Adds up how keys were used; of keys that are gone nothing is kept. */
export async function addUses(
  db: Database,
  used: readonly { readonly id: string; readonly uses: number; readonly lastUsedAt: Date }[],
): Promise<void> {
  const columns: readonly RawBuilder<unknown>[] = [
    sql`${used.map(({ id }) => id)}::uuid[]`,
    sql`${used.map(({ uses }) => uses)}::bigint[]`,
    sql`${used.map(({ lastUsedAt }) => lastUsedAt)}::timestamptz[]`,
  ]
  await sql`
    update api_key set uses = api_key.uses + used.uses, last_used_at = greatest(api_key.last_used_at, used.at)
    from unnest(${sql.join(columns)}) as used(id, uses, at) where api_key.id = used.id`.execute(db)
}

/** For so many days who comes with a key of the pictures service hears that it has run out, and not that there is none. */
const rememberedDays = 90

/** Removes keys and texts that have run out, at most `batch` of each; how many were removed. */
export async function sweepKeys(db: Database, now: Date, batch: number): Promise<number> {
  const keys = await sql`
    delete from api_key where id in (
      select id from api_key
      where expires_at < ${now} and (made_on = 'account' or expires_at < ${now}::timestamptz - interval '1 day' * ${rememberedDays})
      limit ${batch})`.execute(db)
  const secrets = await sql`
    delete from api_key_secret where digest in (
      select digest from api_key_secret where replaced_at < ${now} limit ${batch})`.execute(db)
  return Math.max(Number(keys.numAffectedRows ?? 0n), Number(secrets.numAffectedRows ?? 0n))
}

function selectKeys(db: Database, now: Date) {
  return db
    .selectFrom('api_key')
    .selectAll('api_key')
    .select(
      sql<string[]>`array(
        select prefix from api_key_secret as counting
        where counting.key = api_key.id and (counting.replaced_at is null or counting.replaced_at > ${now})
        order by counting.created_at desc)`.as('prefixes'),
    )
}

function toApiKey(row: {
  id: ApiKeyId
  uid: AccountId
  name: string
  scopes: string[]
  networks: string[]
  prefixes: string[]
  created_at: Date
  expires_at: Date
  last_used_at: Date | null
  uses: bigint
}): ApiKey {
  return {
    id: row.id,
    uid: row.uid,
    name: row.name,
    scopes: row.scopes,
    networks: row.networks,
    prefixes: row.prefixes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? undefined,
    uses: Number(row.uses),
  }
}
