import { Rejection } from '@sallyport/kernel'

/** What somebody has besides the password. Recovery codes are there only as long as something else is. */
export type Factor =
  | { readonly kind: 'totp'; readonly addedAt: Date }
  | { readonly kind: 'recovery-codes'; readonly left: number }

/** What somebody shows to prove that they have it. */
export type FactorProof =
  | { readonly kind: 'totp'; readonly code: string }
  | { readonly kind: 'recovery-code'; readonly code: string }

/** Not the right code, or one that was used. */
export class WrongCode extends Rejection {
  override name = 'WrongCode'
  readonly code = 'wrong-code'
  readonly reason = 'unauthenticated'
  constructor() {
    super('the code is not right, or was used before')
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
