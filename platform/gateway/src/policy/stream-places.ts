import type { ServerResponse } from 'node:http'
import { Rejection } from '@sallyport/kernel'

/** A browser needs one for each window. */
const mostPerCaller = 16

/** Somebody watches too much at once. */
export class TooManyStreams extends Rejection {
  override name = 'TooManyStreams'
  readonly code = 'too-many-streams'
  readonly reason = 'too-many'

  constructor() {
    super(`no more than ${mostPerCaller} streams of events may be open at once`)
  }
}

/** The streams of events that are open, by who has them: each is held until its client leaves. */
export class StreamPlaces {
  readonly #open = new Map<string, number>()

  /** Takes a place for an answer, until it is over. Answers false when the caller has too many. */
  take(caller: string, response: ServerResponse): boolean {
    const others = this.#open.get(caller) ?? 0
    if (others >= mostPerCaller) return false
    this.#open.set(caller, others + 1)
    response.once('close', () => {
      const left = (this.#open.get(caller) ?? 1) - 1
      if (left > 0) this.#open.set(caller, left)
      else this.#open.delete(caller)
    })
    return true
  }
}
