import { auction as routes, marketRefusal, type Reply } from '@sallyport/contracts'
import { type AccountId, newId, parseId, type Rejection } from '@sallyport/kernel'
import { created, handle, type HandledRoute, ok, Refusal, type Words } from '@sallyport/service'
import type { Kysely } from 'kysely'
import { type AuctionFilters, findAuction, listAuctions } from '../auctions/auction-lists.ts'
import {
  type Auction,
  AuctionNotActive,
  type AuctionId,
  AuctionOver,
  InvalidEndTime,
  InvalidStartingPrice,
  isActive,
  NoCopyToSell,
  NotTheSeller,
  UnknownAuction,
  UnknownPlayer,
} from '../auctions/auction.ts'
import type { Auctions } from '../auctions/auctions.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import { listBids, listRecentBids } from '../bidding/bid-lists.ts'
import { type Bid, BidBelowStart, type BidId, BidTooLate, BidTooLow, NotEnoughTux, OwnAuction } from '../bidding/bid.ts'
import type { Bidding } from '../bidding/bidding.ts'
import type { Closing } from '../closing/closing.ts'
import type { DatabaseClock } from '../database-clock.ts'

export interface MarketParts {
  readonly db: Kysely<AuctionDatabase>
  readonly clock: DatabaseClock
  readonly auctions: Auctions
  readonly bidding: Bidding
  readonly closing: Closing
}

/** Auctions and bids in the words of the gacha market (market §8). */
export function marketRoutes(parts: MarketParts): HandledRoute[] {
  return [...playerRoutes(parts), ...administratorRoutes(parts)]
}

const statisticsSeconds = 86_400

function playerRoutes({ db, auctions, bidding }: MarketParts): HandledRoute[] {
  return [
    handle(routes.browseAuctions, async ({ query }) => {
      if (query.active === false) throw new Refusal(onlyActive)
      return ok((await listAuctions(db, toAuctionFilters(query))).map(toMarketAuction))
    }),

    handle(routes.createAuction, async ({ body }) => created(await create(auctions, body)), creatingWords),

    handle(
      routes.withdrawAuction,
      async ({ params, caller }) => {
        await auctions.remove(idIn<AuctionId>(params.id), caller.accountId)
        return ok({ message: `auction ${params.id} succesfully deleted` })
      },
      removalWords,
    ),

    handle(
      routes.placeBid,
      async ({ params, body }) => created(toMarketBid(await bid(bidding, params.id, body))),
      biddingWords,
    ),

    handle(routes.readOwnBids, async ({ params, query }) => {
      const filters = toBidFilters(query)
      const player = idIn<AccountId>(params.id)
      if (filters.player !== undefined && filters.player !== player) return ok([])
      return ok((await listBids(db, { ...filters, player })).map(toMarketBid))
    }),
  ]
}

function administratorRoutes({ db, clock, auctions, bidding, closing }: MarketParts): HandledRoute[] {
  return [
    handle(routes.listAuctions, async ({ query }) =>
      ok((await listAuctions(db, toAuctionFilters(query))).map(toMarketAuction)),
    ),

    handle(
      routes.inspectAuction,
      async ({ params }) => ok(toMarketAuction(await findAuction(db, idIn(params.id)))),
      (rejection) => (rejection instanceof UnknownAuction ? marketRefusal(404, 'Auction does not exist') : undefined),
    ),

    handle(routes.createAuctionFor, async ({ body }) => created(await create(auctions, body)), creatingWords),

    handle(
      routes.closeAuction,
      async ({ params, body }) => {
        if (body.status) throw new Refusal(neverReopened)
        await closing.close(idIn(params.id))
        return ok({ detail: 'Success!' })
      },
      biddingWords,
    ),

    handle(
      routes.removeAuction,
      async ({ params }) => {
        await auctions.remove(idIn(params.id), 'administrator').catch((error: unknown) => {
          // What is not there is removed already.
          if (!(error instanceof UnknownAuction)) throw error
        })
        return ok({ details: 'Success!' })
      },
      removalWords,
    ),

    handle(
      routes.placeBidFor,
      async ({ params, body }) => {
        await bid(bidding, params.id, body)
        return created({ details: 'Success!' })
      },
      biddingWords,
    ),

    handle(routes.listBids, async ({ params, query }) => {
      const filters = toBidFilters(query)
      const auctionId = idIn<AuctionId>(params.id)
      if (filters.auctionId !== undefined && filters.auctionId !== auctionId) return ok([])
      return ok((await listBids(db, { ...filters, auctionId })).map(toMarketBid))
    }),

    handle(routes.readStatistics, async () => {
      const bids = await listRecentBids(db, clock, statisticsSeconds)
      const sum = bids.reduce((total, { amount }) => total + amount, 0)
      return ok({ avg: bids.length === 0 ? 0 : sum / bids.length, count: bids.length, bids: bids.map(toMarketBid) })
    }),
  ]
}

interface Listing {
  readonly player_id: string
  readonly gacha_name: string
  readonly starting_price: number
  readonly end_time: number
}

async function create(auctions: Auctions, { player_id, gacha_name, starting_price, end_time }: Listing) {
  const id = await auctions.create({
    seller: idIn(player_id),
    gachaName: gacha_name,
    startingPrice: starting_price,
    endTime: end_time,
  })
  return { auction_id: id, player_id, gacha_name, starting_price, end_time }
}

async function bid(
  bidding: Bidding,
  auctionId: string,
  { auction_id, player_id, bid: amount }: { auction_id: string; player_id: string; bid: number },
): Promise<Bid> {
  if (auction_id !== auctionId) throw new Refusal(otherAuction)
  return bidding.place({ id: newId(), auctionId: idIn(auctionId), player: idIn(player_id), amount, keyed: false })
}

/** The contract has read it as a UUID in lower case. */
function idIn<Id extends AccountId | AuctionId | BidId>(text: string): Id {
  const id = parseId<Id>(text)
  if (id === undefined) throw new TypeError('an id was read that is none')
  return id
}

function optionalId<Id extends AccountId | AuctionId | BidId>(text: string | undefined): Id | undefined {
  return text === undefined ? undefined : idIn<Id>(text)
}

type AuctionQuery = Parameters<Parameters<typeof handle<typeof routes.listAuctions>>[1]>[0]['query']
type BidQuery = Parameters<Parameters<typeof handle<typeof routes.listBids>>[1]>[0]['query']

function toAuctionFilters(query: AuctionQuery): AuctionFilters {
  const { starting_price, current_winning_bid, end_time } = query
  refuseNegative({ starting_price, current_winning_bid, end_time })
  return {
    active: query.active ?? true,
    seller: optionalId(query.player_id),
    gachaName: query.gacha_name,
    startingPrice: starting_price,
    leader: optionalId(query.current_winning_player_id),
    highestBid: current_winning_bid,
    endTime: end_time,
  }
}

function toBidFilters(query: BidQuery) {
  const { bid: amount, time } = query
  refuseNegative({ bid: amount, time })
  return {
    id: optionalId<BidId>(query.bid_id),
    auctionId: optionalId<AuctionId>(query.auction_id),
    player: optionalId<AccountId>(query.player_id),
    amount,
    time,
  }
}

function refuseNegative(filters: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(filters))
    if (value !== undefined && value < 0) throw new Refusal(marketRefusal(400, `${name} must be >=0`))
}

function toMarketAuction({ id, seller, gachaName, startingPrice, leader, highestBid, endTime, state }: Auction) {
  return {
    auction_id: id,
    player_id: seller,
    gacha_name: gachaName,
    starting_price: startingPrice,
    current_winning_player_id: leader?.player ?? null,
    current_winning_bid: highestBid,
    end_time: endTime,
    active: isActive(state),
  }
}

function toMarketBid({ id, player, placedAt, auctionId, amount }: Bid) {
  return { bid_id: id, player_id: player, time: Math.floor(placedAt), auction_id: auctionId, value: amount }
}

const onlyActive = marketRefusal(403, 'Active field must be set to True for player to use this endpoint')
const neverReopened = marketRefusal(400, 'Cannot activate an inactive auction')
const otherAuction = marketRefusal(400, 'The auction_id of the body must be the one of the path')

const creatingWords = inWords([
  [UnknownPlayer, marketRefusal(400, 'Player is not existent according knowledge base')],
  [InvalidStartingPrice, marketRefusal(400, 'Invalid starting_price')],
  [InvalidEndTime, marketRefusal(400, 'Invalid time')],
  [NoCopyToSell, marketRefusal(400, "User's gacha cannot be found.")],
])

const removalWords = inWords([
  [UnknownAuction, marketRefusal(400, 'No auction found with specified criteria')],
  [NotTheSeller, marketRefusal(403, 'Player_id not valid')],
  [AuctionOver, marketRefusal(400, 'You cannot delete an expired or inactive auction')],
])

const biddingWords = inWords([
  [AuctionNotActive, marketRefusal(404, 'Auction does not exist or is not active')],
  [BidTooLate, marketRefusal(400, 'Bid was made after the end of the auction')],
  [OwnAuction, marketRefusal(400, 'Player is owner of auction')],
  [BidBelowStart, marketRefusal(400, 'Bid must be higher than starting price')],
  [BidTooLow, marketRefusal(400, 'Bid must be higher than currently winning bid')],
  [UnknownPlayer, marketRefusal(400, 'Player does not exists')],
  [NotEnoughTux, marketRefusal(402, 'Insufficient tux balance to place the bid')],
])

function inWords(words: readonly (readonly [abstract new (...details: never[]) => Rejection, Reply])[]): Words {
  return (rejection) => words.find(([kind]) => rejection instanceof kind)?.[1]
}
