import { Rejection } from '@sallyport/kernel'

/** What the pictures service knows of somebody. */
export interface PicturesRegistration {
  /** Stable, and never anybody else's. */
  readonly number: number
  readonly firstName: string
  readonly lastName: string
  /** Where they registered from, the last time. */
  readonly address: string
}

/** Bad names, a bad address, a bad password, a wrong one for an address that is known: which of these is not said (design §4). */
export class RegistrationRefused extends Rejection {
  override name = 'RegistrationRefused'
  readonly code = 'registration-refused'
  readonly reason = 'invalid'
  constructor() {
    super(
      'Names of 1 to 100 characters, a valid e-mail address and a password of at least 8 characters are needed, none of the ' +
        '1000 most common; a long phrase is best. Who is registered already gets another key by their own password',
    )
  }
}

/** There was nothing that could be removed, although the proof held (pictures S-37). */
export class NothingRemoved extends Rejection {
  override name = 'NothingRemoved'
  readonly code = 'nothing-removed'
  readonly reason = 'invalid'
  constructor() {
    super('Nothing was removed: the account is blocked, or was changed meanwhile')
  }
}

/** Somebody is signed in of whom the pictures service knows nothing. */
export class NotRegistered extends Rejection {
  override name = 'NotRegistered'
  readonly code = 'not-registered'
  readonly reason = 'not-found'
  constructor() {
    super('the pictures service knows nothing of you: you are not registered there')
  }
}

/** What is there is text that can be kept and shown; anything else is not judged. @throws {RegistrationRefused} */
export function checkName(name: string): void {
  const { length } = Array.from(name)
  const isText = name.isWellFormed() && !name.includes('\0') && name.trim() !== ''
  if (!isText || length > 100) throw new RegistrationRefused()
}

const keyDays = 30
const dayMs = 86_400_000

/** A key counts for thirty days and to the end of the last one, UTC (pictures S-41). */
export function endOfKey(madeAt: Date): Date {
  const midnight = Math.floor(madeAt.getTime() / dayMs) * dayMs
  return new Date(midnight + (keyDays + 1) * dayMs)
}

/** The last day on which a key counts, as `YYYY-MM-DD`. */
export function lastDayOf(expiresAt: Date): string {
  return new Date(expiresAt.getTime() - 1).toISOString().slice(0, 10)
}

/** A key as it is shown once it was told: how it begins (pictures S-F3). */
export function maskedKey(prefix: string): string {
  return prefix.padEnd(keyLength, '*')
}

const keyLength = 40
