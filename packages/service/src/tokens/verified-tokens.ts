import { hash } from 'node:crypto'
import type { Clock } from '@sallyport/kernel'
import { LRUCache } from 'lru-cache'

/** What a token says, as far as its signature vouches for it. */
export type Claims = Readonly<Record<string, unknown>>

const mostTokens = 10_000
/** A verified token is trusted without looking at its signature again for this long. */
const keptMs = 60_000

/**
 * Tokens whose signature was found good lately, by their digests: who reads the memory finds no token. That a token is
 * known says nothing of its time, nor whether it was revoked; whoever asks looks at both every time.
 */
export class VerifiedTokens {
  readonly #claims: LRUCache<string, Claims>

  constructor(clock: Clock) {
    this.#claims = new LRUCache({
      max: mostTokens,
      ttl: keptMs,
      perf: { now: () => clock.now().getTime() },
      ttlResolution: 0,
    })
  }

  find(token: string): Claims | undefined {
    return this.#claims.get(digestOf(token))
  }

  keep(token: string, claims: Claims): void {
    this.#claims.set(digestOf(token), claims)
  }

  /** For when a key is gone: what it has verified before counts no more. */
  forgetAll(): void {
    this.#claims.clear()
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'latin1')
}
