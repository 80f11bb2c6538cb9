import { parseId } from '@sallyport/kernel'
import type { AccountCaller } from '@sallyport/service'
import type { Accounts } from '../accounts/accounts.ts'
import type { Actor } from '../audit/audit.ts'
import { levelOf } from '../roles/role.ts'
import type { Authority } from '../roles/roles.ts'
import type { SessionId } from '../sessions/session.ts'

/** Who is calling, with the power they have at this moment. @throws {UnknownAccount} */
export async function authorityOf(
  accounts: Accounts,
  { caller, clientAddress }: { readonly caller: AccountCaller; readonly clientAddress: string },
): Promise<Authority> {
  const { uid, roles } = await accounts.read(caller.accountId)
  return { kind: 'account', uid, address: clientAddress, level: levelOf(roles) }
}

/** Who is calling, for the audit trail. */
export function actorOf(request: { readonly caller: AccountCaller; readonly clientAddress: string }): Actor {
  return { kind: 'account', uid: request.caller.accountId, address: request.clientAddress }
}

/** The session of the token that is calling. */
export function sessionOf({ sessionId }: AccountCaller): SessionId {
  const sid = parseId<SessionId>(sessionId)
  if (!sid) throw new TypeError('a token of ours names a session that is no UUID')
  return sid
}
