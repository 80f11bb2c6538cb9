import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { soughtText } from '../sought-text.ts'
import { type DescribedRole, RoleTaken } from './role.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** All roles, the strongest first. */
export async function listRoles(db: Database): Promise<DescribedRole[]> {
  return db.selectFrom('role').select(['name', 'level', 'description']).orderBy('level').execute()
}

export async function findRole(db: Database, name: string): Promise<DescribedRole | undefined> {
  return db
    .selectFrom('role')
    .select(['name', 'level', 'description'])
    .where('name', '=', soughtText(name))
    .executeTakeFirst()
}

/** @throws {RoleTaken} */
export async function insertRole(tx: Tx, role: DescribedRole): Promise<void> {
  const inserted = await tx
    .insertInto('role')
    .values(role)
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst()
  if (!inserted) throw new RoleTaken()
}

/** Who has a role, in the order of registration, deleted accounts included, which keep what they had (accounts ). */
export async function listMembers(db: Database, role: string): Promise<{ uid: AccountId; username: string }[]> {
  return db
    .selectFrom('account_role')
    .innerJoin('account', 'account.uid', 'account_role.uid')
    .select(['account.uid', 'account.username'])
    .where('account_role.role', '=', role)
    .orderBy('account.sequence')
    .execute()
}

/** False when the account has it already. */
export async function insertAssignment(tx: Tx, uid: AccountId, role: string): Promise<boolean> {
  const inserted = await tx
    .insertInto('account_role')
    .values({ uid, role })
    .onConflict((conflict) => conflict.doNothing())
    .returning('uid')
    .executeTakeFirst()
  return inserted !== undefined
}

/** False when the account does not have it. */
export async function deleteAssignment(tx: Tx, uid: AccountId, role: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('account_role')
    .where('uid', '=', uid)
    .where('role', '=', role)
    .returning('uid')
    .executeTakeFirst()
  return deleted !== undefined
}

const superadminLock = 7_265_768

/**
 * How many may do everything. Whoever is about to make them fewer waits here for whoever else is, or two who leave
 * together each see the other staying.
 */
export async function countSuperadmins(tx: Tx): Promise<number> {
  await sql`select pg_advisory_xact_lock(${superadminLock})`.execute(tx)
  const { count } = await tx
    .selectFrom('account_role')
    .innerJoin('account', 'account.uid', 'account_role.uid')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('account_role.role', '=', 'superadmin')
    .where('account.deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
