/** Something that is given so long, and told when that is over. The numbers are for {@link Deadlines} alone. */
export interface Limited {
  /** How often it is still found waiting before that. */
  looksLeft: number
  /** Where it stands among those that are watched; -1 for nowhere. */
  place: number
  onTooLate(): void
}

/**
 * Watches limits that are nearly always kept: thousands come and go in a second, for which a timer each would cost more
 * than what they guard. Time is counted in looks, so that one is told of late by two of these at most, and a process that
 * was held up blames nobody for it.
 */
export class Deadlines {
  readonly #lookEveryMs: number
  /** A set would do, but what was in one keeps the collector busy long after. */
  readonly #watched: Limited[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(lookEveryMs: number) {
    this.#lookEveryMs = lookEveryMs
  }

  /** From now on it has so long. */
  watch(one: Limited, limitMs: number): void {
    // The next look may come at once.
    one.looksLeft = Math.ceil(limitMs / this.#lookEveryMs) + 1
    if (one.place < 0) one.place = this.#watched.push(one) - 1
    this.#timer ??= setInterval(() => this.#look(), this.#lookEveryMs).unref()
  }

  forget(one: Limited): void {
    const { place } = one
    if (place < 0) return
    one.place = -1
    const last = this.#watched.pop()
    if (last === undefined || last === one) return
    this.#watched[place] = last
    last.place = place
  }

  #look(): void {
    for (const one of this.#watched) one.looksLeft -= 1
    for (const one of this.#watched.filter(({ looksLeft }) => looksLeft <= 0)) {
      // One that was told may have ended another, or begun it anew.
      if (one.place < 0 || one.looksLeft > 0) continue
      this.forget(one)
      one.onTooLate()
    }
    // Not when the last is forgotten: with little to do there would be a timer for each again.
    if (this.#watched.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
