import { auction as routes } from '@sallyport/contracts'
import { idOf, newId, parseId } from '@sallyport/kernel'
import { created, handle, type HandledRoute, ok, pageRequest } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { listAuctions, pageThroughAuctions } from '../auctions/auction-lists.ts'
import { type Auction, type AuctionId, AuctionNotActive } from '../auctions/auction.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import { pageThroughBids } from '../bidding/bid-lists.ts'
import type { Bid, BidId } from '../bidding/bid.ts'
import type { Bidding } from '../bidding/bidding.ts'
import { createMarketFeed } from '../events/market-feed.ts'

export interface OwnRoutesParts {
  readonly db: Kysely<AuctionDatabase>
  readonly bidding: Bidding
  readonly log: Logger
}

/** The routes that are Sallyport's own: lists in pages, bids that may be repeated, and the market as it changes. */
export function ownRoutes({ db, bidding, log }: OwnRoutesParts): HandledRoute[] {
  const readActive = () => listAuctions(db, { active: true })
  const feed = createMarketFeed({ readActive, toEvent: toOwnAuction, log })
  return [
    handle(routes.pageThroughAuctions, async ({ query }) => {
      const { auctions, next } = await pageThroughAuctions(db, pageRequest(query))
      return ok({ items: auctions.map(toOwnAuction), next: next?.toString() ?? null })
    }),

    handle(routes.bid, async ({ params, headers, body, caller }) => {
      const auctionId = parseId<AuctionId>(params.id.toLowerCase())
      if (auctionId === undefined) throw new AuctionNotActive()
      const key = headers['idempotency-key']
      const { accountId: player } = caller
      const id = key === undefined ? newId<BidId>() : idOf<BidId>('bid', player, key)
      const bid = await bidding.place({ id, auctionId, player, amount: body.amount, keyed: key !== undefined })
      return created(toOwnBid(bid))
    }),

    handle(routes.pageThroughOwnBids, async ({ query, caller }) => {
      const { bids, next } = await pageThroughBids(db, caller.accountId, pageRequest(query))
      return ok({ items: bids.map(toOwnBid), next: next?.toString() ?? null })
    }),

    handle(routes.watchAuctions, async ({ caller }) => ok(feed.watch(caller.accountId))),
  ]
}

function toOwnAuction({ id, seller, gachaName, startingPrice, leader, highestBid, endTime }: Auction) {
  return {
    id,
    seller,
    gacha_name: gachaName,
    starting_price: startingPrice,
    leader: leader?.player ?? null,
    highest_bid: highestBid,
    ends_at: endTime,
  }
}

function toOwnBid({ id, auctionId, amount, placedAt }: Bid) {
  return { id, auction_id: auctionId, amount, placed_at: Math.floor(placedAt) }
}
