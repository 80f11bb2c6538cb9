import type { AccountId } from '@sallyport/kernel'
import { sql } from 'kysely'
import type { Role } from '../roles/role.ts'
import type { Account, Birthplace } from './account.ts'

/** An account as it is stored, with its roles. */
export interface AccountRow {
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
  readonly member_since: Date | null
  readonly has_second_factor: boolean
  readonly has_fixed_name: boolean
  readonly sessions_valid_from: Date | null
  readonly roles: readonly Role[]
}

/** What every query for accounts begins with; which ones comes after it. */
export const selectAccount = sql`
  select uid, username, email, password_hash, born_on, created_at, last_login_at, email_verified_at, suspended_at,
    deleted_at, member_since, has_second_factor, has_fixed_name, sessions_valid_from, (
      select coalesce(json_agg(json_build_object('name', role.name, 'level', role.level) order by role.level), '[]')
      from account_role join role on role.name = account_role.role
      where account_role.uid = account.uid
    ) as roles
  from account`

export function toAccount(row: AccountRow): Account {
  return {
    uid: row.uid,
    username: row.username,
    email: row.email ?? undefined,
    roles: row.roles,
    bornOn: row.born_on,
    createdAt: row.created_at,
    lastLoginAt: row.last_login_at ?? undefined,
    emailVerifiedAt: row.email_verified_at ?? undefined,
    suspendedAt: row.suspended_at ?? undefined,
    deletedAt: row.deleted_at ?? undefined,
    memberSince: row.member_since ?? undefined,
    hasSecondFactor: row.has_second_factor,
    hasFixedName: row.has_fixed_name,
  }
}
