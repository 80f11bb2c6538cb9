import type { AccountId } from '@sallyport/kernel'
import type { Balances, Tux } from '../ledger/money.ts'
import { type AuctionId, digest, type HoldId, type HoldState } from '../ledger/transfer.ts'
import { HoldConflict, OwnSale } from './rejections.ts'

/** TUX to freeze, and the holds that the new one takes the place of. */
export interface Placement {
  readonly id: HoldId
  readonly uid: AccountId
  readonly amount: Tux
  readonly releases: readonly HoldId[]
}

/** Whom to pay what is held, and for which auction. */
export interface Capture {
  readonly id: HoldId
  /** As the caller wrote it: one that is no UUID is a player nobody knows. */
  readonly seller: string
  readonly auctionId: AuctionId
}

/** What a placement said that was done. */
export interface Placed {
  readonly uid: AccountId
  readonly amount: Tux
  readonly requestHash: Buffer
}

export type CaptureOutcome = 'captured' | 'released' | 'seller-gone'

/** What is known of a hold. */
export interface Hold {
  readonly state: HoldState
  /** Undefined for one that was released before it was placed. */
  readonly placed: Placed | undefined
  /** Of the capture that ended it. */
  readonly captureHash: Buffer | undefined
}

/** Whether a player can freeze so much, with what the releases give back. */
export function canHold(balances: Balances, freed: Tux, amount: Tux): boolean {
  return amount <= balances.tux + freed
}

/**
 * Whether the hold under an id is this placement, which then was done before, whatever became of it since.
 *
 * @throws {HoldConflict}
 */
export function checkSamePlacement(earlier: Hold, placement: Placement): void {
  if (!earlier.placed?.requestHash.equals(hashOfPlacement(placement)))
    throw new HoldConflict(placement.id, earlier.state)
}

/**
 * What a capture comes to: the first answer for a retry, and for an open hold what there is to pay.
 *
 * @throws {HoldConflict} when another capture ended the hold
 * @throws {OwnSale}
 */
export function answerCapture(hold: Hold, capture: Capture): CaptureOutcome | Placed {
  if (hold.captureHash && !hold.captureHash.equals(hashOfCapture(capture)))
    throw new HoldConflict(capture.id, hold.state)
  if (hold.state === 'captured') return 'captured'
  if (hold.state === 'released' || !hold.placed) return hold.captureHash ? 'seller-gone' : 'released'
  if (hold.placed.uid === capture.seller) throw new OwnSale()
  return hold.placed
}

/** The same for the same placement and no other; the order of the releases does not matter. */
export function hashOfPlacement({ uid, amount, releases }: Placement): Buffer {
  return digest(['hold', uid, amount.toString(), ...new Set([...releases].sort())])
}

/** The same for the same capture and no other. */
export function hashOfCapture({ seller, auctionId }: Capture): Buffer {
  return digest(['capture', seller, auctionId])
}
