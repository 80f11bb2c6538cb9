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
  /**
   * Calls back with what is in force and, until stopped, with everything that comes after it; with nothing where there was
   * nothing to hear, so that silence means that nothing can be heard.
   *
   * @param listener is told as well for how long whoever hands the news on has heard nothing, in milliseconds
   */
  subscribe(listener: (revocations: readonly Revocation[], silentMs?: number) => void): Promise<{ stop(): void }>
}

/** After so many milliseconds of silence the feed counts as lost; it is read several times a second. */
const lostAfterMs = 2000

/**
 * The revocations in force, in memory. An entry lives no longer than the tokens it concerns, so the size is bounded by
 * the sessions that can be opened in the life of a token.
 */
export class RevocationList {
  readonly #clock: Clock
  readonly #sessions = new Map<string, number>()
  readonly #accounts = new Map<string, number>()
  #nextSweep = 0
  #heardAtMs = Number.NEGATIVE_INFINITY
  #isTold = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long the feed has not been heard, in milliseconds; infinite before it was heard for the first time. */
  get silentMs(): number {
    return this.#clock.now().getTime() - this.#heardAtMs
  }

  /** Whether it was ever told what is in force, be it that nothing is or that nobody has heard for long. */
  get isTold(): boolean {
    return this.#isTold
  }

  /** Whether what others revoke is known here at once, as it should be. */
  get state(): 'ready' | 'lost' {
    return this.silentMs > lostAfterMs ? 'lost' : 'ready'
  }

  /** @param silentMs for how long whoever hands this on has heard nothing */
  apply(revocations: readonly Revocation[], silentMs = 0): void {
    this.#isTold = true
    this.#heardAtMs = Math.max(this.#heardAtMs, this.#clock.now().getTime() - silentMs)
    for (const { kind, id, until } of revocations) this.#until(kind).set(id, until)
    this.#sweep()
  }

  isRevoked(sessionId: string, accountId: string): boolean {
    return this.#sessions.has(sessionId) || this.#accounts.has(accountId)
  }

  #sweep(): void {
    const now = toUnixSeconds(this.#clock.now())
    if (now < this.#nextSweep) return
    this.#nextSweep = now + 60
    for (const list of [this.#sessions, this.#accounts]) {
      for (const [id, until] of list) if (until < now) list.delete(id)
    }
  }

  #until(kind: Revocation['kind']): Map<string, number> {
    return kind === 'session' ? this.#sessions : this.#accounts
  }
}
