import { auction as routes, defaultPageLimit } from '@sallyport/contracts'
import { idOf, newId, parseId, Rejection } from '@sallyport/kernel'
import { created, handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import { pageThroughAuctions } from '../auctions/auction-lists.ts'
import { type Auction, type AuctionId, AuctionNotActive } from '../auctions/auction.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import { pageThroughBids } from '../bidding/bid-lists.ts'
import type { Bid, BidId } from '../bidding/bid.ts'
import type { Bidding } from '../bidding/bidding.ts'

/** The routes that are Sallyport's own: lists in pages, and bids that may be repeated. */
export function ownRoutes({ db, bidding }: { db: Kysely<AuctionDatabase>; bidding: Bidding }): HandledRoute[] {
  return [
    handle(routes.pageThroughAuctions, async ({ query }) => {
      const { after, limit = defaultPageLimit } = query
      const { auctions, next } = await pageThroughAuctions(db, { after: parsePlace(after) ?? 0n, limit })
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
      const { after, limit = defaultPageLimit } = query
      const { bids, next } = await pageThroughBids(db, caller.accountId, { before: parsePlace(after), limit })
      return ok({ items: bids.map(toOwnBid), next: next?.toString() ?? null })
    }),
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

function parsePlace(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,18}$/.test(text)) throw new UnknownPage()
  return BigInt(text)
}

/** `after` is not the `next` of any page. */
class UnknownPage extends Rejection {
  override name = 'UnknownPage'
  readonly code = 'unknown-page'
  readonly reason = 'invalid'
  constructor() {
    super('after must be the next of an earlier page')
  }
}
