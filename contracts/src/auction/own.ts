import { Type } from 'typebox'
import type { SignedIn } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { eventStream } from '../event-stream.ts'
import { IdempotencyHeaders } from '../idempotency.ts'
import { pageOf, pageQuery } from '../paging.ts'
import { route, type Surface } from '../route.ts'

const reader: SignedIn = { who: 'account', role: 'user', scope: 'auction:read' }
const player: SignedIn = { who: 'account', role: 'user', scope: 'auction:bid' }
const Uuid = Type.String({ format: 'uuid' })

/** An auction on Sallyport's own routes. Amounts are whole TUX. */
export const OpenAuction = Type.Object({
  id: Type.String(),
  seller: Type.String(),
  gacha_name: Type.String(),
  starting_price: Type.Integer(),
  leader: Type.Union([Type.String(), Type.Null()]),
  highest_bid: Type.Integer({ description: '0 while there is no bid' }),
  ends_at: Type.Integer({ description: 'UNIX seconds' }),
})

/** A bid of the caller's. */
export const OwnBid = Type.Object({
  id: Type.String(),
  auction_id: Type.String(),
  amount: Type.Integer(),
  placed_at: Type.Integer({ description: 'UNIX seconds' }),
})

export const pageThroughAuctions = route({
  name: 'pageThroughAuctions',
  summary: 'The active auctions, oldest first, in pages',
  method: 'GET',
  path: '/v1/auction/auctions',
  door: 'public',
  access: reader,
  query: pageQuery({}),
  replies: { 200: pageOf(OpenAuction) },
})

export const bid = route({
  name: 'bid',
  summary: 'Bid whole TUX on an auction; a retry under the same Idempotency-Key has the first answer',
  method: 'POST',
  path: '/v1/auction/auctions/:id/bids',
  door: 'public',
  access: player,
  params: Type.Object({ id: Uuid }),
  headers: IdempotencyHeaders,
  body: Type.Object({ amount: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }),
  replies: { 201: OwnBid },
})

export const pageThroughOwnBids = route({
  name: 'pageThroughOwnBids',
  summary: "The caller's bids, newest first, in pages",
  method: 'GET',
  path: '/v1/auction/bids',
  door: 'public',
  access: reader,
  query: pageQuery({}),
  replies: { 200: pageOf(OwnBid) },
})

export const watchAuctions = route({
  name: 'watchAuctions',
  summary: 'The active auctions, and then whatever changes about them, as server-sent events',
  method: 'GET',
  path: '/v1/auction/events',
  door: 'public',
  access: reader,
  replies: {
    200: eventStream({
      snapshot: Type.Object({ auctions: Type.Array(OpenAuction) }),
      auction: OpenAuction,
      ended: Type.Object({ id: Type.String() }),
    }),
  },
})

const notForYou = problem(403, 'Forbidden', { detail: 'only players take part in auctions' })

export const own: Surface = {
  name: 'auction.own',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/auction' },
  forbidden: { public: { 'wrong-role': notForYou, 'not-self': notForYou } },
  routes: [pageThroughAuctions, bid, pageThroughOwnBids, watchAuctions],
}
