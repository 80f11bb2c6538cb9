import { type Call, gacha as gachaRoutes, ServiceRefused, ServiceUnreachable } from '@sallyport/contracts'
import { type AccountId, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { AuctionDatabase } from '../auction-database.ts'
import type { BidQueue } from '../bidding/bid-queue.ts'
import type { DatabaseClock } from '../database-clock.ts'
import * as store from './auction-store.ts'
import {
  type Auction,
  type AuctionId,
  checkListing,
  checkRemoval,
  type Listing,
  NoCopyToSell,
  NotNow,
  NotTheSeller,
  UnknownAuction,
  UnknownPlayer,
} from './auction.ts'
import { finishRemoval, undoCreation } from './undoing.ts'

export interface AuctionsParts {
  readonly db: Kysely<AuctionDatabase>
  readonly wallet: Call
  readonly gacha: Call
  readonly clock: DatabaseClock
  readonly queue: Pick<BidQueue<unknown>, 'alone'>
  readonly log: Logger
  /** Told of every auction that opens. */
  readonly onOpened: (auction: Auction) => void
}

/** Putting things up for auction, and taking them back. */
export interface Auctions {
  /**
   * Puts a gacha up: one copy has left the seller's collection when this returns.
   *
   * @throws {UnknownPlayer} @throws {InvalidStartingPrice} @throws {InvalidEndTime} @throws {NoCopyToSell}
   * @throws {NotNow} and nothing is put up
   */
  create(listing: Listing): Promise<AuctionId>
  /**
   * Takes an auction back: the leader's TUX and the copy are where they came from when this returns.
   *
   * @throws {UnknownAuction} @throws {NotTheSeller} @throws {AuctionOver}
   * @throws {NotNow} when it is off the market, but not all of it was possible now
   */
  remove(id: AuctionId, by: AccountId | 'administrator'): Promise<void>
}

export function createAuctions(parts: AuctionsParts): Auctions {
  const { db, gacha, clock, queue, log, onOpened } = parts

  return {
    async create(listing) {
      checkListing(listing, await store.readGround(db, listing.seller, clock))
      const id = newId<AuctionId>()
      if (!(await store.insertCreating(db, id, listing))) throw new UnknownPlayer(listing.seller)
      try {
        await gacha(gachaRoutes.takeIntoEscrow, {
          params: { auctionId: id },
          body: { uid: listing.seller, gacha_name: listing.gachaName },
        })
      } catch (error) {
        if (!(error instanceof ServiceRefused || error instanceof ServiceUnreachable)) throw error
        // The copy may be on its way all the same, or on its way back from somebody who took this up.
        await undoCreation(parts, { id, seller: listing.seller }).catch((cause: unknown) => {
          log.warn({ err: cause, auction: id }, 'an auction that did not come about is undone later')
        })
        throw error instanceof ServiceRefused && error.status === 404 ? new NoCopyToSell() : new NotNow()
      }
      if (!(await store.markOpen(db, id))) throw new NotNow()
      onOpened({ id, ...listing, state: 'open', leader: undefined, highestBid: 0 })
      return id
    },

    remove: (id, by) =>
      queue.alone(id, async () => {
        const auction = await db.transaction().execute(async (tx) => {
          const found = (await store.lockAuctions(tx, [id])).get(id)
          if (!found || found.state === 'creating' || found.state === 'deleting') throw new UnknownAuction()
          if (by !== 'administrator' && by !== found.seller) throw new NotTheSeller()
          checkRemoval(found, await store.readClock(tx, clock))
          if (found.occupied) throw new NotNow()
          await store.markDeleting(tx, id)
          return found
        })
        await finishRemoval(parts, auction).catch((error: unknown) => {
          log.warn(
            { err: error, auction: id },
            'an auction is off the market, but not all is undone; it is tried again',
          )
          throw new NotNow()
        })
      }),
  }
}
