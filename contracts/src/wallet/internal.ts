import { type Static, Type } from 'typebox'
import type { OtherService } from '../access.ts'
import { internalSurface } from '../internal-surface.ts'
import { exportPersonalData } from '../privacy/export-of-wallet.ts'
import { route } from '../route.ts'

const UidParams = Type.Object({ uid: Type.String() })

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
const Uuid = Type.String({ format: 'uuid' })
// Whole TUX.
const WholeTux = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** So many bids or settlements are taken in one call. */
export const batchLimit = 500

const OfferOutcome = Type.Union([
  Type.Literal('held'),
  Type.Literal('too-low'),
  Type.Literal('not-enough-tux'),
  Type.Literal('unknown-player'),
])
export type OfferOutcome = Static<typeof OfferOutcome>

export const placeOffers = route({
  name: 'placeOffers',
  summary:
    'Freeze TUX for offers, decided one after the other; each releases the hold it outbids. The caller makes the id, so that a retry has the first answer',
  method: 'PUT',
  path: '/internal/wallet/offer-batches/:batchId',
  door: 'internal',
  access: fromAuction,
  params: Type.Object({ batchId: Uuid }),
  body: Type.Object({
    // In order of arrival; those of one lot outbid one another.
    offers: Type.Array(
      Type.Object({
        // Becomes the id of the hold, if it is the offer of its lot that stands in the end.
        id: Uuid,
        lot: Uuid,
        uid: Type.String(),
        amount: WholeTux,
      }),
      { minItems: 1, maxItems: batchLimit },
    ),
    // What stands on the lots before the first offer; a lot that has no offer yet is left out.
    standing: Type.Array(Type.Object({ lot: Uuid, hold: Uuid, amount: WholeTux }), { maxItems: batchLimit }),
  }),
  // One for each offer, in their order.
  replies: { 200: Type.Object({ outcomes: Type.Array(OfferOutcome) }) },
})

const HoldOutcome = Type.Union([Type.Literal('captured'), Type.Literal('released'), Type.Literal('seller-gone')])
export type HoldOutcome = Static<typeof HoldOutcome>

export const settleHolds = route({
  name: 'settleHolds',
  summary:
    'End holds: pay what is held to the seller of an auction, or release it. One that has ended before says how; without bidder or seller nothing is paid and what is held is released',
  method: 'POST',
  path: '/internal/wallet/hold-settlements',
  door: 'internal',
  access: fromAuction,
  body: Type.Object({
    settlements: Type.Array(
      Type.Object({
        hold: Uuid,
        // Without a sale the hold is released. One that was not placed, and now cannot be, is released in either case.
        sale: Type.Optional(Type.Object({ seller: Type.String(), auction_id: Uuid })),
      }),
      { minItems: 1, maxItems: batchLimit },
    ),
  }),
  // One for each settlement, in their order.
  replies: { 200: Type.Object({ outcomes: Type.Array(HoldOutcome) }) },
})

export const internal = internalSurface('wallet', [
  openWallet,
  closeWallet,
  chargeRoll,
  voidRollCharge,
  placeOffers,
  settleHolds,
  exportPersonalData,
])
