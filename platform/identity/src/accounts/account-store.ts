import { type AccountId, parseId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { alongQueries } from '../along-queries.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { administratorLevel } from '../roles/role.ts'
import { soughtText } from '../sought-text.ts'
import { type Account, NameTaken } from './account.ts'
import { type AccountRow, selectAccount, toAccount } from './account-row.ts'
import type { Credentials } from './credential-store.ts'

type Database = Kysely<IdentityDatabase>

/**
 * Makes an account, in one statement with whatever else has to be written with it (data-modifying queries).
 *
 * @param digests by which it is known whether the name and the address were somebody's who is gone
 * @throws {NameTaken} when the user name or the e-mail address belongs to somebody else, whatever its case
 */
export async function insertAccount(
  db: Database,
  { account, passwordHash }: Credentials,
  digests: readonly Buffer[],
  alongside: readonly RawBuilder<unknown>[],
): Promise<void> {
  const { uid, username, email, bornOn, createdAt, lastLoginAt, emailVerifiedAt, memberSince, hasFixedName } = account
  const roles = account.roles.map(({ name }) => name)
  await sql`
    with born as (
      insert into account (
        uid, username, email, password_hash, born_on, created_at, last_login_at, email_verified_at, member_since,
        has_fixed_name
      ) values (
        ${uid}, ${username}, ${email ?? null}, ${passwordHash}, ${bornOn}, ${createdAt}, ${lastLoginAt ?? null},
        ${emailVerifiedAt ?? null}, ${memberSince ?? null}, ${hasFixedName}
      )
      returning uid
    ), roles as (
      insert into account_role (uid, role) select born.uid, role from born, unnest(${roles}::text[]) as role
    )${alongQueries(alongside)}
    select refuse_reserved_name(digest) from born, unnest(${digests}::bytea[]) as digest`
    .execute(db)
    .catch(asNameTaken)
}

/** Also one that is deleted. */
export async function findAccount(db: Database, uid: AccountId): Promise<Account | undefined> {
  const { rows } = await sql<AccountRow>`${selectAccount} where uid = ${uid}`.execute(db)
  return rows.map(toAccount)[0]
}

/** The account of each of these ids, also of those that are deleted. */
export async function findAccounts(
  db: Database,
  uids: readonly AccountId[],
): Promise<readonly (Account | undefined)[]> {
  const { rows } = await sql<AccountRow>`
    select found.* from unnest(${[...new Set(uids)]}::uuid[]) as asked (uid)
    cross join lateral (${selectAccount} where account.uid = asked.uid limit 1) as found`.execute(db)
  const found = new Map(rows.map((row) => [row.uid, toAccount(row)]))
  return uids.map((uid) => found.get(uid))
}

/** The same, kept from changing until the transaction ends. */
export async function lockAccount(tx: Transaction<IdentityDatabase>, uid: AccountId): Promise<Account | undefined> {
  await sql`select from account where uid = ${uid} for no key update`.execute(tx)
  return findAccount(tx, uid)
}

/** All accounts that are not deleted, in the order of their registration. */
export async function listAccounts(db: Database): Promise<Account[]> {
  const { rows } = await sql<AccountRow>`${selectAccount} where deleted_at is null order by sequence`.execute(db)
  return rows.map(toAccount)
}

/** A page of all accounts, deleted ones included, in the order of their registration; and how many there are. */
export async function pageThroughAccounts(
  db: Database,
  { skip, limit }: { readonly skip: number; readonly limit: number },
): Promise<{ readonly accounts: Account[]; readonly total: number }> {
  const { rows } = await sql<AccountRow>`
    ${selectAccount} where sequence in (select sequence from account order by sequence offset ${skip} limit ${limit})
    order by sequence`.execute(db)
  const { count } = await db
    .selectFrom('account')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow()
  return { accounts: rows.map(toAccount), total: Number(count) }
}

/** By the user name whatever its case; not of the deleted. */
export async function findByUsername(db: Database, username: string): Promise<Account | undefined> {
  const { rows } = await sql<AccountRow>`
    ${selectAccount} where lower(username) = lower(${soughtText(username)}) and deleted_at is null`.execute(db)
  return rows.map(toAccount)[0]
}

/** Whose a user name is, whatever its case; also of the deleted whose names stay reserved. */
export async function findUidByName(db: Database, username: string): Promise<AccountId | undefined> {
  const row = await db
    .selectFrom('account')
    .select('uid')
    .where(sql<boolean>`lower(username) = lower(${soughtText(username)})`)
    .executeTakeFirst()
  return row?.uid
}

/** Whose an e-mail address is, whatever its case; not of the deleted. As quick for an address that nobody has. */
export async function findUidByEmail(db: Database, email: string): Promise<AccountId | undefined> {
  const row = await db
    .selectFrom('account')
    .select('uid')
    .where(sql<boolean>`lower(email) = lower(${soughtText(email)}) and deleted_at is null`)
    .executeTakeFirst()
  return row?.uid
}

/** Whom an operator names: by the id, the user name or the e-mail address. An id is taken for one, whoever's it is. */
export async function findUidByLogin(db: Database, login: string): Promise<AccountId | undefined> {
  const id = parseId<AccountId>(login.toLowerCase())
  return id ?? (await findUidByName(db, login)) ?? findUidByEmail(db, login)
}

/** By the e-mail address whatever its case; not of the deleted. */
export async function findByEmail(db: Database, email: string): Promise<Account | undefined> {
  const { rows } = await sql<AccountRow>`
    ${selectAccount} where lower(email) = lower(${soughtText(email)}) and deleted_at is null`.execute(db)
  return rows.map(toAccount)[0]
}

/** @throws {NameTaken} */
export async function updateNames(
  tx: Transaction<IdentityDatabase>,
  uid: AccountId,
  names: { readonly username?: Renaming; readonly email?: Renaming },
): Promise<void> {
  const { username, email: wanted } = names
  const email = wanted?.to
  // Its own name again is no change.
  if (username === undefined && email === undefined) return
  await tx
    .updateTable('account')
    .$if(username !== undefined, (query) => query.set({ username: username?.to ?? '' }))
    .$if(email !== undefined, (query) =>
      query.set({
        email: email ?? '',
        // Another address is a claim again.
        email_verified_at: sql<Date | null>`case when lower(email) = lower(${email}) then email_verified_at end`,
      }),
    )
    .where('uid', '=', uid)
    .execute()
    .catch(asNameTaken)
  for (const name of [username, wanted]) {
    if (name) await sql`select refuse_reserved_name(${name.digest})`.execute(tx).catch(asNameTaken)
  }
}

/** Another user name or address, and by what it is known whether it was somebody's who is gone. */
export interface Renaming {
  readonly to: string
  readonly digest: Buffer
}

/** Keeps a name of an account that is being removed from ever being somebody else's. */
export async function reserveName(tx: Transaction<IdentityDatabase>, digest: Buffer): Promise<void> {
  await tx
    .insertInto('reserved_name')
    .values({ digest })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function isReserved(db: Database, digest: Buffer): Promise<boolean> {
  const row = await db.selectFrom('reserved_name').select('digest').where('digest', '=', digest).executeTakeFirst()
  return row !== undefined
}

/** Whether the address was not proven before. */
export async function markVerified(tx: Transaction<IdentityDatabase>, uid: AccountId, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('account')
    .set({ email_verified_at: now })
    .where('uid', '=', uid)
    .where('email_verified_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function setSuspended(
  tx: Transaction<IdentityDatabase>,
  uid: AccountId,
  suspendedAt: Date | null,
): Promise<void> {
  await tx.updateTable('account').set({ suspended_at: suspendedAt }).where('uid', '=', uid).execute()
}

/** Takes an account out of use; its names stay reserved. */
export async function markDeleted(tx: Transaction<IdentityDatabase>, uid: AccountId, now: Date): Promise<void> {
  await tx.updateTable('account').set({ deleted_at: now }).where('uid', '=', uid).execute()
  await tx.deleteFrom('session').where('uid', '=', uid).execute()
}

/** Whether it is a member from now on, and was not before. */
export async function markMember(tx: Transaction<IdentityDatabase>, uid: AccountId, now: Date): Promise<boolean> {
  const marked = await tx
    .updateTable('account')
    .set({ member_since: now })
    .where('uid', '=', uid)
    .where('member_since', 'is', null)
    .returning('uid')
    .executeTakeFirst()
  return marked !== undefined
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
    .innerJoin('account', 'account.uid', 'account_role.uid')
    .where('role.level', '<=', administratorLevel)
    .where('account.deleted_at', 'is', null)
    .select('account_role.uid')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

const uniqueViolation = '23505'

/** @throws {NameTaken} in the place of what PostgreSQL says when something is there already */
export function asNameTaken(error: unknown): never {
  if (error instanceof Error && Reflect.get(error, 'code') === uniqueViolation) throw new NameTaken()
  throw error
}
