import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/*
 * The two files of the gateway's keys (enrollment E-27): JWK Sets (RFC 7517 §5) whose keys have these members and no
 * others.
 */

const exactly = { additionalProperties: false }
const Integer = Type.String({ pattern: '^[A-Za-z0-9_-]+$' })
const publicMembers = {
  kty: Type.Literal('RSA'),
  kid: Type.String({ minLength: 1, maxLength: 200 }),
  alg: Type.Literal('RS256'),
  n: Integer,
  e: Integer,
}
const PublicKey = Type.Object(publicMembers, exactly)
const privateMembers = { d: Integer, p: Integer, q: Integer, dp: Integer, dq: Integer, qi: Integer }
const PrivateKey = Type.Object({ ...publicMembers, ...privateMembers }, exactly)
const KeySet = Type.Object({ keys: Type.Array(Type.Object({}), { maxItems: 100 }) }, exactly)

export type PublicKey = Static<typeof PublicKey>
export type PrivateKey = Static<typeof PrivateKey>

const privateKey = Compile(PrivateKey)
const publicKey = Compile(PublicKey)
const keySet = Compile(KeySet)

const leastModulusBits = 2048
/** With less a signature can be made up for some messages (FIPS 186-5 §5.4). */
const leastExponent = 65_537n

/** The keys of a private file and those of the public one beside it. */
export interface KeySets {
  readonly private: readonly PrivateKey[]
  /** The public halves of those, and perhaps of others that sign no more. */
  readonly public: readonly PublicKey[]
}

/** A file of keys cannot be used. The message names the key and the rule, and nothing that is secret. */
export class KeySetFault extends Error {
  override name = 'KeySetFault'
  readonly half: 'private' | 'public'

  constructor(half: 'private' | 'public', fault: string) {
    super(fault)
    this.half = half
  }
}

/** Reads the texts of both files. @throws {KeySetFault} */
export function readKeySets(text: { readonly private: string; readonly public: string }): KeySets {
  const privateKeys = readPrivateKeys(text.private)
  const publicKeys = readKeys('public', text.public, publicKey)
  for (const key of publicKeys) checkStrength('public', key)
  for (const { kid, n, e } of privateKeys) {
    const half = publicKeys.find((key) => key.kid === kid)
    if (!half) throw new KeySetFault('public', `the key ${kid} is missing, which the private set has`)
    if (half.n !== n || half.e !== e)
      throw new KeySetFault('public', `the key ${kid} is not the one in the private set`)
  }
  return { private: privateKeys, public: publicKeys }
}

/** What the public file has to say, by the text of the private one. @throws {KeySetFault} */
export function publicHalvesOf(privateText: string): readonly PublicKey[] {
  return readPrivateKeys(privateText).map(({ kty, kid, alg, n, e }) => ({ kty, kid, alg, n, e }))
}

function readPrivateKeys(text: string): readonly PrivateKey[] {
  const keys = readKeys('private', text, privateKey)
  if (keys.length === 0) throw new KeySetFault('private', 'there is no key in it')
  for (const key of keys) {
    checkStrength('private', key)
    checkPair(key)
  }
  return keys
}

interface Form<Key> {
  Check(value: unknown): value is Key
  Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[]
}

function readKeys<Key>(half: 'private' | 'public', text: string, form: Form<Key>): Key[] {
  const set = parse(text)
  if (!keySet.Check(set)) throw new KeySetFault(half, 'it is not a JWK Set: {"keys": […]} and nothing else')
  const seen = new Set<unknown>()
  return set.keys.map((key, index) => {
    const kid: unknown = Reflect.get(key, 'kid')
    const name = typeof kid === 'string' && kid !== '' ? `the key ${kid}` : `the key at place ${index + 1}`
    if (seen.has(kid)) throw new KeySetFault(half, `${name} is in it twice`)
    seen.add(kid)
    if (!form.Check(key)) throw new KeySetFault(half, `${name}: ${faultIn(form, key)}`)
    return key
  })
}

/** What its form says of the first member that is not as it should be; values are not shown. */
function faultIn<Key>(form: Form<Key>, key: object): string {
  const [error] = form.Errors(key)
  return error ? `${error.instancePath.slice(1)} ${error.message}`.trim() : 'it is not as it should be'
}

function checkStrength(half: 'private' | 'public', { kty, kid, n, e }: PublicKey): void {
  const { modulusLength = 0, publicExponent = 0n } = detailsOf(half, { kty, kid, n, e })
  if (modulusLength < leastModulusBits) {
    throw new KeySetFault(
      half,
      `the key ${kid}: its modulus has ${modulusLength} bits, at least ${leastModulusBits} are needed`,
    )
  }
  if (publicExponent < leastExponent) {
    throw new KeySetFault(half, `the key ${kid}: its exponent is smaller than ${leastExponent}`)
  }
}

function detailsOf(half: 'private' | 'public', { kid, ...key }: Omit<PublicKey, 'alg'>) {
  try {
    return createPublicKey({ key, format: 'jwk' }).asymmetricKeyDetails ?? {}
  } catch {
    throw new KeySetFault(half, `the key ${kid} is not an RSA key`)
  }
}

/** Whether the members of a private key belong together is seen by what it signs. */
function checkPair({ kty, kid, n, e, ...rest }: PrivateKey): void {
  const probe = Buffer.from(kid)
  const isPair = (): boolean => {
    try {
      const signature = sign('sha256', probe, createPrivateKey({ key: { ...rest, kty, n, e }, format: 'jwk' }))
      return verify('sha256', probe, createPublicKey({ key: { kty, n, e }, format: 'jwk' }), signature)
    } catch {
      return false
    }
  }
  if (!isPair()) throw new KeySetFault('private', `the key ${kid}: its private members do not belong to its modulus`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
