/** Places that callers hold for as long as something lasts, each no more than so many. */
export class CallerPlaces {
  readonly #most: number
  readonly #held = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** Takes a place. Answers how it is given back, once, or nothing when the caller has as many as may be. */
  take(caller: string): (() => void) | undefined {
    const others = this.#held.get(caller) ?? 0
    if (others >= this.#most) return undefined
    this.#held.set(caller, others + 1)
    return () => {
      const left = (this.#held.get(caller) ?? 1) - 1
      if (left > 0) this.#held.set(caller, left)
      else this.#held.delete(caller)
    }
  }
}
