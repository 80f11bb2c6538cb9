import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { type KeySource, keysVersion } from '@sallyport/service'
import type { KeySets, PublicKey } from './key-set-form.ts'

/** The keys that the gateway signs with, and those that it publishes. */
export interface GatewayKeys {
  /** Of the key that signs. */
  readonly signingKeyId: string
  published(): readonly PublicKey[]
  /** The same, for whoever verifies in this process. */
  readonly source: KeySource
  /** The claims as a token (enrollment E-26), signed on the thread pool: for what is signed once. */
  sign(claims: object): Promise<string>
  /** The same at once, for tokens that are then used again. */
  signNow(claims: object): string
  /** Goes over to other files. @throws {NoSuchSigningKey} */
  use(sets: KeySets): void
}

/** The key that is to sign is not among the private ones. */
export class NoSuchSigningKey extends Error {
  override name = 'NoSuchSigningKey'
}

/** @param chosen the id of the key that signs; otherwise the first of the private ones does @throws {NoSuchSigningKey} */
export function createGatewayKeys(sets: KeySets, chosen?: string): GatewayKeys {
  let published = sets.public
  let signer = signerOf(sets, chosen)
  const listeners = new Set<(version: string) => Promise<void>>()

  return {
    get signingKeyId() {
      return signer.kid
    },
    published: () => published,
    source: {
      fetch: async () => published,
      watch(listener) {
        listeners.add(listener)
        return { stop: () => listeners.delete(listener) }
      },
    },
    sign: (claims) => signer.sign(claims),
    signNow: (claims) => signer.signNow(claims),
    use(next) {
      signer = signerOf(next, chosen)
      published = next.public
      // Nobody fails at this: it is memory that is asked.
      for (const listener of listeners) void listener(keysVersion(published))
    },
  }
}

type Signer = Pick<GatewayKeys, 'sign' | 'signNow'> & { readonly kid: string }

function signerOf({ private: keys }: KeySets, chosen: string | undefined): Signer {
  const key = chosen === undefined ? keys[0] : keys.find(({ kid }) => kid === chosen)
  if (!key) throw new NoSuchSigningKey(`there is no private key ${chosen ?? ''}`.trim())
  const { kid } = key
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  const header = encode({ alg: 'RS256', kid, typ: 'JWT' })
  // The compact serialization of RFC 7515 §7.1, and nothing is added to the claims.
  const inputOf = (claims: object): string => `${header}.${encode(claims)}`
  return {
    kid,
    async sign(claims) {
      const input = inputOf(claims)
      return `${input}.${(await signOnPool('sha256', Buffer.from(input), privateKey)).toString('base64url')}`
    },
    signNow(claims) {
      const input = inputOf(claims)
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
    },
  }
}

/** With a callback Node signs on its thread pool. */
const signOnPool = promisify((algorithm: string, data: Buffer, key: KeyObject, done: SignatureDone) =>
  sign(algorithm, data, key, done),
)
type SignatureDone = (error: Error | null, signature: Buffer) => void

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
