import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { FeedPage, Revocation } from '@sallyport/service'
import { alongQueries } from '../along-queries.ts'
import { removeKeys, renewSessions } from '../api-keys/api-key-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { endOfRevocation, type SessionId } from './session.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/**
 * Whether a session was opened: not when the account is gone or suspended, or its password is no longer the one that was
 * proven.
 */
export async function openSession(
  db: Database,
  session: { readonly sid: SessionId; readonly uid: AccountId; readonly createdAt: Date; readonly expiresAt: Date },
  provenHash: string,
  /** Data-modifying queries that are done if the query `opened` gives a row. */
  alongside: readonly RawBuilder<unknown>[],
): Promise<boolean> {
  const { sid, uid, createdAt, expiresAt } = session
  const { rows } = await sql`
    with proven as (
      -- The row is locked by this: otherwise a password change that ends all sessions could miss the one being opened.
      update account set last_login_at = ${createdAt}
      where uid = ${uid} and password_hash = ${provenHash} and deleted_at is null and suspended_at is null
      returning uid
    ), opened as (
      insert into session (sid, uid, created_at, expires_at)
      select ${sid}::uuid, uid, ${createdAt}::timestamptz, ${expiresAt}::timestamptz from proven
      returning sid
    )${alongQueries(alongside)}
    select sid from opened`.execute(db)
  return rows.length === 1
}

/** Ends one session. */
export async function revokeSession(tx: Tx, sid: SessionId, until: Date): Promise<Revocation[]> {
  await tx.deleteFrom('session').where('sid', '=', sid).execute()
  return insertRevocations(tx, 'session', [sid], until)
}

/** Ends every session of an account but one, and the tokens of its keys. */
export async function revokeOtherSessions(tx: Tx, uid: AccountId, kept: SessionId, until: Date): Promise<Revocation[]> {
  const ended = await tx
    .deleteFrom('session')
    .where('uid', '=', uid)
    .where('sid', '!=', kept)
    .returning('sid')
    .execute()
  const sids = ended.map(({ sid }) => sid)
  return insertRevocations(tx, 'session', [...sids, ...(await renewSessions(tx, uid))], until)
}

/** Ends every session of an account, and the tokens of its keys; new ones may be opened afterwards. */
export async function revokeSessions(tx: Tx, uid: AccountId, now: Date): Promise<Revocation[]> {
  const ended = await tx.deleteFrom('session').where('uid', '=', uid).returning('sid').execute()
  const sids = ended.map(({ sid }) => sid)
  return insertRevocations(tx, 'session', [...sids, ...(await renewSessions(tx, uid))], endOfRevocation(now))
}

/** Ends the tokens of keys that are gone. */
export function revokeKeySessions(tx: Tx, sids: readonly SessionId[], now: Date): Promise<Revocation[]> {
  return insertRevocations(tx, 'session', sids, endOfRevocation(now))
}

/** Ends everything an account has: its sessions, which are gone with it, and its keys. */
export async function revokeAccount(tx: Tx, uid: AccountId, until: Date): Promise<Revocation[]> {
  await removeKeys(tx, uid)
  return insertRevocations(tx, 'account', [uid], until)
}

/** Whether a session is now the one behind a browser session; not when it has ended meanwhile. */
export async function bindBrowserSession(tx: Tx, browserSession: string, sid: SessionId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('session')
    .set({ browser_session: browserSession })
    .where('sid', '=', sid)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The session behind a browser session, whoever's it is. */
export async function findByBrowserSession(
  db: Database,
  browserSession: string,
): Promise<{ readonly sid: SessionId; readonly uid: AccountId; readonly expiresAt: Date } | undefined> {
  const row = await db
    .selectFrom('session')
    .select(['sid', 'uid', 'expires_at'])
    .where('browser_session', '=', browserSession)
    .executeTakeFirst()
  return row && { sid: row.sid, uid: row.uid, expiresAt: row.expires_at }
}

/** The feed after a place in it, oldest first. */
export async function readRevocations(db: Database, after: number, limit: number): Promise<FeedPage> {
  const { feed, newest } = await identifyFeed(db)
  const rows = await db
    .selectFrom('revocation')
    .selectAll()
    // A reader who is ahead of the feed has read in another one.
    .where('sequence', '>', BigInt(after) > newest ? 0n : BigInt(after))
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return { feed, revocations: rows.map(toRevocation) }
}

/**
 * The name of the feed changes with its table and with each start of the database server: when it was restored from a
 * backup, it goes on with numbers that its readers know for others.
 */
async function identifyFeed(db: Database): Promise<{ readonly feed: string; readonly newest: bigint }> {
  const { rows } = await sql<{ feed: string; newest: bigint }>`
    select concat(extract(epoch from pg_postmaster_start_time()), '-', 'revocation'::regclass::oid) as feed,
      (select coalesce(max(sequence), 0) from revocation) as newest`.execute(db)
  const [row] = rows
  if (!row) throw new TypeError('the feed of revocations has no name')
  return row
}

/** Removes what has run out, at most `batch` rows of each kind at a time; returns how many were removed. */
export async function sweepExpired(db: Database, now: Date, batch: number): Promise<number> {
  const sessions = await db
    .deleteFrom('session')
    .where('sid', 'in', (eb) => eb.selectFrom('session').select('sid').where('expires_at', '<', now).limit(batch))
    .executeTakeFirst()
  const revocations = await db
    .deleteFrom('revocation')
    .where('sequence', 'in', (eb) =>
      eb.selectFrom('revocation').select('sequence').where('until', '<', now).limit(batch),
    )
    .executeTakeFirst()
  return Number(sessions.numDeletedRows + revocations.numDeletedRows)
}

const feedLock = 7_265_766

async function insertRevocations(
  tx: Tx,
  kind: Revocation['kind'],
  ids: readonly string[],
  until: Date,
): Promise<Revocation[]> {
  if (ids.length === 0) return []
  // Held until the commit: the feed's numbers become visible in their order, and a reader skips none.
  await sql`select pg_advisory_xact_lock(${feedLock})`.execute(tx)
  const rows = await tx
    .insertInto('revocation')
    .values(ids.map((id) => ({ kind, id, until })))
    .returningAll()
    .execute()
  return rows.map(toRevocation)
}

function toRevocation(row: { sequence: bigint; kind: 'session' | 'account'; id: string; until: Date }): Revocation {
  const { sequence, kind, id, until } = row
  return { sequence: Number(sequence), kind, id, until: Math.ceil(until.getTime() / 1000) }
}
