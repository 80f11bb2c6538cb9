import type { FactorWords } from './factor-words.ts'

/** What the pages say to somebody about their own account. */
export interface AccountWords {
  readonly yourAccount: string
  readonly proven: string
  readonly notProven: string
  readonly signOut: string
  readonly backToAccount: string
  readonly notSignedIn: string
  readonly notSignedInText: string
  readonly signIn: string
  readonly unknownPage: string
  readonly unknownPageText: string
  readonly passkeys: string
  readonly changePassword: string
  readonly oldPassword: string
  readonly newPassword: string
  readonly wrongPassword: string
  readonly passwordChangedText: string
  readonly factors: FactorWords
}
