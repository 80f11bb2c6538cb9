import { type Static, Type } from 'typebox'
import { personalDataRoute } from './export.ts'
import { list, Membership, orNull, single, Time } from './fields.ts'

const Rarity = Type.Integer({ minimum: 1, maximum: 5 })

export const GachaData = Type.Object({
  membership: single(Membership),
  copies: list(Type.Object({ name: Type.String(), rarity: Rarity, copies: Type.Integer() })),
  rolls: list(
    Type.Object({
      id: Type.String(),
      state: Type.String({ description: 'unsettled, delivered, refused, void or forfeited' }),
      name: orNull(Type.String()),
      rarity: orNull(Rarity),
      client_seed: orNull(Type.String({ description: 'what the player gave to the draw' })),
      rolled_at: Time,
      settled_at: orNull(Time),
    }),
  ),
  offered: list(
    Type.Object({
      auction_id: Type.String(),
      name: Type.String(),
      state: Type.String({ description: 'kept for the auction, given to whoever won it, returned, or discarded' }),
      taken_at: Time,
      ended_at: orNull(Time),
    }),
  ),
  received: list(Type.Object({ auction_id: Type.String(), name: Type.String(), received_at: Time })),
})
export type GachaData = Static<typeof GachaData>

export const exportPersonalData = personalDataRoute('gacha', 'the uid of the account', GachaData)
