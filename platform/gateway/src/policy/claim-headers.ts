import type { IncomingMessage } from 'node:http'
import type { AccountCaller } from '@sallyport/service'
import { say } from './say.ts'

/** What stands in a header as it is, and is not taken for the end of it or for several names. */
const plainName = /^[\w.+@:~-]+$/

/**
 * Says in `X-User` and `X-Roles` whom the door has let in (enrollment E-46). What clients said there was removed before. A
 * name that cannot be written in a header without doubt is not said at all.
 */
export function propagateClaims(request: IncomingMessage, { username, roles }: AccountCaller): void {
  const plainRoles = roles.filter((role) => plainName.test(role))
  if (plainName.test(username)) say(request, 'x-user', username)
  if (plainRoles.length > 0) say(request, 'x-roles', plainRoles.join(','))
}
