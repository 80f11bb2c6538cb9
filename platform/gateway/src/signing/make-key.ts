import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { PrivateKey, PublicKey } from './key-set-form.ts'

const modulusLength = 2048

const makePair = promisify(generateKeyPair)

/** Makes a key for RS256, in the members that both files have (enrollment E-27). */
export async function makeKey(kid: string): Promise<{ readonly private: PrivateKey; readonly public: PublicKey }> {
  const { privateKey } = await makePair('rsa', { modulusLength })
  const { n = '', e = '', d = '', p = '', q = '', dp = '', dq = '', qi = '' } = privateKey.export({ format: 'jwk' })
  const head = { kty: 'RSA', kid, alg: 'RS256' } as const
  return { private: { ...head, n, e, d, p, q, dp, dq, qi }, public: { ...head, n, e } }
}
