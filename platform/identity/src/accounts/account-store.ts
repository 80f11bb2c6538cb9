import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { type Account, administratorLevel, NameTaken, type Role } from './account.ts'

type Database = Kysely<IdentityDatabase>

/** An account with the hash that only sign-in may see. */
export interface Credentials {
  readonly account: Account
  readonly passwordHash: string
}

/**
 * Makes an account, in one statement with whatever else has to be written with it (a data-modifying query).
 *
 * @throws {NameTaken} when the user name or the e-mail address belongs to somebody else, whatever its case
 */
export async function insertAccount(
  db: Database,
  { account, passwordHash }: Credentials,
  { createdAt, alongside }: { readonly createdAt: Date; readonly alongside?: RawBuilder<unknown> },
): Promise<void> {
  const { uid, username, email, bornOn } = account
  const roles = account.roles.map(({ name }) => name)
  await sql`
    with born as (
      insert into account (uid, username, email, password_hash, born_on, created_at)
      values (${uid}, ${username}, ${email}, ${passwordHash}, ${bornOn}, ${createdAt})
      returning uid
    ), roles as (
      insert into account_role (uid, role) select born.uid, role from born, unnest(${roles}::text[]) as role
    )${alongside ? sql`, along as (${alongside})` : sql``}
    select uid from born`
    .execute(db)
    .catch(asNameTaken)
}

export async function findAccount(db: Database, uid: AccountId): Promise<Account | undefined> {
  const { rows } = await sql<AccountRow>`${selectAccount} where uid = ${uid}`.execute(db)
  return rows.map(toAccount)[0]
}

/** All accounts in the order of their registration. */
export async function listAccounts(db: Database): Promise<Account[]> {
  const { rows } = await sql<AccountRow>`${selectAccount} order by sequence`.execute(db)
  return rows.map(toAccount)
}

/** By the user name to the letter: `Ada` does not sign in as `ada` (market §4). */
export async function findCredentialsByUsername(db: Database, username: string): Promise<Credentials | undefined> {
  // The index is on the lower-case name; the second condition is the one that counts.
  const { rows } = await sql<AccountRow>`
    ${selectAccount} where lower(username) = lower(${username}) and username = ${username}`.execute(db)
  return rows.map(toCredentials)[0]
}

export async function findCredentials(db: Database, uid: AccountId): Promise<Credentials | undefined> {
  const { rows } = await sql<AccountRow>`${selectAccount} where uid = ${uid}`.execute(db)
  return rows.map(toCredentials)[0]
}

/** @throws {NameTaken} */
export async function updateNames(
  db: Database,
  uid: AccountId,
  names: { readonly username?: string; readonly email?: string },
): Promise<void> {
  await db.updateTable('account').set(names).where('uid', '=', uid).execute().catch(asNameTaken)
}

/** Replaces the hash, unless it is no longer the one that the change was decided on. */
export async function replacePasswordHash(
  tx: Transaction<IdentityDatabase>,
  uid: AccountId,
  change: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('account')
    .set({ password_hash: change.to })
    .where('uid', '=', uid)
    .where('password_hash', '=', change.from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Whether there was such an account. */
export async function removeAccount(tx: Transaction<IdentityDatabase>, uid: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('account').where('uid', '=', uid).executeTakeFirst()
  return numDeletedRows === 1n
}

/** Whether any account administers. */
export async function hasAdministrator(db: Database): Promise<boolean> {
  const row = await db
    .selectFrom('account_role')
    .innerJoin('role', 'role.name', 'account_role.role')
    .where('role.level', '<=', administratorLevel)
    .select('account_role.uid')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

interface AccountRow {
  readonly uid: AccountId
  readonly username: string
  readonly email: string
  readonly password_hash: string
  readonly born_on: 'market'
  readonly roles: readonly Role[]
}

const selectAccount = sql`
  select uid, username, email, password_hash, born_on, (
    select coalesce(json_agg(json_build_object('name', role.name, 'level', role.level) order by role.level), '[]')
    from account_role join role on role.name = account_role.role
    where account_role.uid = account.uid
  ) as roles
  from account`

function toAccount({ uid, username, email, roles, born_on: bornOn }: AccountRow): Account {
  return { uid, username, email, roles, bornOn }
}

function toCredentials(row: AccountRow): Credentials {
  return { account: toAccount(row), passwordHash: row.password_hash }
}

const uniqueViolation = '23505'

function asNameTaken(error: unknown): never {
  if (error instanceof Error && Reflect.get(error, 'code') === uniqueViolation) throw new NameTaken()
  throw error
}
