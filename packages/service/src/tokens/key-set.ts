import { createHash, createPublicKey } from 'node:crypto'
import { type Clock, Rejection, type Soon } from '@sallyport/kernel'
import { createVerifier } from 'fast-jwt'
import { type Claims, VerifiedTokens } from './verified-tokens.ts'

/** A public key in the form of RFC 7517. */
export type PublicJwk = Record<string, unknown>

/** The signature algorithms that are known here, and the keys that are made for them (RFC 7518 §6, RFC 8037). */
const keyKinds = {
  RS256: { kty: 'RSA', crv: undefined },
  ES256: { kty: 'EC', crv: 'P-256' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
} as const
export type SignatureAlgorithm = keyof typeof keyKinds

/**
 * Tells sets of keys apart: the same for the same keys, wherever they are. It is made of what a key is called and for, and
 * of the members that RFC 7638 §3.2 makes its thumbprint of: another key under the same name is another version.
 */
export function keysVersion(keys: readonly PublicJwk[]): string {
  const described = keys.map(({ kid, alg, use, kty, crv, n, e, x, y }) =>
    JSON.stringify({ kid, alg, use, kty, crv, n, e, x, y }),
  )
  return createHash('sha256').update(described.toSorted().join('\n')).digest('base64url')
}

/** Where an issuer's keys come from. */
export interface KeySource {
  fetch(): Promise<readonly PublicJwk[]>
  /** Calls back with the version of the present keys whenever it is heard, or when it changes; until stopped. */
  watch(listener: (version: string) => Promise<void>): { stop(): void }
}

/** How an issuer's tokens are checked beyond their signature. */
export interface KeySetOptions {
  readonly issuer: string
  /** Another name that the same issuer signs under, with the same keys. */
  readonly alias?: string
  readonly audience: string
  /**
   * The only signature algorithms that count. Of these a token must be signed with the one that its key is for: its header
   * does not get to choose another.
   */
  readonly algorithms: readonly SignatureAlgorithm[]
  /** A token counts for so long after its end: for issuers whose clock may be a little off. */
  readonly leewaySeconds?: number
  /** Fetches the issuer's present public keys. */
  readonly fetchKeys: () => Promise<readonly PublicJwk[]>
  /** Hears of a published key that says it is for one of these algorithms and cannot be read, once while it stays so. */
  readonly onUnusable?: (kid: string, error: unknown) => void
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
  /** Every name that its tokens come under. */
  readonly names: readonly string[]
  /**
   * The claims of a token of this issuer for this audience, or undefined when it is not one or no longer valid.
   *
   * @throws {KeysUnavailable}
   */
  verify(token: string): Soon<Claims | undefined>
  /** The public keys as they were heard last. @throws {KeysUnavailable} */
  published(): readonly PublicJwk[]
  /** Fetches the keys. Those that are gone verify nothing any more, also nothing they have verified before. */
  refresh(): Promise<void>
  /** Fetches the keys unless they are of this version. */
  catchUp(version: string): Promise<void>
}

type Verify = (token: string) => unknown

/** A key as it was published, and what verifies its tokens. */
interface KnownKey {
  readonly published: string
  readonly verify: Verify
}

/** An unknown key id asks the issuer again, but not more often than this: junk tokens must not become a flood. */
const refreshPauseMs = 5000
/** The same while the issuer does not answer. */
const retryPauseMs = 250
/** The clocks of two machines may differ by this much. */
const clockToleranceMs = 60_000

export function createKeySet(options: KeySetOptions): KeySet {
  const { issuer, algorithms, fetchKeys, clock, leewaySeconds = 0, onUnusable } = options
  const names = namesOf(options)
  const verified = new VerifiedTokens()
  let known: ReadonlyMap<string, KnownKey> | undefined
  let heard: readonly PublicJwk[] | undefined
  let unusable: ReadonlySet<string> = new Set()
  let version: string | undefined
  let nextTryMs = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined
  let following: Promise<void> | undefined

  const notKnownYet = (): KeysUnavailable => new KeysUnavailable(`the keys of ${issuer} are not known yet`)

  async function load(): Promise<void> {
    const keys = await fetchKeys()
    const next = new Map<string, KnownKey>()
    const unread = new Set<string>()
    for (const jwk of keys) {
      const { kid } = jwk
      const algorithm = algorithms.find((name) => isFor(name, jwk))
      if (typeof kid !== 'string' || algorithm === undefined) continue
      const published = JSON.stringify(jwk)
      const before = known?.get(kid)
      // One that cannot be read is no reason to go on with others that are gone.
      try {
        const verify = before?.published === published ? before.verify : verifierOf(jwk, algorithm, options)
        next.set(kid, { published, verify })
      } catch (error) {
        unread.add(published)
        if (!unusable.has(published)) onUnusable?.(kid, error)
      }
    }
    unusable = unread
    const stay = [...(known ?? [])].every(([kid, { verify }]) => next.get(kid)?.verify === verify)
    if (!stay) verified.forgetAll()
    known = next
    heard = keys
    version = keysVersion(keys)
  }

  function start(): Promise<void> {
    return (running ??= load().finally(() => (running = undefined)))
  }

  /** What is under way may have been answered before the change that is asked for. */
  function refresh(): Promise<void> {
    if (!running) return start()
    following ??= running
      .catch(() => undefined)
      .then(() => {
        following = undefined
        return start()
      })
    return following
  }

  /** The issuer being away is no reason to fail: a key that was never published stays unknown. */
  async function askForUnknown(): Promise<void> {
    nextTryMs = clock.now().getTime() + retryPauseMs
    await start().then(
      () => (nextTryMs = clock.now().getTime() + refreshPauseMs),
      () => undefined,
    )
  }

  /** Claims, unless it is not the time for them: that is looked at every time, however lately they were verified. */
  function timely(claims: Claims | undefined, nowMs: number): Claims | undefined {
    return claims && isTimely(claims, nowMs, leewaySeconds) ? claims : undefined
  }

  /** Verifies with the keys that are known now. */
  function verifyWith(kid: string, token: string): Claims | undefined {
    if (!known) throw notKnownYet()
    const nowMs = clock.now().getTime()
    const claims = claimsOf(known.get(kid)?.verify, token)
    if (claims) verified.keep(token, claims, nowMs)
    return timely(claims, nowMs)
  }

  async function verifyLater(kid: string, token: string): Promise<Claims | undefined> {
    if (running !== undefined || clock.now().getTime() >= nextTryMs) await askForUnknown()
    return verifyWith(kid, token)
  }

  return {
    issuer,
    names,
    refresh,
    published() {
      if (!heard) throw notKnownYet()
      return heard
    },
    async catchUp(news) {
      if (news !== version) await refresh()
    },
    verify(token) {
      const nowMs = clock.now().getTime()
      const before = verified.find(token, nowMs)
      if (before) return timely(before, nowMs)
      const kid = keyIdOf(token)
      if (kid === undefined) return undefined
      return known?.has(kid) === true ? verifyWith(kid, token) : verifyLater(kid, token)
    },
  }
}

/** Whether a key is published for signatures of this algorithm and can be used with it. */
function isFor(algorithm: SignatureAlgorithm, { alg, use = 'sig', kty, crv }: PublicJwk): boolean {
  const kind = keyKinds[algorithm]
  return use === 'sig' && alg === algorithm && kty === kind.kty && crv === kind.crv
}

function verifierOf(
  jwk: PublicJwk,
  algorithm: SignatureAlgorithm,
  options: Pick<KeySetOptions, 'issuer' | 'alias' | 'audience'>,
): Verify {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  return createVerifier({
    key: Buffer.from(key),
    algorithms: [algorithm],
    allowedIss: [...namesOf(options)],
    allowedAud: options.audience,
    requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat'],
    // Times are judged by `isTimely`, against the clock that was passed in, also of what was verified before.
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
}

function claimsOf(verify: Verify | undefined, token: string): Claims | undefined {
  try {
    const claims = verify?.(token)
    return isRecord(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

/** Not over, begun, and not made in the future (RFC 7519 §4.1.4 to §4.1.6). */
function isTimely({ exp, nbf, iat }: Claims, nowMs: number, leewaySeconds: number): boolean {
  if (typeof exp !== 'number' || nowMs >= (exp + leewaySeconds) * 1000) return false
  if (nbf !== undefined && !(typeof nbf === 'number' && nowMs >= nbf * 1000)) return false
  return typeof iat === 'number' && nowMs >= iat * 1000 - clockToleranceMs
}

function namesOf({ issuer, alias }: Pick<KeySetOptions, 'issuer' | 'alias'>): readonly string[] {
  return alias === undefined ? [issuer] : [issuer, alias]
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
