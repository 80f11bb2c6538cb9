import { createPublicKey } from 'node:crypto'
import { type Clock, Rejection } from '@sallyport/kernel'
import { createVerifier } from 'fast-jwt'

/** A public key in the form of RFC 7517. */
export type PublicJwk = Record<string, unknown>

/** How an issuer's tokens are checked beyond their signature. */
export interface KeySetOptions {
  readonly issuer: string
  /** Another name that the same issuer signs under, with the same keys. */
  readonly alias?: string
  readonly audience: string
  /** The only signature algorithms that count; the token's header does not get to choose another. */
  readonly algorithms: readonly ('RS256' | 'ES256' | 'EdDSA')[]
  /** Fetches the issuer's present public keys. */
  readonly fetchKeys: () => Promise<readonly PublicJwk[]>
  readonly clock: Clock
}

/** The issuer's keys were never heard of, so nobody can tell good tokens from bad ones yet. */
export class KeysUnavailable extends Rejection {
  override name = 'KeysUnavailable'
  readonly code = 'keys-unavailable'
  readonly reason = 'busy'
}

/** The keys of one issuer, kept so that tokens can be verified while the issuer is away. */
export interface KeySet {
  readonly issuer: string
  /**
   * The claims of a token of this issuer for this audience, or undefined when it is not one or no longer valid.
   *
   * @throws {KeysUnavailable}
   */
  verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined>
  refresh(): Promise<void>
}

type Verify = (token: string) => unknown

/** An unknown key id asks the issuer again, but not more often than this: junk tokens must not become a flood. */
const refreshPauseMs = 5000
/** The same while the issuer does not answer. */
const retryPauseMs = 250
const cachedTokens = 10_000
/** A verified token is trusted without looking at its signature again for this long. */
const cacheMs = 60_000

export function createKeySet(options: KeySetOptions): KeySet {
  const { issuer, alias, audience, algorithms, fetchKeys, clock } = options
  let verifiers: ReadonlyMap<string, Verify> | undefined
  let nextTryMs = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  async function load(): Promise<void> {
    const keys = await fetchKeys()
    const next = new Map<string, Verify>()
    for (const jwk of keys) {
      if (typeof jwk['kid'] !== 'string' || typeof jwk['kty'] !== 'string') continue
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
      next.set(
        jwk['kid'],
        createVerifier({
          key: Buffer.from(key),
          algorithms: [...algorithms],
          allowedIss: alias === undefined ? issuer : [issuer, alias],
          allowedAud: audience,
          requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat'],
          // Expiry is checked below, against the clock that was passed in.
          ignoreExpiration: true,
          cache: cachedTokens,
          cacheTTL: cacheMs,
        }),
      )
    }
    verifiers = next
  }

  async function refresh(): Promise<void> {
    running ??= load().finally(() => (running = undefined))
    nextTryMs = clock.now().getTime() + retryPauseMs
    await running
    nextTryMs = clock.now().getTime() + refreshPauseMs
  }

  return {
    issuer,
    refresh,
    async verify(token) {
      const kid = keyIdOf(token)
      if (kid === undefined) return undefined
      if (!verifiers?.has(kid) && (running !== undefined || clock.now().getTime() >= nextTryMs)) {
        // The issuer being away is no reason to fail: a key that was never published stays unknown.
        await refresh().catch(() => undefined)
      }
      if (!verifiers) throw new KeysUnavailable(`the keys of ${issuer} are not known yet`)
      const verifier = verifiers.get(kid)
      return verifier && claimsOf(verifier, token, clock.now())
    },
  }
}

function claimsOf(verify: Verify, token: string, now: Date): Readonly<Record<string, unknown>> | undefined {
  let claims: unknown
  try {
    claims = verify(token)
  } catch {
    return undefined
  }
  if (!isRecord(claims)) return undefined
  const { exp } = claims
  return typeof exp === 'number' && now.getTime() < exp * 1000 ? claims : undefined
}

/** The `kid` of a token's header, which is a claim of its sender and nothing more. */
export function keyIdOf(token: string): string | undefined {
  // Longer than any token of ours: not worth decoding.
  if (token.length > 8192) return undefined
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString())
    return isRecord(header) && typeof header['kid'] === 'string' ? header['kid'] : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
