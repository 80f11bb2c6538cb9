import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'

/** The credential id that an authenticator has chosen, in base64url without padding. */
export type PasskeyId = Brand<string, 'PasskeyId'>

/** A key that somebody signs in with, as the server knows it: its private half never leaves the authenticator. */
export interface Passkey {
  readonly id: PasskeyId
  readonly uid: AccountId
  /** In COSE form (RFC 9052). */
  readonly publicKey: Uint8Array<ArrayBuffer>
  /** How browsers may reach the authenticator, in its own words. */
  readonly transports: readonly string[]
  /** Whether the key may leave the device that it was made on. */
  readonly synced: boolean
  readonly name: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
}

/** A passkey that has just signed a challenge. */
export interface ProvenPasskey {
  readonly passkey: Passkey
  /** What the authenticator has counted up to with this signature; 0 when it does not count. */
  readonly counter: number
  readonly backedUp: boolean
  /** Whether the authenticator has made sure who uses it, by a PIN or a fingerprint for instance. */
  readonly userVerified: boolean
}

/** So many an account may have. */
export const mostPasskeys = 10

export const longestNameCharacters = 50

/** A passkey's name as its owner would like it. @throws {InvalidPasskeyName} */
export function parsePasskeyName(text: string): string {
  const name = text.trim()
  if (name === '' || name.length > longestNameCharacters || /\p{Cc}/u.test(name)) throw new InvalidPasskeyName()
  return name
}

/** What the trail calls a passkey: enough of its id to tell it from every other. Its name is its owner's business. */
export function auditedPasskey(id: PasskeyId): { readonly passkey: string } {
  return { passkey: id.slice(0, 22) }
}

/** How a signature was made, in the words of RFC 8176. */
export function methodsOf({ passkey, userVerified }: ProvenPasskey): string[] {
  return [passkey.synced ? 'swk' : 'hwk', ...(userVerified ? ['user'] : [])]
}

export class InvalidPasskeyName extends Rejection {
  override name = 'InvalidPasskeyName'
  readonly code = 'invalid-passkey-name'
  readonly reason = 'invalid'
  constructor() {
    super(`a passkey's name has 1 to ${longestNameCharacters} characters`)
  }
}

export class TooManyPasskeys extends Rejection {
  override name = 'TooManyPasskeys'
  readonly code = 'too-many-passkeys'
  readonly reason = 'conflict'
  constructor() {
    super(`an account has at most ${mostPasskeys} passkeys`)
  }
}

export class UnknownPasskey extends Rejection {
  override name = 'UnknownPasskey'
  readonly code = 'unknown-passkey'
  readonly reason = 'not-found'
  constructor() {
    super('the account has no such passkey')
  }
}

/** What was wrong with the answer of an authenticator. */
export type PasskeyFault =
  /** No answer of an authenticator, or not all of it. */
  | 'malformed'
  /** Nobody was asked this, or somebody else, or too long ago, or it was answered already. */
  | 'stale'
  | 'unknown-passkey'
  /** The signature, or what was signed: the origin, the relying party, what the authenticator has made sure of. */
  | 'unproven'

/** What is wrong is for the trail: whoever asked hears no more than that it did not work. */
export class PasskeyRefused extends Rejection {
  override name = 'PasskeyRefused'
  readonly code = 'passkey-refused'
  readonly reason = 'unauthenticated'
  readonly fault: PasskeyFault
  /** Whose passkey it would be. */
  readonly subject: AccountId | undefined
  constructor(fault: PasskeyFault, { subject, cause }: { subject?: AccountId; cause?: unknown } = {}) {
    super('this passkey was not accepted')
    this.fault = fault
    this.subject = subject
    this.cause = cause
  }
}
