import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { soughtText } from '../sought-text.ts'
import type { Account } from './account.ts'
import { type AccountRow, selectAccount, toAccount } from './account-row.ts'

type Database = Kysely<IdentityDatabase>

/** An account with the hash that only sign-in may see. */
export interface Credentials {
  readonly account: Account
  readonly passwordHash: string
  /** Of an account that was read: another one when all its sessions, or all but one, were ended since. */
  readonly sessionsValidFrom?: Date | undefined
}

/**
 * By the user name to the letter: `Ada` does not sign in as `ada` (market §4), unless the account is one of the enrollment
 * system, where case never counts (enrollment E-14).
 */
export async function findCredentialsByUsername(db: Database, username: string): Promise<Credentials | undefined> {
  // The index is on the lower-case name; the condition after it is the one that counts.
  const { rows } = await sql<AccountRow>`
    ${selectAccount} where lower(username) = lower(${soughtText(username)}) and (username = ${soughtText(username)} or born_on = 'enrollment')
      and deleted_at is null`.execute(db)
  return rows.map(toCredentials)[0]
}

/** By the user name whatever its case, as the enrollment system takes it (enrollment E-14). */
export async function findCredentialsInAnyCase(db: Database, username: string): Promise<Credentials | undefined> {
  const { rows } = await sql<AccountRow>`
    ${selectAccount} where lower(username) = lower(${soughtText(username)}) and deleted_at is null`.execute(db)
  return rows.map(toCredentials)[0]
}

/** By the e-mail address whatever its case; not of the deleted. */
export async function findCredentialsByEmail(db: Database, email: string): Promise<Credentials | undefined> {
  const { rows } = await sql<AccountRow>`
    ${selectAccount} where lower(email) = lower(${soughtText(email)}) and deleted_at is null`.execute(db)
  return rows.map(toCredentials)[0]
}

export async function findCredentials(db: Database, uid: AccountId): Promise<Credentials | undefined> {
  const { rows } = await sql<AccountRow>`${selectAccount} where uid = ${uid} and deleted_at is null`.execute(db)
  return rows.map(toCredentials)[0]
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

/** Sets a hash whatever was there before: for administrators and for whoever has proven the address. */
export async function setPasswordHash(tx: Transaction<IdentityDatabase>, uid: AccountId, hash: string): Promise<void> {
  await tx.updateTable('account').set({ password_hash: hash }).where('uid', '=', uid).execute()
}

function toCredentials(row: AccountRow): Credentials {
  return {
    account: toAccount(row),
    passwordHash: row.password_hash,
    sessionsValidFrom: row.sessions_valid_from ?? undefined,
  }
}
