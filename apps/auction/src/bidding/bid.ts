import { createHash } from 'node:crypto'
import { type AccountId, type Brand, Rejection } from '@sallyport/kernel'
import { type Auction, AuctionNotActive, type AuctionId, UnknownPlayer } from '../auctions/auction.ts'

/** Also the id of the hold in the wallet, if the bid comes to stand. */
export type BidId = Brand<string, 'BidId'>
export type BatchId = Brand<string, 'BatchId'>

/** What somebody offers for an auction, in whole TUX. */
export interface Offer {
  readonly id: BidId
  readonly auctionId: AuctionId
  readonly player: AccountId
  readonly amount: number
  /** The caller gave the id a key: the answer is kept for retries. */
  readonly keyed: boolean
}

/** A bid that was accepted. */
export interface Bid {
  readonly id: BidId
  readonly auctionId: AuctionId
  readonly player: AccountId
  readonly amount: number
  /** UNIX seconds with a fraction. */
  readonly placedAt: number
}

/** Why an offer was refused. */
export type Refusal =
  | 'not-active'
  | 'too-late'
  | 'own-auction'
  | 'below-start'
  | 'too-low'
  | 'unknown-player'
  | 'not-enough-tux'

export type DecidedOutcome = 'accepted' | Refusal

/**
 * Whether an offer may be put to the wallet, in the order of market §8. What comes before it in the same batch is not
 * looked at: whether that can be paid is not known yet.
 *
 * @param now UNIX seconds
 */
export function judgeOffer(
  auction: Auction | undefined,
  { player, amount }: Pick<Offer, 'player' | 'amount'>,
  { now, known }: { readonly now: number; readonly known: boolean },
): Refusal | undefined {
  if (!auction || (auction.state !== 'open' && auction.state !== 'closing')) return 'not-active'
  if (now >= auction.endTime) return 'too-late'
  // Closed by an administrator before its end.
  if (auction.state === 'closing') return 'not-active'
  if (player === auction.seller) return 'own-auction'
  if (amount < auction.startingPrice) return 'below-start'
  if (amount <= auction.highestBid) return 'too-low'
  if (!known) return 'unknown-player'
  return undefined
}

type Wish = Pick<Offer, 'player' | 'amount'>

const rejections: Readonly<Record<Refusal, (offer: Wish) => Rejection>> = {
  'not-active': () => new AuctionNotActive(),
  'too-late': () => new BidTooLate(),
  'own-auction': () => new OwnAuction(),
  'below-start': () => new BidBelowStart(),
  'too-low': () => new BidTooLow(),
  'unknown-player': ({ player }) => new UnknownPlayer(player),
  'not-enough-tux': ({ amount }) => new NotEnoughTux(amount),
}

/** The refusal as a rejection for the caller. */
export function toRejection(refusal: Refusal, offer: Wish): Rejection {
  return rejections[refusal](offer)
}

/** The same for the same offer and no other. */
export function hashOf({ auctionId, player, amount }: Offer): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([auctionId, player, amount]))
    .digest()
}

export class BidTooLate extends Rejection {
  override name = 'BidTooLate'
  readonly code = 'bid-too-late'
  readonly reason = 'conflict'
  constructor() {
    super('the auction had ended when the bid came')
  }
}

export class OwnAuction extends Rejection {
  override name = 'OwnAuction'
  readonly code = 'own-auction'
  readonly reason = 'conflict'
  constructor() {
    super('nobody bids on their own auction')
  }
}

export class BidBelowStart extends Rejection {
  override name = 'BidBelowStart'
  readonly code = 'bid-below-start'
  readonly reason = 'conflict'
  constructor() {
    super('the bid is below the starting price')
  }
}

export class BidTooLow extends Rejection {
  override name = 'BidTooLow'
  readonly code = 'bid-too-low'
  readonly reason = 'conflict'
  constructor() {
    super('the bid must be higher than the highest so far')
  }
}

export class NotEnoughTux extends Rejection {
  override name = 'NotEnoughTux'
  readonly code = 'not-enough-tux'
  readonly reason = 'payment'
  constructor(amount: number) {
    super(`the bidder does not have ${amount} TUX to spare`)
  }
}

/** The key belongs to another bid. */
export class KeyReused extends Rejection {
  override name = 'KeyReused'
  readonly code = 'idempotency-key-reused'
  readonly reason = 'invalid'
  constructor() {
    super('the Idempotency-Key was used for another bid')
  }
}
