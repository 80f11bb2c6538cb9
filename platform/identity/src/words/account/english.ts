import { englishData } from '../data/english.ts'
import { englishErasure } from '../erasure/english.ts'
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
  device: ({ program, system }) => (program && system ? `${program} on ${system}` : (program ?? system)),
  sessions: 'Where you are signed in',
  sessionsText: 'End whatever you do not know. What a device says about itself need not be true.',
  unknownDevice: 'Unknown device',
  thisSession: 'This one',
  openedFrom: (address) => `from ${address}`,
  openedFor: (client) => `for ${client}`,
  openedAt: (time) => `since ${time}`,
  lastUsedAt: (time) => `last used ${time}`,
  endSession: 'Sign out there',
  endOtherSessions: 'Sign out everywhere but here',
  sessionsEnded: 'Signed out there.',
  sessionGone: 'That session has ended already.',
  factors: englishFactors,
  data: englishData,
  erasure: englishErasure,
}
