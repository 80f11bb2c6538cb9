import { Type } from 'typebox'
import type { OtherService } from '../access.ts'
import { internalSurface } from '../internal-surface.ts'
import { exportPersonalData } from '../privacy/export-of-gacha.ts'
import { route } from '../route.ts'

const UidParams = Type.Object({ uid: Type.String() })

const fromIdentity: OtherService = { who: 'service', from: ['identity'] }

export const openCollection = route({
  name: 'openCollection',
  summary: 'Open the collection of a new player; once open, the same again changes nothing',
  method: 'PUT',
  path: '/internal/gacha/players/:uid',
  door: 'internal',
  access: fromIdentity,
  params: UidParams,
  replies: { 200: Type.Object({ state: Type.Union([Type.Literal('open'), Type.Literal('closed')]) }) },
})

export const closeCollection = route({
  name: 'closeCollection',
  summary: 'Close the collection of a player, also before it was opened',
  method: 'DELETE',
  path: '/internal/gacha/players/:uid',
  door: 'internal',
  access: fromIdentity,
  params: UidParams,
  replies: { 200: Type.Object({ state: Type.Literal('closed') }) },
})

const fromAuction: OtherService = { who: 'service', from: ['auction'] }
const Uuid = Type.String({ format: 'uuid' })

/** So many escrows are taken in one call. */
export const batchLimit = 500

export const takeIntoEscrow = route({
  name: 'takeIntoEscrow',
  summary: 'Take a copy out of a collection and keep it for an auction; the same again has the first answer',
  method: 'PUT',
  path: '/internal/gacha/escrows/:auctionId',
  door: 'internal',
  access: fromAuction,
  params: Type.Object({ auctionId: Uuid }),
  body: Type.Object({ uid: Type.String(), gacha_name: Type.String() }),
  replies: { 200: Type.Object({ outcome: Type.Literal('taken') }) },
})

export const lookUpEscrows = route({
  name: 'lookUpEscrows',
  summary: 'Whether copies are still kept: `gone` is one whose gacha was removed from the catalogue, or that never was',
  method: 'POST',
  path: '/internal/gacha/escrow-lookups',
  door: 'internal',
  access: fromAuction,
  body: Type.Object({ auction_ids: Type.Array(Uuid, { minItems: 1, maxItems: batchLimit }) }),
  // One for each auction, in their order.
  replies: {
    200: Type.Object({
      states: Type.Array(Type.Union([Type.Literal('kept'), Type.Literal('ended'), Type.Literal('gone')])),
    }),
  },
})

export const settleEscrows = route({
  name: 'settleEscrows',
  summary:
    'Give copies that were kept to players, or discard them; one that has ended before says how, one that never was is never taken',
  method: 'POST',
  path: '/internal/gacha/escrow-settlements',
  door: 'internal',
  access: fromAuction,
  body: Type.Object({
    settlements: Type.Array(
      Type.Object({
        auction_id: Uuid,
        // Whose collection the copy goes to, unless it is closed; null discards it.
        to: Type.Union([Type.String(), Type.Null()]),
      }),
      { minItems: 1, maxItems: batchLimit },
    ),
  }),
  // One for each settlement, in their order.
  replies: {
    200: Type.Object({ outcomes: Type.Array(Type.Union([Type.Literal('given'), Type.Literal('discarded')])) }),
  },
})

export const internal = internalSurface('gacha', [
  openCollection,
  closeCollection,
  takeIntoEscrow,
  lookUpEscrows,
  settleEscrows,
  exportPersonalData,
])
