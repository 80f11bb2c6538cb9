import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'
import type { GachaId } from '../catalogue/gacha.ts'

/** A UUID, lower case. The wallet knows the charge of a roll under the same id, so a retry charges nothing twice. */
export type RollId = Brand<string, 'RollId'>

/**
 * A roll is `drawn` first and settled once:
 * - `delivered`: paid, and one copy given;
 * - `refused`: the wallet said no, nothing was paid;
 * - `void`: nothing was paid, and can be no more;
 * - `forfeited`: paid, but the collection was closed before the copy came, so that nobody is left to give it to.
 */
export type RollState = 'drawn' | 'delivered' | 'refused' | 'void' | 'forfeited'

export interface Roll {
  readonly id: RollId
  readonly uid: AccountId
  readonly gachaId: GachaId
  readonly state: RollState
}

/** The wallet took nothing: not enough TUX, or a player it does not know. */
export class PaymentRefused extends Rejection {
  override name = 'PaymentRefused'
  readonly code = 'payment-refused'
  readonly reason = 'payment'
  constructor() {
    super('the roll could not be paid')
  }
}

/** There is nothing to draw; nothing was charged. */
export class EmptyCatalogue extends Rejection {
  override name = 'EmptyCatalogue'
  readonly code = 'empty-catalogue'
  readonly reason = 'conflict'
  constructor() {
    super('there is no gacha to roll for')
  }
}

/** Whether the roll was paid is not known yet, or it was and its copy is owed. It is settled without the caller. */
export class RollUnsettled extends Rejection {
  override name = 'RollUnsettled'
  readonly code = 'roll-unsettled'
  readonly reason = 'busy'
  constructor() {
    super('the roll is not settled yet: if it was paid, its gacha will be in the collection')
  }
}

/** It took so long that the charge was made void before it came: nothing was paid, and the caller may try again. */
export class RollInterrupted extends Rejection {
  override name = 'RollInterrupted'
  readonly code = 'roll-interrupted'
  readonly reason = 'busy'
  constructor() {
    super('the roll was interrupted and not paid')
  }
}
