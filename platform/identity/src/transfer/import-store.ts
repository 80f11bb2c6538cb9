import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { asNameTaken } from '../accounts/account-store.ts'
import { emailDigest, type NameDigest } from '../accounts/reserved-names.ts'
import { digestOf } from '../proofs/link-store.ts'
import type { AccountRecord } from './account-record.ts'
import type { RecordField } from './record-fields.ts'

/*
 * The SQL of an import, a batch of lines at a time. PostgreSQL alone says which names are the same: its `lower` is not
 * quite JavaScript's.
 */

type Database = Kysely<IdentityDatabase>

/** A line of the file with what it says. */
export interface Numbered {
  readonly line: number
  readonly record: AccountRecord
}

/** A line, and what it brings that belongs to another. */
export interface Claim {
  readonly line: number
  readonly field: RecordField
}

/** A line that is about to become an account. */
export interface NewRow extends Numbered {
  readonly uid: AccountId
  readonly passwordHash: string
}

/** What may be there only once, as it is passed to PostgreSQL. */
function keysOf(lines: readonly Numbered[], nameDigest: NameDigest): RawBuilder<unknown> {
  const rows = lines.map(({ line, record: { uid, username, email, validationString } }) => ({
    line,
    uid,
    username,
    email,
    name_digest: nameDigest(username).toString('hex'),
    email_digest: email === undefined ? undefined : emailDigest(nameDigest, email).toString('hex'),
    digest: validationString === undefined ? undefined : digestOf(validationString).toString('hex'),
  }))
  return sql`
    input as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json)
        as row(line bigint, uid uuid, username text, email text, name_digest text, email_digest text, digest text)
    )`
}

/**
 * Looks something up for each line by an index. What was written a moment ago is not in PostgreSQL's statistics, and
 * without the `offset` it would rather read all of a table that it takes for a small one.
 */
function lookedUp(query: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`lateral (${query} offset 0)`
}

/** Makes the list of what the file has brought so far. It belongs to this connection, and is gone with it. */
export async function beginList(connection: Database): Promise<void> {
  await sql`
    create temporary table import_seen (field text, value text, line bigint, primary key (field, value))`.execute(
    connection,
  )
}

export async function endList(connection: Database): Promise<void> {
  await sql`drop table if exists import_seen`.execute(connection)
}

/** Puts lines on the list, and says what of theirs an earlier line has brought already. */
export async function findRepeated(
  connection: Database,
  lines: readonly Numbered[],
  nameDigest: NameDigest,
): Promise<(Claim & { readonly first: number })[]> {
  const keys = sql`
    with ${keysOf(lines, nameDigest)}, keys as (
      select line, 'username' as field, lower(username) as value from input
      union all select line, 'email', lower(email) from input where email is not null
      union all select line, 'uid', uid::text from input where uid is not null
      union all select line, 'validation_string', digest from input where digest is not null
    )`
  await sql`
    ${keys}
    insert into import_seen (field, value, line)
    select distinct on (field, value) field, value, line from keys order by field, value, line
    on conflict do nothing`.execute(connection)
  const { rows } = await sql<{ line: bigint; field: RecordField; first: bigint }>`
    ${keys}
    select keys.line, keys.field, seen.line as first
    from keys, ${lookedUp(sql`select line from import_seen as seen where seen.field = keys.field and seen.value = keys.value`)} as seen
    where seen.line < keys.line
    order by keys.line, keys.field`.execute(connection)
  return rows.map(({ line, field, first }) => ({ line: Number(line), field, first: Number(first) }))
}

/**
 * What of the lines belongs to an account that is there; `same` when that is the very account of the line: the same user
 * name and e-mail address, and the same uid where the line has one.
 */
export async function findTaken(
  db: Database,
  lines: readonly Numbered[],
  nameDigest: NameDigest,
): Promise<(Claim & { readonly same: boolean })[]> {
  const account = (found: RawBuilder<unknown>) =>
    lookedUp(sql`
      select account.username = input.username and account.email is not distinct from input.email
        and (input.uid is null or account.uid = input.uid) as same
      from account where ${found}`)
  const { rows } = await sql<{ line: bigint; field: RecordField; same: boolean }>`
    with ${keysOf(lines, nameDigest)}
    select line, 'username' as field, same from input, ${account(sql`lower(account.username) = lower(input.username)`)}
    union all select line, 'email', same from input, ${account(sql`lower(account.email) = lower(input.email)`)}
    union all select line, 'uid', same from input, ${account(sql`account.uid = input.uid`)}
    union all select line, 'username', false
      from input, ${lookedUp(sql`select from reserved_name where reserved_name.digest = decode(input.name_digest, 'hex')`)}
    union all select line, 'email', false
      from input, ${lookedUp(sql`select from reserved_name where reserved_name.digest = decode(input.email_digest, 'hex')`)}
    union all select line, 'validation_string', false
      from input, ${lookedUp(sql`select from email_link where email_link.digest = decode(input.digest, 'hex')`)}
    order by line, field desc`.execute(db)
  return rows.map(({ line, ...rest }) => ({ line: Number(line), ...rest }))
}

/** No two imports write at once: each would wait for names of the other. */
const importLock = 7_265_769

/**
 * Makes the accounts that can be made, with their roles and links, in the order of the lines.
 *
 * @param alongside what else is written for each row of `born`, which has the `uid`
 * @returns those that were made; the others' names were taken in the meantime
 * @throws {NameTaken} when one of the names is reserved since it was looked at
 */
export async function insertRows(
  tx: Transaction<IdentityDatabase>,
  rows: readonly NewRow[],
  {
    now,
    linksEndAt,
    nameDigest,
    alongside,
  }: { now: Date; linksEndAt: Date; nameDigest: NameDigest; alongside: RawBuilder<unknown> },
): Promise<Set<AccountId>> {
  await sql`select pg_advisory_xact_lock(${importLock})`.execute(tx)
  const input = rows.map(({ line, uid, passwordHash, record }) => ({
    line,
    uid,
    username: record.username,
    email: record.email,
    password_hash: passwordHash,
    roles: record.roles,
    born_on: record.bornOn,
    created_at: record.createdAt,
    last_login_at: record.lastLoginAt,
    email_verified_at: record.emailVerifiedAt,
    suspended_at: record.suspendedAt,
    deleted_at: record.deletedAt,
    name_digests: [
      nameDigest(record.username),
      ...(record.email === undefined ? [] : [emailDigest(nameDigest, record.email)]),
    ].map((digest) => digest.toString('hex')),
    // A deleted account only keeps its names for signing in, and has nothing to prove.
    first_name: record.deletedAt ? undefined : record.names?.first,
    last_name: record.deletedAt ? undefined : record.names?.last,
    digest:
      record.deletedAt || !record.validationString ? undefined : digestOf(record.validationString).toString('hex'),
  }))
  const born = await sql<{ uid: AccountId }>`
    with input as (
      select * from json_to_recordset(${JSON.stringify(input)}::json) as row(
        line bigint, uid uuid, username text, email text, password_hash text, roles json, born_on text,
        created_at timestamptz, last_login_at timestamptz, email_verified_at timestamptz, suspended_at timestamptz,
        deleted_at timestamptz, name_digests json, first_name text, last_name text, digest text
      )
    ), born as (
      insert into account (
        uid, username, email, password_hash, born_on, created_at, last_login_at, email_verified_at, suspended_at, deleted_at
      )
      select uid, username, email, password_hash, born_on, created_at, last_login_at, email_verified_at, suspended_at,
        deleted_at
      from input order by line
      on conflict do nothing
      returning uid
    ), roles as (
      insert into account_role (uid, role)
      select uid, role from born join input using (uid), json_array_elements_text(input.roles) as role
    ), registrations as (
      -- Where they registered from is known elsewhere.
      insert into pictures_registration (uid, first_name, last_name, address)
      select uid, first_name, last_name, '' from born join input using (uid) where first_name is not null
    ), links as (
      insert into email_link (digest, uid, purpose, email, created_at, expires_at)
      select decode(digest, 'hex'), uid, 'verification', email, ${now}::timestamptz, ${linksEndAt}::timestamptz
      from born join input using (uid) where digest is not null
      on conflict do nothing
    ), alongside as (${alongside})
    select uid, refuse_reserved_name(decode(name_digest, 'hex'))
    from born join input using (uid), json_array_elements_text(name_digests) as name_digest`
    .execute(tx)
    .catch(asNameTaken)
  return new Set(born.rows.map(({ uid }) => uid))
}
