import { type Clock, toUnixSeconds } from '@sallyport/kernel'

/** What no longer counts although its tokens have not expired: a session, or an account with all its sessions. */
export interface Revocation {
  /** Its place in the feed. */
  readonly sequence: number
  readonly kind: 'session' | 'account'
  readonly id: string
  /** UNIX seconds; after this no token it concerns can be valid any more. */
  readonly until: number
}

/** Where revocations come from: identity itself in the same process, or its feed over the network. */
export interface RevocationSource {
  /** Calls back with what is in force and, until stopped, with everything that comes after it. */
  subscribe(listener: (revocations: readonly Revocation[]) => void): Promise<{ stop(): void }>
}

/**
 * The revocations in force, in memory. An entry lives no longer than the tokens it concerns, so the size is bounded by
 * the sessions that can be opened in the life of a token.
 */
export class RevocationList {
  readonly #clock: Clock
  readonly #until = new Map<string, number>()
  #nextSweep = 0
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The place in the feed that this list has reached. */
  get sequence(): number {
    return this.#last
  }

  apply(revocations: readonly Revocation[]): void {
    for (const { sequence, kind, id, until } of revocations) {
      this.#until.set(`${kind}:${id}`, until)
      this.#last = Math.max(this.#last, sequence)
    }
    this.#sweep()
  }

  isRevoked(sessionId: string, accountId: string): boolean {
    return this.#until.has(`session:${sessionId}`) || this.#until.has(`account:${accountId}`)
  }

  #sweep(): void {
    const now = toUnixSeconds(this.#clock.now())
    if (now < this.#nextSweep) return
    this.#nextSweep = now + 60
    for (const [key, until] of this.#until) if (until < now) this.#until.delete(key)
  }
}
