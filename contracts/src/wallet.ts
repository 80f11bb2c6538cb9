import { Type } from 'typebox'
import { administrator, anyone, type OtherService, type SignedIn } from './access.ts'
import { market, marketRefusal } from './dialects/market.ts'
import { internalSurface } from './internal-surface.ts'
import { route, type ServiceContract, type Surface } from './route.ts'

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

const currency: Surface = {
  name: 'wallet.market',
  dialect: market,
  decidedBy: 'service',
  prefixes: { public: '/api/tux-management', admin: '/admin/api/tux-management' },
  forbidden: { public: notYours, admin: notYours },
  routes: [readTuxPrice, readRollPrice, readBalances, buyTux, readTransactions, readTransactionsOfPlayer],
  closedPaths: [{ door: 'admin', path: '/admin/api/tux-management/balances/:uid' }],
}

const fromIdentity: OtherService = { who: 'service', from: ['identity'] }
const fromGacha: OtherService = { who: 'service', from: ['gacha'] }

export const openWallet = route({
  name: 'openWallet',
  summary: 'Open the accounts of a new player; once open, the same again changes nothing',
  method: 'PUT',
  path: '/internal/wallet/players/:uid',
  door: 'internal',
  access: fromIdentity,
  params: UidParams,
  replies: { 200: Type.Object({ state: Type.Union([Type.Literal('open'), Type.Literal('closed')]) }) },
})

export const closeWallet = route({
  name: 'closeWallet',
  summary: 'Close the accounts of a player, also before they were opened',
  method: 'DELETE',
  path: '/internal/wallet/players/:uid',
  door: 'internal',
  access: fromIdentity,
  params: UidParams,
  replies: { 200: Type.Object({ state: Type.Literal('closed') }) },
})

export const chargeRoll = route({
  name: 'chargeRoll',
  summary: 'Take the price of a roll; the caller makes the id, so that a retry charges nothing twice',
  method: 'PUT',
  path: '/internal/wallet/roll-charges/:rollId',
  door: 'internal',
  access: fromGacha,
  params: Type.Object({ rollId: Type.String({ format: 'uuid' }) }),
  body: Type.Object({ uid: Type.String() }),
  replies: { 200: Type.Object({ outcome: Type.Literal('charged') }) },
})

export const voidRollCharge = route({
  name: 'voidRollCharge',
  summary: 'Make sure that a roll is not charged any more, and say whether it was',
  method: 'DELETE',
  path: '/internal/wallet/roll-charges/:rollId',
  door: 'internal',
  access: fromGacha,
  params: Type.Object({ rollId: Type.String({ format: 'uuid' }) }),
  replies: { 200: Type.Object({ outcome: Type.Union([Type.Literal('charged'), Type.Literal('not-charged')]) }) },
})

const fromAuction: OtherService = { who: 'service', from: ['auction'] }
const HoldParams = Type.Object({ holdId: Type.String({ format: 'uuid' }) })

export const placeHold = route({
  name: 'placeHold',
  summary: 'Freeze TUX of a player and release other holds, both or neither; the caller makes the id',
  method: 'PUT',
  path: '/internal/wallet/holds/:holdId',
  door: 'internal',
  access: fromAuction,
  params: HoldParams,
  body: Type.Object({
    uid: Type.String(),
    // Whole TUX.
    amount: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    // Holds of whomever that the new one takes the place of; those that are not open any more are passed over.
    releases: Type.Array(Type.String({ format: 'uuid' }), { maxItems: 8 }),
  }),
  replies: { 200: Type.Object({ outcome: Type.Literal('held') }) },
})

export const releaseHold = route({
  name: 'releaseHold',
  summary: 'Release a hold, or make sure that it is never placed; say what became of it',
  method: 'DELETE',
  path: '/internal/wallet/holds/:holdId',
  door: 'internal',
  access: fromAuction,
  params: HoldParams,
  replies: { 200: Type.Object({ outcome: Type.Union([Type.Literal('released'), Type.Literal('captured')]) }) },
})

export const captureHold = route({
  name: 'captureHold',
  summary: 'Pay what is held to the seller of an auction; without one of the two it is released instead',
  method: 'POST',
  path: '/internal/wallet/holds/:holdId/capture',
  door: 'internal',
  access: fromAuction,
  params: HoldParams,
  body: Type.Object({ seller: Type.String(), auction_id: Type.String({ format: 'uuid' }) }),
  replies: {
    200: Type.Object({
      outcome: Type.Union([Type.Literal('captured'), Type.Literal('released'), Type.Literal('seller-gone')]),
    }),
  },
})

const internal = internalSurface('wallet', [
  openWallet,
  closeWallet,
  chargeRoll,
  voidRollCharge,
  placeHold,
  releaseHold,
  captureHold,
])

export const walletContract: ServiceContract = { name: 'wallet', title: 'Wallet', surfaces: [currency, internal] }
