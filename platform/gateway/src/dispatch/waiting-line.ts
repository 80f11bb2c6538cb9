export interface Waiting {
  /** When it has waited long enough, by the line's clock. */
  readonly deadline: number
  waitedTooLong(): void
}

/** Calls for which no connection is free, in order of arrival; so many and no more. */
export class WaitingLine<T extends Waiting> {
  readonly #now: () => number
  readonly #limit: number
  readonly #waiting = new Set<T>()
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Number.POSITIVE_INFINITY

  constructor(limit: number, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  get length(): number {
    return this.#waiting.size
  }

  /** @returns false when the line is full */
  join(one: T): boolean {
    if (this.#waiting.size >= this.#limit) return false
    this.#waiting.add(one)
    // Who comes back from an instance has waited before, and may have to leave first.
    if (one.deadline < this.#wakesAt) this.#wake(one.deadline)
    return true
  }

  leave(one: T): void {
    this.#waiting.delete(one)
  }

  /** Takes out who has waited longest. */
  shift(): T | undefined {
    for (const first of this.#waiting) {
      this.#waiting.delete(first)
      return first
    }
    return undefined
  }

  #wake(deadline: number): void {
    this.#wakesAt = deadline
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#sendAwayTheLate(), Math.max(1, deadline - this.#now())).unref()
  }

  #sendAwayTheLate(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY
    let next = Number.POSITIVE_INFINITY
    for (const one of this.#waiting) {
      if (one.deadline > this.#now()) {
        next = Math.min(next, one.deadline)
      } else {
        this.#waiting.delete(one)
        one.waitedTooLong()
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#wake(next)
  }
}
