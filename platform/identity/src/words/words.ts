import type { FactorProof } from '../factors/factor.ts'
import type { AccountWords } from './account/words.ts'
import type { Letters } from './letters/words.ts'
import type { PasskeyWords } from './passkeys/words.ts'

/** What can be wrong with an account that somebody would like to have. */
export type RegistrationComplaint = 'invalidEmail' | 'invalidUsername' | 'weakPassword' | 'nameTaken'

/** Everything that pages say, in one language. A client's name comes from outside and is escaped by the page. */
export interface Words {
  /** Its tag (BCP 47). */
  readonly language: string
  readonly signIn: (client: string) => string
  readonly username: string
  readonly password: string
  readonly signInButton: string
  readonly cancel: string
  readonly wrongCredentials: string
  readonly signInOver: string
  readonly secondFactor: string
  readonly totpCode: string
  readonly recoveryCode: string
  readonly wrongCode: string
  /** What leads to another way to prove the second factor. */
  readonly otherWays: Readonly<Record<Exclude<FactorProof['kind'], 'passkey'>, string>>
  readonly busy: string
  readonly tooOften: string
  readonly register: string
  readonly registerButton: string
  readonly email: string
  readonly newPassword: string
  readonly passwordAdvice: string
  /** Why an account cannot be made like this. */
  readonly complaints: Readonly<Record<RegistrationComplaint, string>>
  readonly forgotten: string
  readonly forgottenText: string
  readonly sendLink: string
  readonly letterSent: string
  readonly confirmText: string
  readonly resetText: string
  readonly backToSignIn: string
  readonly choosePassword: string
  readonly changePassword: string
  readonly passwordChanged: string
  readonly passwordChangedText: string
  readonly linkGone: string
  readonly linkGoneText: string
  readonly confirmAddress: string
  readonly confirmAddressText: string
  readonly confirmAddressButton: string
  readonly addressConfirmed: string
  readonly addressConfirmedText: string
  readonly consent: (client: string) => string
  readonly signedInAs: (username: string) => string
  readonly itWants: string
  /** Said with an origin or a scheme. */
  readonly goesBackTo: (destination: string) => string
  /** What a scope is, said to the person who grants it. */
  readonly scopes: Readonly<Record<string, string>>
  readonly allow: string
  readonly deny: string
  readonly signOut: string
  readonly signOutQuestion: string
  readonly signOutButton: string
  readonly stay: string
  readonly signedOut: string
  readonly signedOutText: string
  readonly sendOn: string
  readonly sendOnText: string
  readonly gone: string
  readonly goneText: string
  readonly failed: string
  readonly failedText: string
  readonly enterCode: string
  readonly code: string
  readonly goOn: string
  readonly codeProblems: Readonly<Record<'unknown-code' | 'interrupted' | 'failed', string>>
  readonly confirmCode: string
  readonly confirmCodeText: (client: string) => string
  readonly deviceSignedIn: string
  readonly deviceSignedInText: (client: string) => string
  readonly account: AccountWords
  readonly letters: Letters
  readonly passkeys: PasskeyWords
}
