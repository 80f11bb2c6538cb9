import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, type Selectable, sql, type Transaction } from 'kysely'
import type { FeedPage, Revocation } from '@sallyport/service'
import { alongQueries } from '../along-queries.ts'
import { removeKeys, renewSessions } from '../api-keys/api-key-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { endOfRevocation, type Session, type SessionId, type SessionKind, type SessionOrigin } from './session.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** A session that is to be opened. */
export interface NewSession {
  readonly sid: SessionId
  readonly uid: AccountId
  readonly createdAt: Date
  readonly expiresAt: Date
}

const sessionColumns = sql`sid, uid, created_at, expires_at, last_used_at, opened_on, client, user_agent, address`

/** What a row holds, in the order of the columns. */
function sessionValues(
  { sid, uid, createdAt, expiresAt }: NewSession,
  origin: SessionOrigin<SessionKind>,
): RawBuilder<unknown> {
  const { on, address, userAgent, client } = origin
  return sql`
    ${sid}::uuid, ${uid}::uuid, ${createdAt}::timestamptz, ${expiresAt}::timestamptz, ${createdAt}::timestamptz,
    ${on}, ${client?.slice(0, 100) ?? null}::text, ${userAgent?.slice(0, 256) ?? null}::text, ${address.slice(0, 100)}`
}

/**
 * Whether a session was opened: not when the account is gone or suspended, its password is no longer the one that was
 * proven, or it has a second factor by now that was not.
 */
export async function openSession(
  db: Database,
  session: NewSession,
  origin: SessionOrigin<SessionKind>,
  proven: { readonly passwordHash: string; readonly hasSecondFactor: boolean },
  /** Data-modifying queries that are done if the query `opened` gives a row. */
  alongside: readonly RawBuilder<unknown>[],
): Promise<boolean> {
  const { uid, createdAt } = session
  const { rows } = await sql`
    with proven as (
      -- The row is locked by this: otherwise a password change that ends all sessions could miss the one being opened.
      update account set last_login_at = ${createdAt}
      where uid = ${uid} and password_hash = ${proven.passwordHash} and deleted_at is null and suspended_at is null
        and (${proven.hasSecondFactor} or not has_second_factor)
      returning uid
    ), opened as (
      insert into session (${sessionColumns}) select ${sessionValues(session, origin)} from proven
      returning sid
    )${alongQueries(alongside)}
    select sid from opened`.execute(db)
  return rows.length === 1
}

/** Opens a session of an account that the transaction has locked, and that may have one; the second time it does nothing. */
export async function insertSession(
  tx: Tx,
  session: NewSession,
  origin: SessionOrigin<SessionKind>,
  /** Data-modifying queries that are done along with it; they may name the query `opened`. */
  alongside: readonly RawBuilder<unknown>[],
): Promise<void> {
  const { uid, createdAt } = session
  await sql`
    with proven as (
      update account set last_login_at = greatest(last_login_at, ${createdAt}::timestamptz) where uid = ${uid}
    ), opened as (
      insert into session (${sessionColumns}) select ${sessionValues(session, origin)}
      on conflict (sid) do nothing
      returning sid
    )${alongQueries(alongside)}
    select sid from opened`.execute(tx)
}

/** Ends one session. */
export async function revokeSession(tx: Tx, sid: SessionId, until: Date): Promise<Revocation[]> {
  await removeSession(tx, sid)
  return insertRevocations(tx, 'session', [sid], until)
}

/** What was ended, and what was behind it. */
export interface EndedSessions {
  readonly revocations: readonly Revocation[]
  /** The browser sessions that they were behind. */
  readonly browserSessions: readonly string[]
}

/** Ends sessions of an account: all of them, one, or all but one. New ones may be opened afterwards. */
export async function endSessions(
  tx: Tx,
  uid: AccountId,
  which: 'all' | { readonly only: SessionId } | { readonly except: SessionId },
  now: Date,
): Promise<EndedSessions> {
  // Also those of which nothing is written down yet (logins/late-session-store.ts): another time than before, in any case.
  if (which === 'all' || 'except' in which)
    await sql`
      update account set sessions_valid_from = greatest(sessions_valid_from + interval '1 ms', ${now}::timestamptz)
      where uid = ${uid}`.execute(tx)
  const all = tx.deleteFrom('session').where('uid', '=', uid)
  const some =
    which === 'all' ? all : 'only' in which ? all.where('sid', '=', which.only) : all.where('sid', '!=', which.except)
  const ended = await some.returning(['sid', 'browser_session']).execute()
  return {
    revocations: await insertRevocations(
      tx,
      'session',
      ended.map(({ sid }) => sid),
      endOfRevocation(now),
    ),
    browserSessions: ended.flatMap(({ browser_session: browserSession }) => browserSession ?? []),
  }
}

/** Ends every session of an account but one, and the tokens of its keys. */
export async function revokeOtherSessions(
  tx: Tx,
  uid: AccountId,
  kept: SessionId,
  now: Date,
): Promise<readonly Revocation[]> {
  const { revocations } = await endSessions(tx, uid, { except: kept }, now)
  return [...revocations, ...(await revokeKeyTokens(tx, await renewSessions(tx, uid), endOfRevocation(now)))]
}

/** Ends every session of an account, and the tokens of its keys; new ones may be opened afterwards. */
export async function revokeSessions(tx: Tx, uid: AccountId, now: Date): Promise<readonly Revocation[]> {
  const { revocations } = await endSessions(tx, uid, 'all', now)
  return [...revocations, ...(await revokeKeyTokens(tx, await renewSessions(tx, uid), endOfRevocation(now)))]
}

/** Ends the tokens that were issued for keys, by the sessions that these had. */
export function revokeKeyTokens(tx: Tx, sids: readonly SessionId[], until: Date): Promise<Revocation[]> {
  return insertRevocations(tx, 'session', sids, until)
}

/** Ends everything an account has: its sessions, which are gone with it, and its keys. */
export async function revokeAccount(tx: Tx, uid: AccountId, until: Date): Promise<Revocation[]> {
  await removeKeys(tx, uid)
  return insertRevocations(tx, 'account', [uid], until)
}

/** Locks a session that is open; whose it is, and since when. */
export async function lockOpenSession(
  tx: Tx,
  sid: SessionId,
  now: Date,
): Promise<{ readonly uid: AccountId; readonly openedAt: Date } | undefined> {
  const row = await tx
    .selectFrom('session')
    .select(['uid', 'created_at'])
    .where('sid', '=', sid)
    .where('expires_at', '>', now)
    // Without the lock, a session that is ended meanwhile would end the one before it for nothing.
    .forUpdate()
    .executeTakeFirst()
  return row && { uid: row.uid, openedAt: row.created_at }
}

/** Lets a session last longer, since whoever it is of has said again who they are; whether it was open still. */
export async function prolongSession(
  tx: Tx,
  sid: SessionId,
  { now, expiresAt, authenticatedAt }: { readonly now: Date; readonly expiresAt: Date; readonly authenticatedAt: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('session')
    .set({ expires_at: expiresAt, last_used_at: now, authenticated_at: authenticatedAt })
    .where('sid', '=', sid)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Removes a session that has no tokens. */
export async function removeSession(tx: Tx, sid: SessionId): Promise<void> {
  await tx.deleteFrom('session').where('sid', '=', sid).execute()
}

/** Makes a session the one behind a browser session; from then on it lasts. */
export async function bindBrowserSession(
  tx: Tx,
  browserSession: string,
  sid: SessionId,
  expiresAt: Date,
): Promise<void> {
  await tx
    .updateTable('session')
    .set({ browser_session: browserSession, expires_at: expiresAt })
    .where('sid', '=', sid)
    .execute()
}

/** The session behind each of these browser sessions, whoever's it is. */
export async function findByBrowserSessions(
  db: Database,
  browserSessions: readonly string[],
): Promise<readonly (Session | undefined)[]> {
  const { rows } = await sql<Selectable<IdentityDatabase['session']>>`
    select found.* from unnest(${[...new Set(browserSessions)]}::text[]) as asked
    cross join lateral (select * from session where browser_session = asked limit 1) as found`.execute(db)
  const found = new Map(rows.map((row) => [row.browser_session, toSession(row)]))
  return browserSessions.map((browserSession) => found.get(browserSession))
}

/**
 * The sessions of an account that are open, the one that was used last first, at most `limit`. What was opened on the way
 * to a client and never got there is none.
 */
export async function listSessions(db: Database, uid: AccountId, now: Date, limit: number): Promise<Session[]> {
  const rows = await db
    .selectFrom('session')
    .selectAll()
    .where('uid', '=', uid)
    .where('expires_at', '>', now)
    .where((eb) => eb.or([eb('opened_on', 'is distinct from', 'openid'), eb('browser_session', 'is not', null)]))
    .orderBy((eb) => eb.fn.coalesce('last_used_at', 'created_at'), 'desc')
    .orderBy('sid')
    .limit(limit)
    .execute()
  return rows.map(toSession)
}

export async function markUsed(db: Database, sid: SessionId, now: Date): Promise<void> {
  await db.updateTable('session').set({ last_used_at: now }).where('sid', '=', sid).execute()
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
 * backup, it goes on with numbers that its readers know for others. Standbys have the same numbers, and one name together.
 */
async function identifyFeed(db: Database): Promise<{ readonly feed: string; readonly newest: bigint }> {
  const { rows } = await sql<{ feed: string; newest: bigint }>`
    select concat(
        case when pg_is_in_recovery() then 'standbys' else extract(epoch from pg_postmaster_start_time())::text end,
        '-', 'revocation'::regclass::oid) as feed,
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

function toSession(row: Selectable<IdentityDatabase['session']>): Session {
  return {
    sid: row.sid,
    uid: row.uid,
    openedAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? row.created_at,
    ...(row.opened_on !== null && { on: row.opened_on }),
    ...(row.client !== null && { client: row.client }),
    ...(row.user_agent !== null && { userAgent: row.user_agent }),
    ...(row.address !== null && { address: row.address }),
  }
}
