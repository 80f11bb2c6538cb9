import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'
import type { GachaName } from '../catalogue/gacha.ts'

/** A UUID, lower case. An auction is of one copy, so what is kept for it is known by its id. */
export type AuctionId = Brand<string, 'AuctionId'>

/**
 * A copy is `kept` first and ended once:
 * - `given`: it is in a collection;
 * - `discarded`: there was no open collection to give it to, or the gacha was removed meanwhile.
 */
export type EscrowState = 'kept' | 'given' | 'discarded'

/** How a copy that was kept ended. */
export type EscrowOutcome = Exclude<EscrowState, 'kept'>

/** What an auction may know of a copy: `gone` is one whose gacha was removed, or that never was. */
export type EscrowStatus = 'kept' | 'ended' | 'gone'

/** Which copy is taken. */
export interface Taking {
  readonly auctionId: AuctionId
  /** Out of whose collection. */
  readonly uid: AccountId
  readonly name: GachaName
}

/** Where a copy goes that was kept. */
export interface Settlement {
  readonly auctionId: AuctionId
  /** Undefined when nobody is to have it. */
  readonly to: AccountId | undefined
}

/** Another copy was taken for this auction, or the auction was over before its copy was taken. */
export class EscrowConflict extends Rejection {
  override name = 'EscrowConflict'
  readonly code = 'escrow-conflict'
  readonly reason = 'conflict'
  constructor() {
    super('another copy was taken for this auction, or it is over')
  }
}

/** What should name an auction is no UUID. */
export class MalformedAuction extends Rejection {
  override name = 'MalformedAuction'
  readonly code = 'malformed-auction'
  readonly reason = 'invalid'
  constructor() {
    super('an auction is named by a UUID')
  }
}
