import { generateKeyPairSync } from 'node:crypto'
import { newId, toUnixSeconds } from '@sallyport/kernel'
import { platformAudience, type PublicJwk } from '@sallyport/service'
import { createSigner } from 'fast-jwt'

export const issuerName = 'http://localhost:8080'

/** Who signs the tokens of the benchmark. */
export interface Issuer {
  readonly publicJwk: PublicJwk
  readonly publicPem: string
  /** A token like those of identity, good for an hour. */
  sign(): string
}

export function createIssuer(): Issuer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = newId()
  const sign = createSigner({
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    algorithm: 'RS256',
    kid,
  })
  return {
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' },
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }),
    sign() {
      const now = toUnixSeconds(new Date())
      return sign({
        iss: issuerName,
        aud: platformAudience,
        sub: newId(),
        sid: newId(),
        jti: newId(),
        username: 'ada',
        role: 'user',
        roles: ['user'],
        scope: 'impersonate',
        iat: now,
        exp: now + 3600,
      })
    },
  }
}
