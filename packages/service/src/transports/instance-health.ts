/**
 * How a call failed: `refused` before anything was delivered, `lost` on the way, or because the instance was `silent`
 * for too long.
 */
export type Failure = 'refused' | 'lost' | 'silent'

/** For so long an instance that refuses connections is passed over, in milliseconds (enrollment E-41). */
export const pauseMs = 2000
/** What a pause grows to at most: a restarted instance is called again within 5 s (enrollment E-43). */
const longestPauseMs = 4000
/** After so many calls in a row that were lost or met silence, the instance is passed over too. */
const tolerated = 3
/** When every instance is out there is nobody to turn to, so one of them is tried again this soon, in milliseconds. */
const lastResortMs = 250
/**
 * A call whose client is still sending may try an instance for a long time, and so may one that a restarted instance takes
 * long over, though it refuses nobody any more. Another one may after so many milliseconds, so that together with the longest
 * pause an instance is called again within 5 s.
 */
const slowTrialMs = 500

/**
 * Whether one of several processes of a service is called, as the calls to it tell. Whoever takes a turn says once how
 * it went: `answered`, `failed` or `abandoned`.
 */
export class InstanceHealth {
  readonly #now: () => number
  #out = false
  #failedAt = 0
  #pauseMs = pauseMs
  #failures = 0
  /** Whether it went out by refusing, and not by hanging: whoever hangs is tried by one call at a time. */
  #refused = false
  /** Until when a call is finding out whether the instance is back, and no other is to. */
  #triedUntil = Number.NEGATIVE_INFINITY

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now
  }

  get isUp(): boolean {
    return !this.#out
  }

  /** Whether a call may go there. When the instance is out, that is one call after its pause. */
  admits(): boolean {
    return !this.#out || this.#mayBeTried(this.#pauseMs)
  }

  /** The same when there is no other instance. */
  admitsAsLast(): boolean {
    return !this.#out || this.#mayBeTried(lastResortMs)
  }

  #mayBeTried(pauseMs: number): boolean {
    const now = this.#now()
    return now >= this.#triedUntil && now >= this.#failedAt + pauseMs
  }

  /**
   * Says that a call goes there.
   *
   * @param isSlow whether it may take long for a reason that is not the instance's
   * @returns whether it is one that finds out whether the instance is back
   */
  take(isSlow = false): boolean {
    if (!this.#out) return false
    this.#triedUntil = isSlow || this.#refused ? this.#now() + slowTrialMs : Number.POSITIVE_INFINITY
    return true
  }

  /** Whatever the answer was. @returns whether the instance is back by it */
  answered(trial: boolean): boolean {
    if (!trial) {
      // Of an instance that is out, calls from before may still be answered: it is on its way down.
      if (!this.#out) this.#failures = 0
      return false
    }
    const wasOut = this.#out
    this.#failures = 0
    this.#out = false
    this.#endTrial()
    return wasOut
  }

  /** @returns whether the instance is passed over from now on, and was not before */
  failed(failure: Failure, isTrial: boolean): boolean {
    // Another call may have found out meanwhile that the instance is back.
    const trial = isTrial && this.#out
    // What was under way when it went out says nothing new.
    if (this.#out && !trial) return false
    this.#failures += 1
    if (!trial && failure !== 'refused' && this.#failures < tolerated) return false
    // A process that refuses may be there again at any moment; one that hangs costs whoever tries it a long wait.
    this.#pauseMs = trial && failure !== 'refused' ? Math.min(2 * this.#pauseMs, longestPauseMs) : pauseMs
    this.#failedAt = this.#now()
    this.#refused = failure === 'refused'
    this.#endTrial()
    this.#out = true
    return !trial
  }

  /** The caller went away before there was an answer. */
  abandoned(trial: boolean): void {
    if (trial) this.#endTrial()
  }

  #endTrial(): void {
    this.#triedUntil = Number.NEGATIVE_INFINITY
  }
}
