import type { Tux } from '../ledger/money.ts'
import type { HoldId, HoldState } from '../ledger/transfer.ts'

/** What is known of a hold. */
export interface Hold {
  readonly id: HoldId
  readonly state: HoldState
  /** Undefined for one that was released before it was placed. */
  readonly placed: Placed | undefined
  /** Of the sale that ended it: it was paid, or it was released because the seller had gone. */
  readonly captureHash: Buffer | undefined
}

/** Whose TUX are frozen, and how many. */
export interface Placed {
  readonly uid: string
  readonly amount: Tux
}
