import { enrollment } from '@sallyport/contracts'
import { type Brand, Rejection } from '@sallyport/kernel'

/** The name that people are known by here, in lower case. There is nothing else about them. */
export type UserName = Brand<string, 'UserName'>

const form = new RegExp(enrollment.userNamePattern, 'u')

/** Undefined for what is not a user name. Only ASCII has a lower case that everybody agrees on, and all of it is ASCII. */
export function parseUserName(text: string): UserName | undefined {
  const name = text.toLowerCase()
  return form.test(text) && isUserName(name) ? name : undefined
}

function isUserName(name: string): name is UserName {
  return form.test(name)
}

/** The caller may not do this: it is somebody else's. */
export class NotYours extends Rejection {
  override name = 'NotYours'
  readonly code = 'forbidden'
  readonly reason = 'forbidden'
}

/** The user name of whoever signed in. @throws {NotYours} when it is none that people can have here */
export function userNameOf({ username }: { readonly username: string }): UserName {
  const name = parseUserName(username)
  if (name === undefined) throw new NotYours('with your user name nobody can take part here')
  return name
}

/** Whether the user name in a request is the caller's own. @throws {NotYours} when it is not */
export function onlyOneself(caller: { readonly username: string }, asked: string): UserName {
  const own = userNameOf(caller)
  if (parseUserName(asked) !== own) throw new NotYours('this is for the person of that name alone')
  return own
}
