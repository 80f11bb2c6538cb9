import { Type } from 'typebox'
import type { OtherService } from '../access.ts'
import { internalSurface } from '../internal-surface.ts'
import { exportPersonalData } from '../privacy/export-of-auction.ts'
import { route } from '../route.ts'

const fromIdentity: OtherService = { who: 'service', from: ['identity'] }
const UidParams = Type.Object({ uid: Type.String() })

export const openPlayer = route({
  name: 'openPlayer',
  summary: 'Let a new player take part in auctions; once open, the same again changes nothing',
  method: 'PUT',
  path: '/internal/auction/players/:uid',
  door: 'internal',
  access: fromIdentity,
  params: UidParams,
  replies: { 200: Type.Object({ state: Type.Union([Type.Literal('open'), Type.Literal('closed')]) }) },
})

export const closePlayer = route({
  name: 'closePlayer',
  summary: 'End what a player may do in auctions, also before it began; the auctions go on',
  method: 'DELETE',
  path: '/internal/auction/players/:uid',
  door: 'internal',
  access: fromIdentity,
  params: UidParams,
  replies: { 200: Type.Object({ state: Type.Literal('closed') }) },
})

export const internal = internalSurface('auction', [openPlayer, closePlayer, exportPersonalData])
