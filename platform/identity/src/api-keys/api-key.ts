import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'

export type ApiKeyId = Brand<string, 'ApiKeyId'>

/** Where a key was made: by its owner, or by the pictures service for whoever registers there. */
export type KeyBirthplace = 'account' | 'pictures'

/** What an account's owner sees of a key. */
export interface ApiKey {
  readonly id: ApiKeyId
  readonly uid: AccountId
  readonly name: string
  /** What may be done with it, a part of what its owner may do. */
  readonly scopes: readonly string[]
  /** Addresses and networks it may be used from; everywhere when there are none. */
  readonly networks: readonly string[]
  /** How each text that counts now begins, the newest first. */
  readonly prefixes: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | undefined
  readonly uses: number
}

/** What somebody who makes a key says about it. */
export interface NewApiKey {
  readonly name: string
  readonly scopes: readonly string[]
  readonly networks: readonly string[]
  readonly lifeDays: number
}

export class UnknownApiKey extends Rejection {
  override name = 'UnknownApiKey'
  readonly code = 'unknown-api-key'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such key')
  }
}

export class InvalidApiKey extends Rejection {
  override name = 'InvalidApiKey'
  readonly code = 'invalid-api-key'
  readonly reason = 'invalid'
}

export class TooManyApiKeys extends Rejection {
  override name = 'TooManyApiKeys'
  readonly code = 'too-many-api-keys'
  readonly reason = 'conflict'
  constructor() {
    super(`an account has at most ${mostKeys} keys: remove one first`)
  }
}

/** What somebody allowed a program to do for them ends with its session; a key would not. */
export class NotForThirdParties extends Rejection {
  override name = 'NotForThirdParties'
  readonly code = 'not-for-third-parties'
  readonly reason = 'forbidden'
  constructor() {
    super('a program of others makes no keys')
  }
}

/** Of one account. */
export const mostKeys = 50

const textBytes = 30
const prefixLength = 6

/** 240 random bits, as 40 characters (pictures S-40). */
export function newText(): string {
  return randomBytes(textBytes).toString('base64url')
}

/** What its owner tells it by. */
export function prefixOf(text: string): string {
  return text.slice(0, prefixLength)
}

/** What a door keeps of a key and asks about it: its SHA-256 digest. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** What is kept of a key. Whoever has only the database cannot even tell whether a text is one (pictures S-F1). */
export function storedDigestOf(digest: Uint8Array, masterKey: Uint8Array): Buffer {
  return createHmac('sha256', Buffer.from(hkdfSync('sha256', masterKey, '', 'api keys', 32)))
    .update(digest)
    .digest()
}

/** @throws {InvalidApiKey} */
export function checkNewApiKey(key: NewApiKey, knownScopes: ReadonlySet<string>): void {
  const unknown = key.scopes.find((scope) => !knownScopes.has(scope))
  if (unknown !== undefined) {
    throw new InvalidApiKey(`scopes: there is no ${unknown}; there are ${[...knownScopes].toSorted().join(', ')}`)
  }
  const wrong = key.networks.find((network) => !isNetwork(network))
  if (wrong !== undefined) throw new InvalidApiKey(`allowed_addresses: ${wrong} is no address and no network`)
}

/** An address, or a network such as `10.0.0.0/8`. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
