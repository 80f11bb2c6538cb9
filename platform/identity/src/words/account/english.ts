import { englishFactors } from './factor-words.ts'
import type { AccountWords } from './words.ts'

export const englishAccount: AccountWords = {
  yourAccount: 'Your account',
  proven: 'confirmed',
  notProven: 'not confirmed',
  signOut: 'Sign out',
  backToAccount: 'Back to your account',
  notSignedIn: 'You are not signed in',
  notSignedInText: 'To see your account you have to sign in.',
  signIn: 'Sign in',
  unknownPage: 'There is no such page',
  unknownPageText: 'It may have been here once.',
  passkeys: 'Passkeys',
  changePassword: 'Change your password',
  oldPassword: 'Your password until now',
  newPassword: 'The new password',
  wrongPassword: 'This is not your password.',
  passwordChangedText: 'You are signed out everywhere but here.',
  factors: englishFactors,
}
