import { Rejection } from '@sallyport/kernel'
import type { Gacha } from '../catalogue/gacha.ts'

/** A gacha in a collection. */
export interface Collected extends Omit<Gacha, 'id'> {
  /** At least 1: a gacha whose last copy left is in the collection no more. */
  readonly copies: number
}

/** There is no open collection of this player: never opened, or closed. */
export class NoCollection extends Rejection {
  override name = 'NoCollection'
  readonly code = 'no-collection'
  readonly reason = 'not-found'
  constructor() {
    super('the player has no collection')
  }
}

export class NotCollected extends Rejection {
  override name = 'NotCollected'
  readonly code = 'not-collected'
  readonly reason = 'not-found'
  constructor() {
    super('the gacha is not in the collection')
  }
}

/** What should name a player is no UUID in lower case. */
export class MalformedPlayer extends Rejection {
  override name = 'MalformedPlayer'
  readonly code = 'malformed-player'
  readonly reason = 'invalid'
  constructor() {
    super('a player is named by a UUID in lower case')
  }
}
