import { Rejection } from '@sallyport/kernel'
import type { HoldId, HoldState } from '../ledger/transfer.ts'

/** The id belongs to a batch with other content, or an offer's id to a hold that was there before. */
export class OffersConflict extends Rejection {
  override name = 'OffersConflict'
  readonly code = 'transfer-conflict'
  readonly reason = 'conflict'

  constructor(taken: 'batch' | 'hold') {
    super(taken === 'batch' ? 'the id belongs to another batch' : 'an offer has the id of another hold')
  }
}

/** The hold paid another sale, or was released because the seller of another had gone. */
export class HoldConflict extends Rejection {
  override name = 'HoldConflict'
  readonly code = 'transfer-conflict'
  readonly reason = 'conflict'
  override readonly facts: { readonly hold: HoldState }

  constructor(id: HoldId, state: HoldState) {
    super(`the hold ${id} belongs to another sale, and is ${state}`)
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

/** Nobody buys of themselves (market §7). */
export class OwnSale extends Rejection {
  override name = 'OwnSale'
  readonly code = 'own-sale'
  readonly reason = 'invalid'

  constructor() {
    super('a player cannot be paid out of their own hold')
  }
}
