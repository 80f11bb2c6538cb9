import { Type } from 'typebox'
import type { SignedIn } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { IdempotencyHeaders } from '../idempotency.ts'
import { pageOf, pageQuery } from '../paging.ts'
import { route, type Surface } from '../route.ts'

const reader: SignedIn = { who: 'account', role: 'user', scope: 'wallet:read' }
const player: SignedIn = { who: 'account', role: 'user', scope: 'wallet:buy' }
const Time = Type.String({ format: 'date-time', description: 'RFC 3339' })

/** TUX that were bought, and what the player had afterwards. */
export const Purchase = Type.Object({
  id: Type.String(),
  amount_tux: Type.Number(),
  cost_fiat: Type.Number(),
  tux_balance: Type.Number({ description: 'without what is frozen in bids' }),
  fiat_balance: Type.Number(),
  created_at: Time,
})

export const purchase = route({
  name: 'purchase',
  summary: 'Buy TUX with fiat; a retry under the same Idempotency-Key has the first answer',
  method: 'POST',
  path: '/v1/wallet/purchases',
  door: 'public',
  access: player,
  headers: IdempotencyHeaders,
  body: Type.Object({
    amount: Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'TUX, with up to six decimals' }),
  }),
  replies: { 201: Purchase },
})

export const readOwnBalances = route({
  name: 'readOwnBalances',
  summary: 'What the caller can spend, and what is frozen in bids',
  method: 'GET',
  path: '/v1/wallet/balances',
  door: 'public',
  access: reader,
  replies: { 200: Type.Object({ tux: Type.Number(), fiat: Type.Number(), tux_held: Type.Number() }) },
})

const Direction = Type.Union([Type.Literal('in'), Type.Literal('out')], {
  description: 'whether the TUX came to the caller or went',
})

const attempt = {
  id: Type.String(),
  direction: Direction,
  amount_tux: Type.Number(),
  state: Type.Union([Type.Literal('booked'), Type.Literal('refused')], {
    description: 'refused for lack of funds: nothing was moved',
  }),
  tux_balance: Type.Number({ description: 'afterwards, without what was frozen in bids' }),
  fiat_balance: Type.Number({ description: 'afterwards' }),
  created_at: Time,
}

/** Something that the player tried to pay for, or an auction that the player won or sold. */
export const WalletTransaction = Type.Union([
  Type.Object({ kind: Type.Literal('purchase'), ...attempt, cost_fiat: Type.Number() }),
  Type.Object({ kind: Type.Literal('roll'), ...attempt }),
  Type.Object({
    kind: Type.Literal('sale'),
    id: Type.String(),
    direction: Direction,
    amount_tux: Type.Number(),
    state: Type.Literal('booked'),
    auction_id: Type.String(),
    buyer: Type.String(),
    seller: Type.String(),
    created_at: Time,
  }),
])

export const pageThroughTransactions = route({
  name: 'pageThroughTransactions',
  summary: "The caller's purchases, rolls and sales, newest first, in pages",
  method: 'GET',
  path: '/v1/wallet/transactions',
  door: 'public',
  access: player,
  query: pageQuery({
    kind: Type.Optional(Type.Union([Type.Literal('purchase'), Type.Literal('sale'), Type.Literal('roll')])),
  }),
  replies: { 200: pageOf(WalletTransaction) },
})

const notForYou = problem(403, 'Forbidden', { detail: 'only players have a wallet' })

export const own: Surface = {
  name: 'wallet.own',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/wallet' },
  forbidden: { public: { 'wrong-role': notForYou, 'not-self': notForYou } },
  routes: [purchase, readOwnBalances, pageThroughTransactions],
}
