import { createHash } from 'node:crypto'
import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { soughtText } from '../sought-text.ts'
import { familiarForMs, forgetAfterMs, type Pace } from './pace.ts'

type Database = Kysely<IdentityDatabase>

/** What is counted about an attempt, as digests: what was tried as a name may be a password. */
export interface GuessKeys {
  readonly pair: Buffer
  readonly account: Buffer
  readonly client: Buffer
}

export function keysOf(username: string, network: string): GuessKeys {
  const name = username.toLowerCase()
  return {
    pair: digestOf('pair', name, network),
    account: digestOf('account', name),
    client: digestOf('client', network),
  }
}

/** Nobody can choose an id: what is counted under it needs no account whose owner could clear it. */
export function keyOfCodes(uid: AccountId): Buffer {
  return digestOf('codes', uid)
}

export interface Count {
  readonly attempts: number
  readonly retryAt: Date
}

/** The counts that are not forgotten, by what they count. */
export async function readCounts(
  db: Database,
  keys: GuessKeys,
  now: Date,
): Promise<{ readonly [kind in keyof GuessKeys]?: Count }> {
  const rows = await db
    .selectFrom('guess')
    .select(['key', 'attempts', 'retry_at'])
    .where('key', 'in', [keys.pair, keys.account, keys.client])
    .where('forget_at', '>', now)
    .execute()
  const countOf = (key: Buffer): Count | undefined => {
    const row = rows.find((row) => row.key.equals(key))
    return row && { attempts: row.attempts, retryAt: row.retry_at }
  }
  const [pair, account, client] = [countOf(keys.pair), countOf(keys.account), countOf(keys.client)]
  return { ...(pair && { pair }), ...(account && { account }), ...(client && { client }) }
}

/**
 * Counts an attempt before it is judged, and says whether it may be made: not while the pause after the one before
 * lasts. Of several at once one gets through, because each has to find the pause over.
 */
export async function countAttempt(db: Database, key: Buffer, pace: Pace, now: Date): Promise<boolean> {
  const { rows } = await sql`
    update guess set attempts = attempts + 1, retry_at = ${pauseEnd(sql`attempts + 1`, pace, now)},
      forget_at = ${forgetAt(now)}
    where key = ${key} and retry_at <= ${now}
    returning key`.execute(db)
  return rows.length === 1
}

/**
 * The same whether anything was counted before or not. Returns the end of the pause that is in the way, and undefined when
 * the attempt may be made.
 */
export async function countBefore(db: Database, key: Buffer, pace: Pace, now: Date): Promise<Date | undefined> {
  const attempts = sql`case when known.forget_at <= ${now} then 1 else known.attempts + 1 end`
  const { rows } = await sql`
    insert into guess as known (key, attempts, retry_at, forget_at)
    values (${key}, 1, ${pauseEnd(sql`1`, pace, now)}, ${forgetAt(now)})
    on conflict (key) do update set
      attempts = ${attempts}, retry_at = ${pauseEnd(attempts, pace, now)}, forget_at = excluded.forget_at
    where known.retry_at <= ${now} or known.forget_at <= ${now}
    returning key`.execute(db)
  if (rows.length === 1) return undefined
  const row = await db.selectFrom('guess').select('retry_at').where('key', '=', key).executeTakeFirst()
  return row?.retry_at ?? now
}

/** Counts a failure under a key. */
export async function countFailure(
  db: Database,
  { key, accountKey }: { readonly key: Buffer; readonly accountKey?: Buffer },
  pace: Pace | undefined,
  now: Date,
): Promise<void> {
  const end = (attempts: RawBuilder<unknown>): RawBuilder<unknown> =>
    pace ? pauseEnd(attempts, pace, now) : sql`${now}::timestamptz`
  await sql`
    insert into guess as known (key, account_key, attempts, retry_at, forget_at)
    values (${key}, ${accountKey ?? null}, 1, ${end(sql`1`)}, ${forgetAt(now)})
    on conflict (key) do update set
      attempts = case when known.forget_at <= ${now} then 1 else known.attempts + 1 end,
      retry_at = ${end(sql`case when known.forget_at <= ${now} then 1 else known.attempts + 1 end`)},
      forget_at = excluded.forget_at`.execute(db)
}

/** Forgets what was tried at an account by whom ever. */
export async function forgetAccount(db: Database, account: Buffer): Promise<void> {
  await db.deleteFrom('guess').where('account_key', '=', account).execute()
}

export async function forgetKey(db: Database, key: Buffer): Promise<void> {
  await db.deleteFrom('guess').where('key', '=', key).execute()
}

/** Remembers where somebody signed in from, as a data-modifying query that gets the account from the query `given`. */
export function familiarity(uid: AccountId, network: string, now: Date, given: string): RawBuilder<unknown> {
  const until = new Date(now.getTime() + familiarForMs)
  // Once a day is enough.
  const stale = new Date(until.getTime() - 86_400_000)
  return sql`
    insert into familiar_network as known (uid, digest, until)
    select ${uid}::uuid, ${familiarDigest(uid, network)}::bytea, ${until}::timestamptz from ${sql.table(given)}
    on conflict (uid, digest) do update set until = excluded.until where known.until < ${stale}`
}

export async function isFamiliar(db: Database, username: string, network: string, now: Date): Promise<boolean> {
  const account = await db
    .selectFrom('account')
    .select('uid')
    .where(sql<boolean>`lower(username) = lower(${soughtText(username)})`)
    .executeTakeFirst()
  if (!account) return false
  const found = await db
    .selectFrom('familiar_network')
    .select('uid')
    .where('uid', '=', account.uid)
    .where('digest', '=', familiarDigest(account.uid, network))
    .where('until', '>', now)
    .executeTakeFirst()
  return found !== undefined
}

/** Removes what is forgotten, at most `batch` rows of each kind; returns how many. */
export async function sweepGuesses(db: Database, now: Date, batch: number): Promise<number> {
  const guesses = await sql`
    delete from guess where key in (select key from guess where forget_at < ${now} limit ${batch})`.execute(db)
  const networks = await sql`
    delete from familiar_network where (uid, digest) in (
      select uid, digest from familiar_network where until < ${now} limit ${batch})`.execute(db)
  return Number((guesses.numAffectedRows ?? 0n) + (networks.numAffectedRows ?? 0n))
}

function pauseEnd(attempts: RawBuilder<unknown>, { free, firstPauseMs, longestPauseMs }: Pace, now: Date) {
  // Without a pause it is a time long ago: the clocks of two who fail at the same moment need not agree which was first.
  // The exponent is bounded: a power of thousands is no number any more.
  return sql`case when ${attempts} <= ${free}::int then 'epoch'::timestamptz else ${now}::timestamptz +
    least(${longestPauseMs}::float8, ${firstPauseMs}::float8 * 2 ^ least(${attempts} - ${free}::int - 1, 30)) * interval '1 ms' end`
}

function forgetAt(now: Date) {
  return sql`${new Date(now.getTime() + forgetAfterMs)}::timestamptz`
}

function familiarDigest(uid: AccountId, network: string): Buffer {
  return digestOf('familiar', uid, network)
}

function digestOf(...words: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(words)).digest()
}
