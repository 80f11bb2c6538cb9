import type { Brand } from '@sallyport/kernel'
import { type Tux, tux } from '../ledger/money.ts'
import { type AuctionId, digest, type HoldId } from '../ledger/transfer.ts'
import type { Placed } from './hold.ts'

/** A UUID that the caller makes, so that a retry can be told from a second batch. */
export type OfferBatchId = Brand<string, 'OfferBatchId'>

/** TUX that somebody offers on a lot. */
export interface Offer {
  /** Becomes the id of the hold, if the offer stands when its batch is done. */
  readonly id: HoldId
  readonly lot: AuctionId
  /** As the caller wrote it: one that is no UUID is a player nobody knows. */
  readonly uid: string
  readonly amount: Tux
}

/** What an offer on a lot has to beat. */
export interface Standing {
  readonly lot: AuctionId
  readonly hold: HoldId
  readonly amount: Tux
}

/** Offers in the order in which they came, and what stood before the first. */
export interface OfferBatch {
  readonly id: OfferBatchId
  readonly offers: readonly Offer[]
  readonly standing: readonly Standing[]
}

export type OfferOutcome = 'held' | 'too-low' | 'not-enough-tux' | 'unknown-player'

/** The players as a batch finds them. */
export interface OfferGrounds {
  /** What each player who is there can spend. */
  readonly free: ReadonlyMap<string, Tux>
  /** Those of the standing holds that are still open. */
  readonly open: ReadonlyMap<HoldId, Placed>
}

/** What becomes of a batch. What was outbid within it leaves no trace but its outcome. */
export interface OfferDecision {
  /** One for each offer, in their order. */
  readonly outcomes: readonly OfferOutcome[]
  readonly placed: readonly Offer[]
  readonly released: readonly HoldId[]
}

/** What stands on a lot, and what it would give back: nothing, once its player has gone. */
interface Stand {
  readonly amount: Tux
  readonly gives: Placed | undefined
  /** An offer of this batch, or a hold from before. */
  readonly of: Offer | HoldId
}

/**
 * Takes the offers one after the other. An offer that is held gives back what stood on its lot, to be used at once for
 * any other lot.
 */
export function decideOffers({ offers, standing }: OfferBatch, { free, open }: OfferGrounds): OfferDecision {
  const spendable = new Map(free)
  const unclaimed = new Map(open)
  const stands = new Map<AuctionId, Stand>()
  for (const { lot, hold, amount } of standing) {
    stands.set(lot, { amount, gives: unclaimed.get(hold), of: hold })
    // However often a hold is listed, it gives back once.
    unclaimed.delete(hold)
  }
  const released: HoldId[] = []

  const move = (uid: string, amount: bigint): void => {
    const has = spendable.get(uid)
    if (has !== undefined) spendable.set(uid, tux(has + amount))
  }
  const take = (offer: Offer): OfferOutcome => {
    const { lot, uid, amount } = offer
    const stand = stands.get(lot)
    if (stand && amount <= stand.amount) return 'too-low'
    const own = stand?.gives?.uid === uid ? stand.gives.amount : 0n
    const has = spendable.get(uid)
    if (has === undefined) return 'unknown-player'
    if (has + own < amount) return 'not-enough-tux'
    if (stand?.gives) {
      move(stand.gives.uid, stand.gives.amount)
      if (typeof stand.of === 'string') released.push(stand.of)
    }
    move(uid, 0n - amount)
    stands.set(lot, { amount, gives: { uid, amount }, of: offer })
    return 'held'
  }

  const outcomes = offers.map(take)
  const placed = [...stands.values()].flatMap(({ of }) => (typeof of === 'string' ? [] : of))
  return { outcomes, placed, released }
}

/** The same for the same batch and no other. */
export function hashOfOffers({ offers, standing }: OfferBatch): Buffer {
  return digest([
    'offers',
    ...offers.flatMap(({ id, lot, uid, amount }) => [id, lot, uid, amount.toString()]),
    'standing',
    ...standing.flatMap(({ lot, hold, amount }) => [lot, hold, amount.toString()]),
  ])
}
