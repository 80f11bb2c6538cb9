import { type AccountId, Rejection } from '@sallyport/kernel'

/** A person's account, as everybody but its owner's browser may know it. */
export interface Account {
  readonly uid: AccountId
  readonly username: string
  readonly email: string
  readonly roles: readonly Role[]
  readonly bornOn: 'market'
}

/** Smaller levels mean more power. */
export interface Role {
  readonly name: string
  readonly level: number
}

/** Up to this level a role administers. */
export const administratorLevel = 5

/** The two kinds of people that most applications tell apart (design §4). */
export function roleOf(account: Pick<Account, 'roles'>): 'user' | 'admin' {
  return account.roles.some(({ level }) => level <= administratorLevel) ? 'admin' : 'user'
}

export class InvalidEmail extends Rejection {
  override name = 'InvalidEmail'
  readonly code = 'invalid-email'
  readonly reason = 'invalid'
  constructor() {
    super('Invalid email format.')
  }
}

export class InvalidUsername extends Rejection {
  override name = 'InvalidUsername'
  readonly code = 'invalid-username'
  readonly reason = 'invalid'
}

export class InvalidPassword extends Rejection {
  override name = 'InvalidPassword'
  readonly code = 'invalid-password'
  readonly reason = 'invalid'
}

/** Which of the two is taken is not said. */
export class NameTaken extends Rejection {
  override name = 'NameTaken'
  readonly code = 'name-taken'
  readonly reason = 'conflict'
  constructor() {
    super('Email or username already in use')
  }
}

export class UnknownAccount extends Rejection {
  override name = 'UnknownAccount'
  readonly code = 'unknown-account'
  readonly reason = 'not-found'
  constructor() {
    super('Account not found')
  }
}

/** Unknown user and wrong password look the same. */
export class WrongCredentials extends Rejection {
  override name = 'WrongCredentials'
  readonly code = 'wrong-credentials'
  readonly reason = 'unauthenticated'
  constructor() {
    super('Incorrect username or password')
  }
}
