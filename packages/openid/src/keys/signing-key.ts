import { createPublicKey, type KeyObject } from 'node:crypto'
import { ExternalSigningKey } from '../library.ts'
import type { OpenIdKeys, PublishedKey } from './openid-keys.ts'

/** The keys in the provider's terms, the one that signs first: it takes the first that fits. */
export function signingKeys({ current, published }: OpenIdKeys): SigningKey[] {
  const own = published.find(({ kid }) => kid === current.kid)
  if (!own) throw new TypeError('the key that signs is not published')
  const others = published.filter(({ kid }) => kid !== current.kid)
  return [new SigningKey(own, current.privateKey), ...others.map((key) => new SigningKey(key, undefined))]
}

/** A key that signs without leaving where it is, or that is only published. */
class SigningKey extends ExternalSigningKey {
  readonly #published: PublishedKey
  readonly #privateKey: CryptoKey | undefined

  constructor(published: PublishedKey, privateKey: CryptoKey | undefined) {
    super()
    this.#published = published
    this.#privateKey = privateKey
  }

  override get kid(): string {
    return this.#published.kid
  }

  override get alg(): string {
    return this.#published.alg
  }

  override keyObject(): KeyObject {
    return createPublicKey({ key: this.#published, format: 'jwk' })
  }

  override async sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    if (!this.#privateKey) throw new TypeError(`the key ${this.kid} is only published`)
    return new Uint8Array(await crypto.subtle.sign(algorithmOf(this.alg), this.#privateKey, data))
  }
}

function algorithmOf(alg: string): { name: string; hash?: string } {
  if (alg === 'RS256') return { name: 'RSASSA-PKCS1-v1_5' }
  if (alg === 'ES256') return { name: 'ECDSA', hash: 'SHA-256' }
  if (alg === 'EdDSA' || alg === 'Ed25519') return { name: 'Ed25519' }
  throw new TypeError(`nothing signs with ${alg}`)
}
