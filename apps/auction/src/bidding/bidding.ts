import { type Call, ServiceUnreachable, wallet as walletRoutes } from '@sallyport/contracts'
import { newId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import { lockAuctions } from '../auctions/auction-store.ts'
import { NotNow } from '../auctions/auction.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import type { DatabaseClock } from '../database-clock.ts'
import * as store from './bid-store.ts'
import {
  type BatchId,
  type Bid,
  type DecidedOutcome,
  hashOf,
  judgeOffer,
  KeyReused,
  type Offer,
  toRejection,
} from './bid.ts'
import type { BidQueue, Verdict } from './bid-queue.ts'

export interface BiddingParts {
  readonly db: Kysely<AuctionDatabase>
  readonly wallet: Call
  readonly clock: DatabaseClock
  readonly log: Logger
}

/** What became of an offer. `undecided`: the wallet does not answer, and what was begun is finished later. */
export type OfferAnswer = Bid | Exclude<DecidedOutcome, 'accepted'> | 'undecided' | 'key-reused'

/**
 * Decides offers for any auctions, in order of arrival: what can be told from the auctions alone under their lock, the
 * rest by the wallet, which freezes the bidder's TUX and releases whom he outbids in one transaction. What the wallet is
 * asked is written down before, so that a crash at any point loses neither a bid nor TUX.
 */
export async function decideOffers(
  parts: BiddingParts,
  offers: readonly Offer[],
): Promise<readonly Verdict<OfferAnswer>[]> {
  const { db } = parts
  const { answers, batch } = await db.transaction().execute((tx) => prepare(tx, parts.clock, offers))
  if (!batch) return answers
  const outcomes = await finishBatch(parts, batch).catch((error: unknown) => {
    parts.log.warn({ err: error, batch: batch.id }, 'offers are left undecided for the moment')
    return undefined
  })
  return answers.map((answer, index) => {
    const place = batch.places.get(index)
    const bid = place === undefined ? undefined : batch.offers[place]
    const outcome = place === undefined ? undefined : outcomes?.[place]
    if (bid === undefined || outcome === undefined) return answer
    return outcome === 'accepted' ? bid : outcome
  })
}

interface PreparedBatch extends store.OfferBatch {
  /** Where in the batch the offers are, by their place among all. */
  readonly places: ReadonlyMap<number, number>
}

/** Decides what can be decided under the locks; what is left is in the batch, and `undecided` among the answers. */
async function prepare(
  tx: Transaction<AuctionDatabase>,
  clock: DatabaseClock,
  offers: readonly Offer[],
): Promise<{ answers: Verdict<OfferAnswer>[]; batch: PreparedBatch | undefined }> {
  const auctions = await lockAuctions(tx, [...new Set(offers.map(({ auctionId }) => auctionId))])
  const { now, known } = await store.readGround(tx, [...new Set(offers.map(({ player }) => player))], clock)
  const repeated = await claimKeys(
    tx,
    offers.filter(({ auctionId }) => !auctions.get(auctionId)?.occupied),
  )

  const answers: Verdict<OfferAnswer>[] = []
  const batched: store.OfferBatch['offers'][number][] = []
  const places = new Map<number, number>()
  for (const [index, offer] of offers.entries()) {
    const auction = auctions.get(offer.auctionId)
    const earlier = repeated.get(offer)
    const refusal = judgeOffer(auction, offer, { now, known: known.has(offer.player) })
    if (earlier !== undefined) answers.push(earlier)
    else if (auction?.occupied) answers.push('occupied')
    else if (refusal !== undefined) answers.push(refusal)
    else {
      places.set(index, batched.length)
      batched.push(store.toBidOf(offer, now))
      answers.push('undecided')
    }
  }
  const refused = offers.flatMap((offer, index) => {
    const answer = answers[index]
    const isNew = offer.keyed && !repeated.has(offer)
    return isNew && typeof answer === 'string' && isRefusal(answer) ? [{ id: offer.id, outcome: answer }] : []
  })
  if (refused.length > 0) await store.recordAnswers(tx, refused)
  if (batched.length === 0) return { answers, batch: undefined }

  const contested = new Set(batched.map(({ auctionId }) => auctionId))
  const standing = [...auctions.values()].flatMap(({ id, leader, highestBid }) =>
    leader && contested.has(id) ? [{ auctionId: id, bidId: leader.bidId, amount: highestBid }] : [],
  )
  const batch = { id: newId<BatchId>(), offers: batched, standing, places }
  await store.insertBatch(tx, batch)
  return { answers, batch }
}

/** The answers to offers that came before under their key. */
async function claimKeys(
  tx: Transaction<AuctionDatabase>,
  offers: readonly Offer[],
): Promise<ReadonlyMap<Offer, OfferAnswer>> {
  const answers = new Map<Offer, OfferAnswer>()
  const keyed = new Map<string, Offer>()
  for (const offer of offers.filter(({ keyed }) => keyed)) {
    // The same key twice in one batch: the second has to wait for the first.
    if (keyed.has(offer.id)) answers.set(offer, 'undecided')
    else keyed.set(offer.id, offer)
  }
  if (keyed.size === 0) return answers
  const earlier = await store.claimKeys(
    tx,
    [...keyed.values()].map((offer) => ({ id: offer.id, requestHash: hashOf(offer) })),
  )
  for (const offer of keyed.values()) {
    const answer = earlier.get(offer.id)
    if (answer) answers.set(offer, await repeat(tx, offer, answer))
  }
  return answers
}

async function repeat(
  tx: Transaction<AuctionDatabase>,
  offer: Offer,
  { requestHash, outcome }: store.EarlierAnswer,
): Promise<OfferAnswer> {
  if (!requestHash.equals(hashOf(offer))) return 'key-reused'
  if (outcome === undefined) return 'undecided'
  if (outcome !== 'accepted') return outcome
  // An auction that was removed took its bids along: the auction is not there any more, is what there is to say.
  return (await store.findBid(tx, offer.id)) ?? 'not-active'
}

function isRefusal(answer: Verdict<OfferAnswer> & string): answer is Exclude<DecidedOutcome, 'accepted'> {
  return answer !== 'occupied' && answer !== 'undecided' && answer !== 'key-reused'
}

const outcomeOf = {
  held: 'accepted',
  'too-low': 'too-low',
  'not-enough-tux': 'not-enough-tux',
  'unknown-player': 'unknown-player',
} as const

/**
 * Has the wallet decide a batch and writes down what became of it; may be done again.
 *
 * @throws {ServiceUnreachable}
 */
export async function finishBatch(
  { db, wallet }: Pick<BiddingParts, 'db' | 'wallet'>,
  batch: store.OfferBatch,
): Promise<readonly DecidedOutcome[]> {
  const { body } = await wallet(walletRoutes.placeOffers, {
    params: { batchId: batch.id },
    body: {
      offers: batch.offers.map(({ id, auctionId, player, amount }) => ({ id, lot: auctionId, uid: player, amount })),
      standing: batch.standing.map(({ auctionId, bidId, amount }) => ({ lot: auctionId, hold: bidId, amount })),
    },
  })
  const outcomes = body.outcomes.map((outcome) => outcomeOf[outcome])
  await store.finishBatch(db, batch, outcomes)
  return outcomes
}

/** Finishes batches that were left undecided: all there are, or those whose time has come. */
export async function finishStalledBatches(parts: BiddingParts, scope: { readonly all: boolean }): Promise<void> {
  for (const batch of await store.takeStalledBatches(parts.db, scope)) {
    try {
      await finishBatch(parts, batch)
      parts.log.info({ batch: batch.id, offers: batch.offers.length }, 'offers that were left undecided are decided')
    } catch (error) {
      const level = error instanceof ServiceUnreachable ? 'warn' : 'error'
      parts.log[level]({ err: error, batch: batch.id }, 'offers are still undecided')
    }
  }
}

/** What one can want of bidding. */
export interface Bidding {
  /**
   * Bids whole TUX on an auction.
   *
   * @throws {AuctionNotActive} @throws {BidTooLate} @throws {OwnAuction} @throws {BidBelowStart} @throws {BidTooLow}
   * @throws {UnknownPlayer} @throws {NotEnoughTux}
   * @throws {KeyReused} @throws {NotNow} when it is not known what will become of it
   */
  place(offer: Offer): Promise<Bid>
}

export function createBidding(queue: BidQueue<OfferAnswer>): Bidding {
  return {
    async place(offer) {
      const answer = await queue.offer(offer)
      if (answer === 'undecided') throw new NotNow()
      if (answer === 'key-reused') throw new KeyReused()
      if (typeof answer === 'string') throw toRejection(answer, offer)
      return answer
    },
  }
}
