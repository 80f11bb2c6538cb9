import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import type { Birthplace } from '../accounts/account.ts'
import type { Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'

/** An account as it is written down, in the fields that an import reads (record-fields.ts). */
export interface ExportedAccount {
  readonly uid: AccountId
  readonly username: string
  readonly email?: string
  readonly password_hash?: string
  readonly roles: readonly string[]
  readonly first_name?: string
  readonly last_name?: string
  readonly born_on: Birthplace
  readonly created: string
  readonly last_login?: string
  readonly email_verified?: string
  readonly suspended?: string
  readonly delete_date?: string
}

const pageSize = 1000

/**
 * All accounts that there are at this moment, deleted ones included, in the order of their registration. It is written down
 * before the first one leaves.
 */
export async function* exportAccounts(
  { db, audit }: { readonly db: Kysely<IdentityDatabase>; readonly audit: Audit },
  { withHashes }: { readonly withHashes: boolean },
): AsyncGenerator<ExportedAccount> {
  const { count, last } = await measure(db)
  const details = { count, hashes: withHashes }
  await audit.record(db, { kind: 'accounts.exported', by: { kind: 'operator' }, details })
  let after = 0n
  for (;;) {
    const rows = await readPage(db, after, last)
    for (const row of rows) yield toExported(row, withHashes)
    const end = rows.at(-1)
    if (!end) return
    after = end.sequence
  }
}

async function measure(db: Kysely<IdentityDatabase>): Promise<{ count: number; last: bigint }> {
  const { count, last } = await db
    .selectFrom('account')
    .select((eb) => [eb.fn.countAll<bigint>().as('count'), eb.fn.max('sequence').as('last')])
    .executeTakeFirstOrThrow()
  return { count: Number(count), last: last ?? 0n }
}

interface Row {
  readonly sequence: bigint
  readonly uid: AccountId
  readonly username: string
  readonly email: string | null
  readonly password_hash: string
  readonly born_on: Birthplace
  readonly created_at: Date
  readonly last_login_at: Date | null
  readonly email_verified_at: Date | null
  readonly suspended_at: Date | null
  readonly deleted_at: Date | null
  readonly first_name: string | null
  readonly last_name: string | null
  readonly roles: readonly string[]
}

async function readPage(db: Kysely<IdentityDatabase>, after: bigint, last: bigint): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select sequence, uid, username, email, password_hash, born_on, created_at, last_login_at, email_verified_at,
      suspended_at, deleted_at, first_name, last_name,
      array(
        select role.name from account_role join role on role.name = account_role.role
        where account_role.uid = account.uid order by role.level
      ) as roles
    from account left join pictures_registration using (uid) where sequence > ${after} and sequence <= ${last}
    order by sequence limit ${pageSize}`.execute(db)
  return rows
}

function toExported(row: Row, withHashes: boolean): ExportedAccount {
  return {
    uid: row.uid,
    username: row.username,
    ...(row.email !== null && { email: row.email }),
    ...(withHashes && { password_hash: row.password_hash }),
    roles: row.roles,
    ...(row.first_name !== null && row.last_name !== null && { first_name: row.first_name, last_name: row.last_name }),
    born_on: row.born_on,
    created: row.created_at.toISOString(),
    ...(row.last_login_at && { last_login: row.last_login_at.toISOString() }),
    ...(row.email_verified_at && { email_verified: row.email_verified_at.toISOString() }),
    ...(row.suspended_at && { suspended: row.suspended_at.toISOString() }),
    ...(row.deleted_at && { delete_date: row.deleted_at.toISOString() }),
  }
}
