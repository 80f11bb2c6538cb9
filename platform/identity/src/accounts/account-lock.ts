import { type AccountId, parseId } from '@sallyport/kernel'
import type { Transaction } from 'kysely'
import type { Actor } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { levelOf } from '../roles/role.ts'
import type { Authority } from '../roles/roles.ts'
import { type Account, AccountDeleted, AccountTooStrong, UnknownAccount } from './account.ts'
import * as store from './account-store.ts'

/** Locks somebody whom the actor may change. @throws {UnknownAccount} @throws {AccountDeleted} @throws {AccountTooStrong} */
export async function lockSubject(
  tx: Transaction<IdentityDatabase>,
  uid: string,
  by: Actor | Authority,
): Promise<Account> {
  const account = await store.lockAccount(tx, knownId(uid))
  if (!account) throw new UnknownAccount()
  if (account.deletedAt) throw new AccountDeleted()
  checkStrength(account, by)
  return account
}

/** Nobody has power over somebody who is stronger. @throws {AccountTooStrong} */
export function checkStrength({ roles }: Pick<Account, 'roles'>, by: Actor | Authority): void {
  if ('level' in by && levelOf(roles) < by.level) throw new AccountTooStrong()
}

/** Whether somebody does something to their own account. */
export function isOwner({ uid }: Pick<Account, 'uid'>, by: Actor | Authority): boolean {
  return by.kind === 'account' && by.uid === uid
}

/** An id that is not a UUID names no account. @throws {UnknownAccount} */
export function knownId(uid: string): AccountId {
  const id = parseId<AccountId>(uid)
  if (!id) throw new UnknownAccount()
  return id
}

/** An account that is there. @throws {UnknownAccount} also for one that is deleted */
export function present(account: Account | undefined): Account {
  if (!account || account.deletedAt) throw new UnknownAccount()
  return account
}
