import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { PublicJwk, SignatureAlgorithm } from '@sallyport/service'

type Json = Readonly<Record<string, unknown>>

/** A key of an issuer of tokens. It signs whatever it is given: a library would refuse some of what has to be refused. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm
  readonly kid: string
  readonly publicKey: KeyObject
  readonly jwk: PublicJwk
  /** @param header instead of the usual members, or beside them */
  sign(claims: Json | string, header?: Json): string
}

const makers = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
}

export function makeSigningKey(algorithm: SignatureAlgorithm, kid: string = algorithm): SigningKey {
  const { publicKey, privateKey } = makers[algorithm]()
  return {
    algorithm,
    kid,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' },
    sign(claims, header = {}) {
      const input = `${encode({ alg: algorithm, typ: 'JWT', kid, ...header })}.${encode(claims)}`
      const hash = algorithm === 'EdDSA' ? null : 'sha256'
      const signature = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
  }
}

/** One part of a token. What is JSON already stays as it is. */
export function encode(part: Json | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}
