import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'
import type { BidId } from '../bidding/bid.ts'

export type AuctionId = Brand<string, 'AuctionId'>

/** See migrations/0001-auctions.sql. */
export type AuctionState = 'creating' | 'open' | 'closing' | 'closed' | 'deleting'

/** What an auction came to. `leader-gone`, `seller-gone` and `gacha-gone`: nobody was paid (market §11, §13). */
export type AuctionOutcome = 'sold' | 'unsold' | 'leader-gone' | 'seller-gone' | 'gacha-gone'

/** The bid that stands. */
export interface Leader {
  readonly bidId: BidId
  readonly player: AccountId
}

/** An auction. Amounts are whole TUX. */
export interface Auction {
  readonly id: AuctionId
  readonly seller: AccountId
  readonly gachaName: string
  readonly startingPrice: number
  /** UNIX seconds; over from this very moment on. */
  readonly endTime: number
  readonly state: AuctionState
  readonly leader: Leader | undefined
  /** 0 while there is none. */
  readonly highestBid: number
}

/** What somebody wants to put up. */
export interface Listing {
  readonly seller: AccountId
  readonly gachaName: string
  readonly startingPrice: number
  readonly endTime: number
}

/** What players see and bid on: until the last effect of its end is there. */
export function isActive(state: AuctionState): boolean {
  return state === 'open' || state === 'closing'
}

/**
 * Whether a listing may be put up (market §8).
 *
 * @param now UNIX seconds
 * @throws {UnknownPlayer} @throws {InvalidStartingPrice} @throws {InvalidEndTime}
 */
export function checkListing(listing: Listing, { now, known }: { now: number; known: boolean }): void {
  if (!known) throw new UnknownPlayer(listing.seller)
  if (listing.startingPrice < 0) throw new InvalidStartingPrice()
  if (listing.endTime <= now) throw new InvalidEndTime()
}

/**
 * Whether an auction may be removed, by its seller or by an administrator.
 *
 * @param now UNIX seconds
 * @throws {AuctionOver}
 */
export function checkRemoval(auction: Auction, now: number): void {
  if (auction.state !== 'open' || now >= auction.endTime) throw new AuctionOver()
}

/** Not, or no longer, a player of the market. */
export class UnknownPlayer extends Rejection {
  override name = 'UnknownPlayer'
  readonly code = 'unknown-player'
  readonly reason = 'not-found'
  constructor(uid: string) {
    super(`there is no player ${uid}`)
  }
}

export class InvalidStartingPrice extends Rejection {
  override name = 'InvalidStartingPrice'
  readonly code = 'invalid-starting-price'
  readonly reason = 'invalid'
  constructor() {
    super('the starting price must not be negative')
  }
}

export class InvalidEndTime extends Rejection {
  override name = 'InvalidEndTime'
  readonly code = 'invalid-end-time'
  readonly reason = 'invalid'
  constructor() {
    super('the end must be in the future')
  }
}

/** The seller has no copy of it, or there is no such gacha. */
export class NoCopyToSell extends Rejection {
  override name = 'NoCopyToSell'
  readonly code = 'no-copy-to-sell'
  readonly reason = 'conflict'
  constructor() {
    super('the player has no copy of this gacha')
  }
}

export class UnknownAuction extends Rejection {
  override name = 'UnknownAuction'
  readonly code = 'unknown-auction'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such auction')
  }
}

/** There is no such auction among those that take bids. */
export class AuctionNotActive extends Rejection {
  override name = 'AuctionNotActive'
  readonly code = 'auction-not-active'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such auction, or it is not active')
  }
}

export class NotTheSeller extends Rejection {
  override name = 'NotTheSeller'
  readonly code = 'not-the-seller'
  readonly reason = 'forbidden'
  constructor() {
    super('only the seller may do this')
  }
}

/** It has ended or was closed: nothing about it can be changed any more. */
export class AuctionOver extends Rejection {
  override name = 'AuctionOver'
  readonly code = 'auction-over'
  readonly reason = 'conflict'
  constructor() {
    super('the auction is over')
  }
}

/** A service that is needed does not answer, or the auction is busy with something else. What was begun goes on by itself. */
export class NotNow extends Rejection {
  override name = 'NotNow'
  readonly code = 'not-now'
  readonly reason = 'busy'
  constructor() {
    super('this cannot be done at the moment; what was begun goes on by itself')
  }
}
