import { judgeRights, type SignedIn } from '@sallyport/contracts'
import type { OutsideCaller } from './callers.ts'

/**
 * Whether scope and role of a caller are enough at a service outside the platform. Its roles are compared to the letter, but
 * that `admin` is whoever administers: the first administrator has a stronger role than that. A token of another issuer was
 * made for services like this one, so it needs a scope only where one is named.
 */
export function judgeOutside(
  { roles, ...access }: SignedIn,
  { caller, claims }: OutsideCaller,
): ReturnType<typeof judgeRights> {
  const rights = claims && access.scope === undefined ? 'allowed' : judgeRights(access, caller)
  if (rights !== 'allowed' || roles === undefined) return rights
  const held = caller.role === 'admin' ? [...caller.roles, 'admin'] : caller.roles
  return roles.some((role) => held.includes(role)) ? 'allowed' : 'wrong-role'
}
