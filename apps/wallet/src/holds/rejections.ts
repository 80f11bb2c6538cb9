import { Rejection } from '@sallyport/kernel'
import type { HoldId, HoldState } from '../ledger/transfer.ts'

/** The id belongs to a hold with other content, to one that was released before it came, or to one that paid another. */
export class HoldConflict extends Rejection {
  override name = 'HoldConflict'
  readonly code = 'transfer-conflict'
  readonly reason = 'conflict'
  /** What became of the hold that has the id. */
  override readonly facts: { readonly hold: HoldState }

  constructor(id: HoldId, state: HoldState) {
    super(`the id ${id} belongs to another hold, which is ${state}`)
    this.facts = { hold: state }
  }
}

/** The auction was paid for out of another hold. */
export class AlreadySold extends Rejection {
  override name = 'AlreadySold'
  readonly code = 'transfer-conflict'
  readonly reason = 'conflict'

  constructor() {
    super('the auction was paid for out of another hold')
  }
}

/** There is no hold under this id. */
export class UnknownHold extends Rejection {
  override name = 'UnknownHold'
  readonly code = 'unknown-hold'
  readonly reason = 'not-found'

  constructor() {
    super('there is no such hold')
  }
}

/** Nobody buys of themselves (market §7). */
export class OwnSale extends Rejection {
  override name = 'OwnSale'
  readonly code = 'own-sale'
  readonly reason = 'invalid'

  constructor() {
    super('a player cannot be paid out of their own hold')
  }
}
