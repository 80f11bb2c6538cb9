import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** What a token says, as far as its signature vouches for it. */
export type Claims = Readonly<Record<string, unknown>>

const mostTokens = 10_000
/** A verified token is trusted without looking at its signature again for this long. */
const keptMs = 60_000

/**
 * Tokens whose signature was found good lately, by their digests: who reads the memory finds none but the last. That a
 * token is known says nothing of its time, nor whether it was revoked; whoever asks looks at both every time.
 */
export class VerifiedTokens {
  readonly #tokens = new LRUCache<string, { readonly claims: Claims; readonly untilMs: number }>({ max: mostTokens })
  readonly #digestOf = digestOnce()

  find(token: string, nowMs: number): Claims | undefined {
    const known = this.#tokens.get(this.#digestOf(token))
    return known && nowMs < known.untilMs ? known.claims : undefined
  }

  keep(token: string, claims: Claims, nowMs: number): void {
    this.#tokens.set(this.#digestOf(token), { claims, untilMs: nowMs + keptMs })
  }

  /** For when a key is gone: what it has verified before counts no more. */
  forgetAll(): void {
    this.#tokens.clear()
  }
}

/** Digests tokens. In one process the door and the service ask for the same token one after the other. */
function digestOnce(): (token: string) => string {
  let [last, digest] = ['', '']
  return (token) => {
    if (token !== last) [last, digest] = [token, hash('sha256', token, 'latin1')]
    return digest
  }
}
