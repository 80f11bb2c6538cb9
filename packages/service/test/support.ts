import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Clock } from '@sallyport/kernel'
import { pino } from 'pino'
import {
  accountIssuer,
  createAuthentication,
  createKeySet,
  type PublicJwk,
  RevocationList,
  type SignatureAlgorithm,
} from '../src/index.ts'

export const silent = pino({ level: 'silent' })

/** A clock that stands where it is put. */
export function stoppedClock(at = new Date('2026-11-22T12:00:00Z')): Clock & { set(date: Date): void } {
  let now = at
  return { now: () => now, set: (date) => void (now = date) }
}

export interface TestIssuer {
  readonly jwk: PublicJwk
  readonly publicKey: KeyObject
  sign(claims: Record<string, unknown>, header?: { kid?: string; alg?: string }): string
}

/** Makes a key pair for an algorithm. */
const makers = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
}

/** An issuer of tokens with a key of its own. */
export function createTestIssuer(kid = 'test-key', algorithm: SignatureAlgorithm = 'RS256'): TestIssuer {
  const { publicKey, privateKey } = makers[algorithm]()
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  return {
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' },
    // By hand: a library would refuse to sign some of what has to be refused.
    sign(claims, header = {}) {
      const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
      const input = `${encode({ alg: algorithm, typ: 'JWT', kid, ...header })}.${encode(claims)}`
      const signature = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
  }
}

export const issuerName = 'https://sallyport.test'

export function accessClaims(clock: Clock, claims: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(clock.now().getTime() / 1000)
  return {
    iss: issuerName,
    aud: 'sallyport',
    sub: '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11',
    sid: '0b9a2a55-0c43-4a8e-9d6b-5a4f3f6f7a22',
    jti: '5e0d9a70-54c8-4d3f-8a40-93f0b2b1c333',
    username: 'ada',
    role: 'user',
    roles: ['user'],
    scope: 'impersonate',
    iat: now,
    exp: now + 900,
    ...claims,
  }
}

export function testAuthentication(
  clock: Clock,
  issuer: TestIssuer,
  { told = true, ...options }: { failClosedSeconds?: number; told?: boolean } = {},
) {
  const revocations = new RevocationList(clock)
  if (told) revocations.apply([])
  const accountKeys = createKeySet({
    issuer: issuerName,
    audience: 'sallyport',
    algorithms: ['RS256'],
    fetchKeys: async () => [issuer.jwk],
    clock,
  })
  const authentication = createAuthentication({
    issuers: { identity: accountIssuer(accountKeys) },
    revocations,
    identifyService: async () => undefined,
    ...options,
  })
  return { authentication, revocations }
}
