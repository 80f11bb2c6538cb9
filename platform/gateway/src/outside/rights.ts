import { judgeRights, type SignedIn } from '@sallyport/contracts'
import type { AccountCaller } from '@sallyport/service'

/**
 * Whether scope and role of a caller are enough at a service outside the platform. Its roles are compared to the letter, but
 * that `admin` is whoever administers: the first administrator has a stronger role than that.
 */
export function judgeOutside({ roles, ...access }: SignedIn, caller: AccountCaller): ReturnType<typeof judgeRights> {
  const rights = judgeRights(access, caller)
  if (rights !== 'allowed' || roles === undefined) return rights
  const held = caller.role === 'admin' ? [...caller.roles, 'admin'] : caller.roles
  return roles.some((role) => held.includes(role)) ? 'allowed' : 'wrong-role'
}
