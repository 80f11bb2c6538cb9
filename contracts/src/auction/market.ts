import { Type } from 'typebox'
import { administrator, type SignedIn } from '../access.ts'
import { market, marketRefusal } from '../dialects/market.ts'
import { route, type Surface } from '../route.ts'

const Uuid = Type.String({ format: 'uuid' })
const IdParams = Type.Object({ id: Uuid })

const player: SignedIn = { who: 'account', role: 'user' }
const playerHimself: SignedIn = { who: 'account', role: 'user', self: { in: 'body', field: 'player_id' } }
const bidder: SignedIn = { who: 'account', self: { in: 'body', field: 'player_id' } }
const reader: SignedIn = { who: 'account', self: { in: 'params', field: 'id' } }

/** An auction as the market shows it (market §8). */
export const Auction = Type.Object({
  auction_id: Type.String(),
  player_id: Type.String(),
  gacha_name: Type.String(),
  starting_price: Type.Integer(),
  current_winning_player_id: Type.Union([Type.String(), Type.Null()]),
  current_winning_bid: Type.Integer(),
  // UNIX seconds.
  end_time: Type.Integer(),
  active: Type.Boolean(),
})

/** A bid as the market shows it (market §8); `time` is in UNIX seconds. */
export const Bid = Type.Object({
  bid_id: Type.String(),
  player_id: Type.String(),
  time: Type.Integer(),
  auction_id: Type.String(),
  value: Type.Integer(),
})

const AuctionRequest = Type.Object({
  player_id: Uuid,
  gacha_name: Type.String(),
  starting_price: Type.Integer(),
  end_time: Type.Integer(),
})

const AuctionCreated = Type.Object({
  auction_id: Type.String(),
  player_id: Type.String(),
  gacha_name: Type.String(),
  starting_price: Type.Integer(),
  end_time: Type.Integer(),
})

const BidRequest = Type.Object({ auction_id: Uuid, player_id: Uuid, bid: Type.Integer() })

const AuctionFilters = Type.Object({
  player_id: Type.Optional(Uuid),
  gacha_name: Type.Optional(Type.String()),
  starting_price: Type.Optional(Type.Integer()),
  current_winning_player_id: Type.Optional(Uuid),
  current_winning_bid: Type.Optional(Type.Integer()),
  end_time: Type.Optional(Type.Integer()),
  // True unless told otherwise; there is no "both".
  active: Type.Optional(Type.Boolean()),
})

const BidFilters = Type.Object({
  bid_id: Type.Optional(Uuid),
  auction_id: Type.Optional(Uuid),
  player_id: Type.Optional(Uuid),
  bid: Type.Optional(Type.Integer()),
  time: Type.Optional(Type.Integer()),
})

export const browseAuctions = route({
  name: 'browseAuctions',
  summary: 'Every active auction',
  method: 'GET',
  path: '/api/auction/auctions',
  door: 'public',
  access: player,
  query: AuctionFilters,
  replies: { 200: Type.Array(Auction) },
})

export const createAuction = route({
  name: 'createAuction',
  summary: "Put one of the caller's gachas up for auction",
  method: 'POST',
  path: '/api/auction/auctions',
  door: 'public',
  access: playerHimself,
  body: AuctionRequest,
  replies: { 201: AuctionCreated },
})

export const withdrawAuction = route({
  name: 'withdrawAuction',
  summary: "Take one of the caller's auctions back before its end",
  method: 'DELETE',
  path: '/api/auction/auctions/:id',
  door: 'public',
  access: player,
  params: IdParams,
  replies: { 200: Type.Object({ message: Type.String() }) },
})

export const placeBid = route({
  name: 'placeBid',
  summary: 'Bid whole TUX on an auction',
  method: 'POST',
  path: '/api/auction/auctions/:id/bids',
  door: 'public',
  access: bidder,
  params: IdParams,
  body: BidRequest,
  replies: { 201: Bid },
})

export const readOwnBids = route({
  name: 'readOwnBids',
  summary: "The caller's bids; the id in the path is the caller's",
  method: 'GET',
  path: '/api/auction/auctions/:id/bids',
  door: 'public',
  access: reader,
  params: IdParams,
  query: BidFilters,
  replies: { 200: Type.Array(Bid) },
})

export const listAuctions = route({
  name: 'listAuctions',
  summary: 'The active auctions, or the history',
  method: 'GET',
  path: '/admin/api/auction/auctions',
  door: 'admin',
  access: administrator,
  query: AuctionFilters,
  replies: { 200: Type.Array(Auction) },
})

export const inspectAuction = route({
  name: 'inspectAuction',
  summary: 'One auction, active or not',
  method: 'GET',
  path: '/admin/api/auction/auctions/:id',
  door: 'admin',
  access: administrator,
  params: IdParams,
  replies: { 200: Auction },
})

export const createAuctionFor = route({
  name: 'createAuctionFor',
  summary: 'Put a gacha of any player up for auction',
  method: 'POST',
  path: '/admin/api/auction/auctions',
  door: 'admin',
  access: administrator,
  body: AuctionRequest,
  replies: { 201: AuctionCreated },
})

export const closeAuction = route({
  name: 'closeAuction',
  summary: 'Close an auction now, with all that its end brings; `status` is false, because none is ever reopened',
  method: 'PATCH',
  path: '/admin/api/auction/auctions/:id',
  door: 'admin',
  access: administrator,
  params: IdParams,
  body: Type.Object({ status: Type.Boolean() }),
  replies: { 200: Type.Object({ detail: Type.String() }) },
})

export const removeAuction = route({
  name: 'removeAuction',
  summary: 'Remove an auction before its end; what nobody knows is removed already',
  method: 'DELETE',
  path: '/admin/api/auction/auctions/:id',
  door: 'admin',
  access: administrator,
  params: IdParams,
  replies: { 200: Type.Object({ details: Type.String() }) },
})

const unauthorized = marketRefusal(401, 'Unauthorized')

export const placeBidFor = route({
  name: 'placeBidFor',
  summary: 'Bid for any player',
  method: 'POST',
  path: '/admin/api/auction/auctions/:id/bids',
  door: 'admin',
  access: administrator,
  // Here, and only here, 401 (market §2).
  forbidden: { 'wrong-role': unauthorized, 'not-self': unauthorized },
  params: IdParams,
  body: BidRequest,
  replies: { 201: Type.Object({ details: Type.String() }) },
})

export const listBids = route({
  name: 'listBids',
  summary: 'The bids of an auction',
  method: 'GET',
  path: '/admin/api/auction/auctions/:id/bids',
  door: 'admin',
  access: administrator,
  params: IdParams,
  query: BidFilters,
  replies: { 200: Type.Array(Bid) },
})

export const readStatistics = route({
  name: 'readStatistics',
  summary: 'The bids of the last 86 400 seconds: how many, and their mean',
  method: 'GET',
  path: '/admin/api/auction/stats/auctions',
  door: 'admin',
  access: administrator,
  replies: { 200: Type.Object({ avg: Type.Number(), count: Type.Integer(), bids: Type.Array(Bid) }) },
})

const wrongRole = marketRefusal(403, 'Unauthorized')
const notYours = { 'wrong-role': wrongRole, 'not-self': marketRefusal(403, 'Player_id not valid') }

export const auctions: Surface = {
  name: 'auction.market',
  dialect: market,
  decidedBy: 'service',
  prefixes: { public: '/api/auction', admin: '/admin/api/auction' },
  forbidden: { public: notYours, admin: notYours },
  routes: [
    browseAuctions,
    createAuction,
    withdrawAuction,
    placeBid,
    readOwnBids,
    listAuctions,
    inspectAuction,
    createAuctionFor,
    closeAuction,
    removeAuction,
    placeBidFor,
    listBids,
    readStatistics,
  ],
}
