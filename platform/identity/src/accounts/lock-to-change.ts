import { type AccountId, parseId } from '@sallyport/kernel'
import type { Transaction } from 'kysely'
import type { Actor } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { levelOf } from '../roles/role.ts'
import type { Authority } from '../roles/roles.ts'
import { type Account, AccountDeleted, AccountTooStrong, UnknownAccount } from './account.ts'
import { lockAccount } from './account-store.ts'

/**
 * Locks the account of somebody whom the actor may change: nobody changes who is stronger.
 *
 * @throws {UnknownAccount} @throws {AccountDeleted} @throws {AccountTooStrong}
 */
export async function lockToChange(
  tx: Transaction<IdentityDatabase>,
  uid: string,
  by: Actor | Authority,
): Promise<Account> {
  const account = await lockAccount(tx, knownId(uid))
  if (!account) throw new UnknownAccount()
  if (account.deletedAt) throw new AccountDeleted()
  if ('level' in by && levelOf(account.roles) < by.level) throw new AccountTooStrong()
  return account
}

/** An id that is not a UUID names no account. @throws {UnknownAccount} */
export function knownId(uid: string): AccountId {
  const id = parseId<AccountId>(uid)
  if (!id) throw new UnknownAccount()
  return id
}
