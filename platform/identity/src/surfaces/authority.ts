import type { AccountCaller } from '@sallyport/service'
import type { Accounts } from '../accounts/accounts.ts'
import { levelOf } from '../roles/role.ts'
import type { Authority } from '../roles/roles.ts'

/** Who is calling, with the power they have at this moment. @throws {UnknownAccount} */
export async function authorityOf(
  accounts: Accounts,
  { caller, clientAddress }: { readonly caller: AccountCaller; readonly clientAddress: string },
): Promise<Authority> {
  const { uid, roles } = await accounts.read(caller.accountId)
  return { kind: 'account', uid, address: clientAddress, level: levelOf(roles) }
}
