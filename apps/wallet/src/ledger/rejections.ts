import { Rejection } from '@sallyport/kernel'
import type { TransferId } from './transfer.ts'
import { costOf, fiatToNumber, type Tux, tuxToNumber } from './money.ts'

/** There is no open account of this player: never opened, or closed. */
export class UnknownPlayer extends Rejection {
  override name = 'UnknownPlayer'
  readonly code = 'unknown-player'
  readonly reason = 'not-found'
  /** As the caller wrote it. */
  readonly uid: string

  constructor(uid: string) {
    super('there is no such player')
    this.uid = uid
  }
}

export class NegativeAmount extends Rejection {
  override name = 'NegativeAmount'
  readonly code = 'negative-amount'
  readonly reason = 'invalid'

  constructor() {
    super('an amount cannot be negative')
  }
}

/** A purchase costs more fiat than the player has. The attempt is in the history. */
export class CannotAfford extends Rejection {
  override name = 'CannotAfford'
  readonly code = 'cannot-afford'
  readonly reason = 'payment'
  override readonly facts: { readonly costFiat: number }
  readonly uid: string
  readonly amount: Tux

  constructor(uid: string, amount: Tux) {
    const cost = costOf(amount)
    super(`the player cannot pay ${fiatToNumber(cost)} fiat`)
    this.facts = { costFiat: fiatToNumber(cost) }
    this.uid = uid
    this.amount = amount
  }
}

/** More TUX are asked for than the player can spend. A roll's attempt is in the history, a bid's is not. */
export class NotEnoughTux extends Rejection {
  override name = 'NotEnoughTux'
  readonly code = 'not-enough-tux'
  readonly reason = 'payment'
  override readonly facts: { readonly priceTux: number }

  constructor(price: Tux) {
    super('the player does not have enough TUX')
    this.facts = { priceTux: tuxToNumber(price) }
  }
}

/** The id belongs to a transfer with other content, or to a charge that was made void. */
export class TransferConflict extends Rejection {
  override name = 'TransferConflict'
  readonly code = 'transfer-conflict'
  readonly reason = 'conflict'

  constructor(id: TransferId) {
    super(`the id ${id} belongs to another transfer`)
  }
}

/** The text is no UUID of an account or a transfer in its canonical form. */
export class MalformedId extends Rejection {
  override name = 'MalformedId'
  readonly code = 'malformed-id'
  readonly reason = 'invalid'

  constructor() {
    super('an id must be a UUID in lower case')
  }
}
