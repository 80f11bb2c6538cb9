import { Rejection } from '@sallyport/kernel'

/** So many pictures are already being read that one more would wait too long. */
export class TooManyUploads extends Rejection {
  override name = 'TooManyUploads'
  readonly code = 'too-many-uploads'
  readonly reason = 'busy'
  constructor() {
    super('too many pictures come in now')
  }
}

/** Lets one thing after the other be done; more than so many waiting are refused. */
export function createTurns(mostWaiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return async (work) => {
    if (waiting >= mostWaiting) throw new TooManyUploads()
    waiting += 1
    const turn = last.then(work).finally(() => {
      waiting -= 1
    })
    last = turn.catch(() => undefined)
    return turn
  }
}
