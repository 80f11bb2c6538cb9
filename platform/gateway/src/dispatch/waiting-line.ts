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
    if (this.#timer === undefined) this.#timer = this.#wake(one)
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

  #wake(first: T): NodeJS.Timeout {
    return setTimeout(() => this.#sendAwayTheLate(), Math.max(1, first.deadline - this.#now())).unref()
  }

  #sendAwayTheLate(): void {
    this.#timer = undefined
    for (const one of this.#waiting) {
      if (one.deadline > this.#now()) {
        this.#timer = this.#wake(one)
        return
      }
      this.#waiting.delete(one)
      one.waitedTooLong()
    }
  }
}
