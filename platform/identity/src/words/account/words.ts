import type { Device } from '../../sessions/device.ts'
import type { DataWords } from '../data/words.ts'
import type { ErasureWords } from '../erasure/words.ts'
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
  /** Where somebody was signed in, as far as it is known. */
  readonly device: (device: Device) => string | undefined
  readonly sessions: string
  readonly sessionsText: string
  readonly unknownDevice: string
  readonly thisSession: string
  readonly openedFrom: (address: string) => string
  readonly openedFor: (client: string) => string
  readonly openedAt: (time: string) => string
  readonly lastUsedAt: (time: string) => string
  readonly endSession: string
  readonly endOtherSessions: string
  readonly sessionsEnded: string
  readonly sessionGone: string
  readonly factors: FactorWords
  readonly data: DataWords
  readonly erasure: ErasureWords
}
