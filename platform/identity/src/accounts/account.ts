import { type AccountId, Rejection } from '@sallyport/kernel'
import { levelOf, administratorLevel, type Role } from '../roles/role.ts'

/** The surfaces that accounts can be born on. */
export type Birthplace = 'market' | 'accounts' | 'enrollment' | 'pictures'

/** A person's account, as everybody but its owner's browser may know it. */
export interface Account {
  readonly uid: AccountId
  readonly username: string
  /** Accounts of the enrollment system need none. */
  readonly email: string | undefined
  readonly roles: readonly Role[]
  /** The surface whose rules hold for it for good. */
  readonly bornOn: Birthplace
  readonly createdAt: Date
  readonly lastLoginAt: Date | undefined
  /** An address is only a claim before that (design §4). */
  readonly emailVerifiedAt: Date | undefined
  readonly suspendedAt: Date | undefined
  /** The names stay reserved; nobody is behind them any more. */
  readonly deletedAt: Date | undefined
  /** The enrollment system knows people by their names: this one had a role there once, and is never anybody else's. */
  readonly hasFixedName: boolean
  /** A password alone opens no session. */
  readonly hasSecondFactor: boolean
  /** Since when the account has its things at the other services. */
  readonly memberSince: Date | undefined
}

/** The two kinds of people that most applications tell apart (design §4). */
export function roleOf(account: Pick<Account, 'roles'>): 'user' | 'admin' {
  return levelOf(account.roles) <= administratorLevel ? 'admin' : 'user'
}

/** What somebody is called, which no password should be made of. */
export function namesOf({
  username,
  email,
}: {
  readonly username: string
  readonly email?: string | undefined
}): string[] {
  return email === undefined ? [username] : [username, email]
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

/** What zxcvbn thinks of a password, in its own terms. */
export interface Strength {
  /** 0 to 4. */
  readonly score: number
  readonly guesses: number
  readonly feedback: { readonly warning: string; readonly suggestions: readonly string[] }
}

/** Guessed too soon (accounts A-46). */
export class WeakPassword extends Rejection {
  override name = 'WeakPassword'
  readonly code = 'weak-password'
  readonly reason = 'invalid'
  readonly strength: Strength
  constructor(strength: Strength) {
    super('the password is too easy to guess')
    this.strength = strength
  }
}

/** The name is kept for those who run the place (accounts A-43). */
export class NameReserved extends Rejection {
  override name = 'NameReserved'
  readonly code = 'name-reserved'
  readonly reason = 'conflict'
  constructor() {
    super('this name is reserved')
  }
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

/** Somebody is known by this name elsewhere (design §4). */
export class NameFixed extends Rejection {
  override name = 'NameFixed'
  readonly code = 'name-fixed'
  readonly reason = 'conflict'
  constructor() {
    super('this user name cannot be changed: the enrollment system knows its owner by it')
  }
}

/** The enrollment system could not know somebody by this name. */
export class NameUnfit extends Rejection {
  override name = 'NameUnfit'
  readonly code = 'name-unfit'
  readonly reason = 'conflict'
  constructor() {
    super('with this user name nobody can have a role of the enrollment system')
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

/** It was there, and its names are still reserved. */
export class AccountDeleted extends Rejection {
  override name = 'AccountDeleted'
  readonly code = 'account-deleted'
  readonly reason = 'not-found'
  constructor() {
    super('the account is deleted already')
  }
}

/** Unknown user, wrong password, suspended, deleted and not yet proven look the same. */
export class WrongCredentials extends Rejection {
  override name = 'WrongCredentials'
  readonly code = 'wrong-credentials'
  readonly reason = 'unauthenticated'
  constructor() {
    super('Incorrect username or password')
  }
}

/** Somebody with a second factor wants another e-mail address. */
export class SecondFactorInTheWay extends Rejection {
  override name = 'SecondFactorInTheWay'
  readonly code = 'second-factor-in-the-way'
  readonly reason = 'conflict'
  constructor() {
    super('remove the second factor on your account pages first')
  }
}

/** Nobody administers somebody who is stronger than they are (design §4). */
export class AccountTooStrong extends Rejection {
  override name = 'AccountTooStrong'
  readonly code = 'account-too-strong'
  readonly reason = 'forbidden'
  constructor() {
    super('nobody may change an account that is stronger than their own')
  }
}
