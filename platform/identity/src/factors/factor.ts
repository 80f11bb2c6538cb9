import { type AccountId, Rejection } from '@sallyport/kernel'
import type { Actor } from '../audit/audit.ts'
import type { SessionId } from '../sessions/session.ts'

/** What somebody has besides the password. Recovery codes are there only as long as something else is. */
export type Factor =
  | { readonly kind: 'passkeys'; readonly count: number }
  | { readonly kind: 'totp'; readonly addedAt: Date }
  | { readonly kind: 'recovery-codes'; readonly left: number }

/** What somebody shows to prove that they have it. */
export type FactorProof =
  | { readonly kind: 'totp'; readonly code: string }
  | { readonly kind: 'recovery-code'; readonly code: string }
  /** What the browser was answered by the authenticator. */
  | { readonly kind: 'passkey'; readonly answer: string }

/** Somebody who changes their own factors, in a session that goes on while all others end. */
export interface OwnChange {
  readonly uid: AccountId
  readonly session: SessionId
  readonly by: Actor
}

/** Not the right code, or one that was used. */
export class WrongCode extends Rejection {
  override name = 'WrongCode'
  readonly code = 'wrong-code'
  readonly reason = 'unauthenticated'
  constructor() {
    super('the code is not right, or was used before')
  }
}

/** The password is right, and is not enough. */
export class CodeNeeded extends Rejection {
  override name = 'CodeNeeded'
  readonly code = 'code-needed'
  readonly reason = 'unauthenticated'
  constructor() {
    super('code: a code of your second factor is needed as well')
  }
}

/** The sign-in took too long, or failed too often, or its account has changed. */
export class SignInOver extends Rejection {
  override name = 'SignInOver'
  readonly code = 'sign-in-over'
  readonly reason = 'unauthenticated'
  constructor() {
    super('the sign-in has to begin anew')
  }
}

/** There is one of this kind, which has to be removed before there is another. */
export class FactorPresent extends Rejection {
  override name = 'FactorPresent'
  readonly code = 'factor-present'
  readonly reason = 'conflict'
  constructor() {
    super('the account has this factor already')
  }
}

export class FactorMissing extends Rejection {
  override name = 'FactorMissing'
  readonly code = 'factor-missing'
  readonly reason = 'not-found'
  constructor() {
    super('the account does not have this factor')
  }
}
