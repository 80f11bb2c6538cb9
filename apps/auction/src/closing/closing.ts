import { ServiceUnreachable } from '@sallyport/contracts'
import { lockAuctions } from '../auctions/auction-store.ts'
import { type Auction, AuctionNotActive, type AuctionId, NotNow } from '../auctions/auction.ts'
import { finishRemoval, undoCreation } from '../auctions/undoing.ts'
import type { BidQueue } from '../bidding/bid-queue.ts'
import type { DatabaseClock } from '../database-clock.ts'
import * as store from './closing-store.ts'
import { settleAuctions, type SettlementParts } from './settlement.ts'

export interface ClosingParts extends SettlementParts {
  readonly clock: DatabaseClock
  readonly queue: Pick<BidQueue<unknown>, 'alone'>
}

/** How auctions come to their end. */
export interface Closing {
  /** Closes every auction whose end has come. Auctions that cannot be closed now are taken up later. */
  closeEnded(): Promise<void>
  /** How long until the next end, in milliseconds; undefined when no auction is open. */
  untilNextEnd(): Promise<number | undefined>
  /**
   * Closes an auction now; every effect is there when this returns.
   *
   * @throws {AuctionNotActive} @throws {NotNow} when it will be closed, but not all of it was possible now
   */
  close(id: AuctionId): Promise<void>
  /** Takes up what was begun and not ended, by whomever: all there is, or what is due. */
  finishStalled(scope: { readonly all: boolean }): Promise<void>
}

/** So many auctions are closed together. */
const batchLimit = 250

export function createClosing(parts: ClosingParts): Closing {
  const { db, clock, log, queue } = parts

  async function settle(auctions: readonly Auction[]): Promise<void> {
    await settleAuctions(parts, auctions).catch((error: unknown) => {
      log.warn({ err: error, auctions: auctions.length }, 'auctions could not be closed; it is tried again')
    })
  }

  return {
    async closeEnded() {
      // One batch is claimed while the one before it is being settled.
      let before = Promise.resolve()
      for (;;) {
        const ended = await store.claimEnded(db, clock, batchLimit)
        await before
        if (ended.length === 0) return
        before = settle(ended)
        if (ended.length < batchLimit) {
          await before
          return
        }
      }
    },

    async untilNextEnd() {
      const seconds = await store.readNextEnd(db, clock)
      return seconds === undefined ? undefined : seconds * 1000
    },

    close: (id) =>
      queue.alone(id, async () => {
        const auction = await db.transaction().execute(async (tx) => {
          const found = (await lockAuctions(tx, [id])).get(id)
          if (!found || (found.state !== 'open' && found.state !== 'closing')) throw new AuctionNotActive()
          if (found.occupied) throw new NotNow()
          if (found.state === 'open') await store.markClosing(tx, id)
          return found
        })
        await settleAuctions(parts, [auction]).catch((error: unknown) => {
          if (!(error instanceof ServiceUnreachable)) throw error
          log.warn({ err: error, auction: id }, 'an auction could not be closed; it is tried again')
          throw new NotNow()
        })
      }),

    async finishStalled(scope) {
      const stalled = await store.takeStalled(db, scope)
      await settle(stalled.filter(({ state }) => state === 'closing'))
      for (const auction of stalled) {
        try {
          if (auction.state === 'creating') await undoCreation(parts, auction)
          if (auction.state === 'deleting') await finishRemoval(parts, auction)
        } catch (error) {
          const { id, state, attempts } = auction
          log.warn({ err: error, auction: id, state, attempts }, 'what was begun for an auction is still not ended')
        }
      }
    },
  }
}
