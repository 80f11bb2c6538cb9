import type { ServerResponse } from 'node:http'
import { Rejection } from '@sallyport/kernel'
import { CallerPlaces } from './caller-places.ts'

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
  readonly #places = new CallerPlaces(mostPerCaller)

  /** Takes a place for an answer, until it is over. Answers false when the caller has too many. */
  take(caller: string, response: ServerResponse): boolean {
    const giveBack = this.#places.take(caller)
    if (giveBack) response.once('close', giveBack)
    return giveBack !== undefined
  }
}
