import { type Static, Type } from 'typebox'
import { personalDataRoute } from './export.ts'
import { list, Membership, orNull, single, Time } from './fields.ts'

export const AuctionData = Type.Object({
  membership: single(Membership),
  auctions: list(
    Type.Object({
      id: Type.String(),
      gacha_name: Type.String(),
      starting_price: Type.Number({ description: 'whole TUX' }),
      highest_bid: Type.Number({ description: 'whole TUX; 0 without any' }),
      ends_at: Type.Number({ description: 'UNIX seconds' }),
      state: Type.String({ description: 'creating, open, closing, closed or deleting' }),
      outcome: orNull(Type.String({ description: 'sold, unsold, leader-gone, seller-gone or gacha-gone' })),
    }),
  ),
  bids: list(
    Type.Object({
      id: Type.String(),
      auction_id: Type.String(),
      gacha_name: Type.String(),
      amount: Type.Number({ description: 'whole TUX' }),
      leads: Type.Boolean({ description: 'nobody has bid more' }),
      bought: Type.Boolean({ description: 'the auction was sold for this' }),
      placed_at: Time,
    }),
  ),
})
export type AuctionData = Static<typeof AuctionData>

export const exportPersonalData = personalDataRoute('auction', 'the uid of the account', AuctionData)
