import { setTimeout as sleep } from 'node:timers/promises'
import { auction, type Call } from '@sallyport/contracts'
import { isUnreachable, type ServiceDatabase } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import { type Authentication, createService, type Service } from '@sallyport/service'
import type { Logger } from 'pino'
import { createAuctions } from './auctions/auctions.ts'
import type { AuctionDatabase } from './auction-database.ts'
import { createBidQueue } from './bidding/bid-queue.ts'
import { forgetOldAnswers } from './bidding/bid-store.ts'
import { createBidding, decideOffers, finishStalledBatches, type OfferAnswer } from './bidding/bidding.ts'
import { createClosingTimer } from './closing/closing-timer.ts'
import { createClosing } from './closing/closing.ts'
import { databaseClock, type DatabaseClock } from './database-clock.ts'
import { createPlayers } from './players/players.ts'
import { erasureRoutes } from './privacy/erasure.ts'
import { internalRoutes } from './surfaces/internal.ts'
import { marketRoutes } from './surfaces/market.ts'
import { ownRoutes } from './surfaces/own-routes.ts'

/** What auction is made of. The database must have the tables of `migrations`; who opened it closes it. */
export interface AuctionParts {
  readonly database: ServiceDatabase<AuctionDatabase>
  readonly authentication: Authentication
  /** The ways to the other services, as the service `auction`. */
  readonly wallet: Call
  readonly gacha: Call
  readonly log: Logger
  readonly clock: Clock
  /** What decides when auctions are over; the database's own clock unless told otherwise. */
  readonly databaseClock?: DatabaseClock
  /** How often what was left undone is looked after, in milliseconds; 1000 unless told otherwise. */
  readonly sweepEveryMs?: number
}

const queueLimits = { batchLimit: 250, batchesAtOnce: 2, queueLimit: 10_000, patienceMs: 5000 }
/** How long a start waits for what was owed before it, in milliseconds. */
const resumeLimitMs = 5000

/** Assembles the auctions: listing, bidding, closing. From its `start` on it closes auctions when their end comes. */
export async function buildAuction(parts: AuctionParts): Promise<Service> {
  const { database, authentication, wallet, gacha, log, clock: systemClock, sweepEveryMs = 1000 } = parts
  const { db } = database
  const clock = parts.databaseClock ?? databaseClock
  const bidParts = { db, wallet, clock, log }
  const queue = createBidQueue<OfferAnswer>({ decide: (offers) => decideOffers(bidParts, offers), ...queueLimits })
  const bidding = createBidding(queue)
  const closing = createClosing({ db, wallet, gacha, clock, log, queue })
  const finishStalled = async (scope: { all: boolean }): Promise<void> => {
    await finishStalledBatches(bidParts, scope)
    await closing.finishStalled(scope)
  }
  const timer = createClosingTimer({
    closeEnded: () => closing.closeEnded(),
    untilNextEnd: () => closing.untilNextEnd(),
    async sweep() {
      await finishStalled({ all: false })
      await forgetOldAnswers(db)
    },
    sweepEveryMs,
    log,
  })
  const auctions = createAuctions({
    db,
    wallet,
    gacha,
    clock,
    queue,
    log,
    onOpened: ({ endTime }) => timer.expect(endTime),
  })

  return createService({
    contract: auction.auctionContract,
    authentication,
    log,
    routes: [
      ...marketRoutes({ db, clock, auctions, bidding, closing }),
      ...ownRoutes({ db, bidding, log }),
      ...internalRoutes(db, createPlayers({ db, clock: systemClock })),
      ...erasureRoutes({ db, clock: systemClock }),
    ],
    isUnavailable: isUnreachable,
    checks: { database: () => database.ping() },
    async start() {
      const owed = finishStalled({ all: true }).catch((error: unknown) => {
        log.error({ err: error }, 'what was owed could not be taken up; it is tried again')
      })
      await Promise.race([owed, sleep(resumeLimitMs, undefined, { ref: false })])
      timer.start()
    },
    async stop() {
      await timer.stop()
      await queue.idle()
    },
  })
}
