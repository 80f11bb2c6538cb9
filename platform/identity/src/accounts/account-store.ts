import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { IdentityDatabase } from '../identity-database.ts'
import { type Account, administratorLevel, NameTaken } from './account.ts'

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
  const row = await accounts(db).where('account.uid', '=', uid).executeTakeFirst()
  return row && toAccount(row)
}

/** All accounts in the order of their registration. */
export async function listAccounts(db: Database): Promise<Account[]> {
  const rows = await accounts(db).orderBy('account.sequence').execute()
  return rows.map(toAccount)
}

/** By the user name to the letter: `Ada` does not sign in as `ada` (market §4). */
export async function findCredentialsByUsername(db: Database, username: string): Promise<Credentials | undefined> {
  const row = await accounts(db)
    .select('password_hash')
    // The index is on the lower-case name; the second condition is the one that counts.
    .where(sql`lower(account.username)`, '=', sql`lower(${username})`)
    .where('account.username', '=', username)
    .executeTakeFirst()
  return row && { account: toAccount(row), passwordHash: row.password_hash }
}

export async function findCredentials(db: Database, uid: AccountId): Promise<Credentials | undefined> {
  const row = await accounts(db).select('password_hash').where('account.uid', '=', uid).executeTakeFirst()
  return row && { account: toAccount(row), passwordHash: row.password_hash }
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

function accounts(db: Database) {
  return db
    .selectFrom('account')
    .select((eb) => [
      'account.uid',
      'account.username',
      'account.email',
      'account.born_on',
      jsonArrayFrom(
        eb
          .selectFrom('account_role')
          .innerJoin('role', 'role.name', 'account_role.role')
          .whereRef('account_role.uid', '=', 'account.uid')
          .select(['role.name', 'role.level'])
          .orderBy('role.level'),
      ).as('roles'),
    ])
}

function toAccount(row: {
  uid: AccountId
  username: string
  email: string
  born_on: 'market'
  roles: { name: string; level: number }[]
}): Account {
  const { uid, username, email, roles, born_on: bornOn } = row
  return { uid, username, email, roles, bornOn }
}

const uniqueViolation = '23505'

function asNameTaken(error: unknown): never {
  if (error instanceof Error && Reflect.get(error, 'code') === uniqueViolation) throw new NameTaken()
  throw error
}
