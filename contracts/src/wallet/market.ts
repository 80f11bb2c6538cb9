import { Type } from 'typebox'
import { administrator, anyone, type SignedIn } from '../access.ts'
import { market, marketRefusal } from '../dialects/market.ts'
import { route, type Surface } from '../route.ts'

const UidParams = Type.Object({ uid: Type.String() })
const ownAccount: SignedIn = { who: 'account', self: { in: 'params', field: 'uid' } }

export const readTuxPrice = route({
  name: 'readTuxPrice',
  summary: 'How many TUX one unit of fiat buys',
  method: 'GET',
  path: '/api/tux-management/tux-price',
  door: 'public',
  access: anyone,
  replies: { 200: Type.Object({ price: Type.Number() }) },
})

export const readRollPrice = route({
  name: 'readRollPrice',
  summary: 'What a roll costs, in TUX',
  method: 'GET',
  path: '/api/tux-management/roll/price',
  door: 'public',
  access: anyone,
  replies: { 200: Type.Object({ price: Type.Number() }) },
})

export const readBalances = route({
  name: 'readBalances',
  summary: "The caller's balances, without what is frozen in bids",
  method: 'GET',
  path: '/api/tux-management/balances/:uid',
  door: 'public',
  access: ownAccount,
  params: UidParams,
  replies: { 200: Type.Object({ fiat_balance: Type.Number(), tux_balance: Type.Number() }) },
})

export const buyTux = route({
  name: 'buyTux',
  summary: 'Buy an amount of TUX with fiat',
  method: 'POST',
  path: '/api/tux-management/buy',
  door: 'public',
  access: { who: 'account', self: { in: 'body', field: 'user_id' } },
  body: Type.Object({
    // In TUX; the ledger counts millionths, and an amount it cannot hold exactly is refused.
    amount: Type.Number({ multipleOf: 0.000001 }),
    user_id: Type.String(),
  }),
  replies: { 200: Type.Object({ detail: Type.String() }) },
})

const Transactions = Type.Object({
  purchase: Type.Array(
    Type.Object({
      transaction_id: Type.String(),
      user_id: Type.String(),
      purchased_tux: Type.Number(),
      amount_fiat: Type.Number(),
      amount_tux: Type.Number(),
      timestamp: Type.Integer(),
      filled: Type.Boolean(),
    }),
  ),
  auction: Type.Array(
    Type.Object({
      transaction_id: Type.String(),
      auction_id: Type.String(),
      from_user_id: Type.String(),
      to_user_id: Type.String(),
      amount_tux: Type.Number(),
      timestamp: Type.Integer(),
    }),
  ),
  roll: Type.Array(
    Type.Object({
      transaction_id: Type.String(),
      user_id: Type.String(),
      amount_tux: Type.Number(),
      timestamp: Type.Integer(),
      filled: Type.Boolean(),
    }),
  ),
})

export const readTransactions = route({
  name: 'readTransactions',
  summary: "The caller's purchases, sales and rolls, oldest first",
  method: 'GET',
  path: '/api/tux-management/transactions/:uid',
  door: 'public',
  access: ownAccount,
  params: UidParams,
  replies: { 200: Transactions },
})

export const readTransactionsOfPlayer = route({
  name: 'readTransactionsOfPlayer',
  summary: "A player's purchases, sales and rolls, oldest first",
  method: 'GET',
  path: '/admin/api/tux-management/transactions/:uid',
  door: 'admin',
  access: administrator,
  params: UidParams,
  replies: { 200: Transactions },
})

const unauthorized = marketRefusal(401, 'Unauthorized')
const notYours = { 'wrong-role': unauthorized, 'not-self': unauthorized }

export const currency: Surface = {
  name: 'wallet.market',
  dialect: market,
  decidedBy: 'service',
  prefixes: { public: '/api/tux-management', admin: '/admin/api/tux-management' },
  forbidden: { public: notYours, admin: notYours },
  routes: [readTuxPrice, readRollPrice, readBalances, buyTux, readTransactions, readTransactionsOfPlayer],
  closedPaths: [{ door: 'admin', path: '/admin/api/tux-management/balances/:uid' }],
}
