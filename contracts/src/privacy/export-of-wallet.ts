import { type Static, Type } from 'typebox'
import { personalDataRoute } from './export.ts'
import { list, Membership, orNull, single, Time } from './fields.ts'

export const WalletData = Type.Object({
  membership: single(Membership),
  balances: single(
    Type.Object({
      tux: Type.Number({ description: 'without what is frozen in bids' }),
      fiat: Type.Number(),
      tux_held: Type.Number({ description: 'what is frozen in bids' }),
    }),
  ),
  transactions: list(
    Type.Object({
      id: Type.String(),
      kind: Type.String({ description: 'opening, purchase, roll, sale or closing' }),
      state: Type.String({ description: 'booked, or refused for lack of funds' }),
      part: orNull(Type.Union([Type.Literal('buyer'), Type.Literal('seller')])),
      tux: Type.Number({ description: 'what it added to the TUX, or took' }),
      fiat: Type.Number({ description: 'what it added to the fiat, or took' }),
      tux_balance: orNull(Type.Number({ description: 'afterwards, without what was frozen in bids' })),
      fiat_balance: orNull(Type.Number()),
      auction_id: orNull(Type.String()),
      created_at: Time,
    }),
  ),
  holds: list(
    Type.Object({
      id: Type.String(),
      tux: Type.Number(),
      state: Type.String({ description: 'open, captured or released' }),
      placed_at: Time,
      ended_at: orNull(Time),
    }),
  ),
})
export type WalletData = Static<typeof WalletData>

export const exportPersonalData = personalDataRoute('wallet', 'the uid of the account', WalletData)
