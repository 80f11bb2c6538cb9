import { type Static, Type } from 'typebox'
import type { OtherService } from '../access.ts'
import { internalSurface } from '../internal-surface.ts'
import { route } from '../route.ts'

/** The services that hold something of people besides identity, each of which erases it when identity asks. */
export const erasingServices = ['wallet', 'gacha', 'auction', 'enrollment', 'pictures'] as const
export type ErasingService = (typeof erasingServices)[number]

const fromIdentity: OtherService = { who: 'service', from: ['identity'] }

const Counts = Type.Record(Type.String(), Type.Integer({ minimum: 0 }))

/** What became of a person's data at one service, as counts by kind: nothing here says whose it was. */
export const Erased = Type.Object({
  removed: Counts,
  // What stays because others need it, and leads to nobody any more.
  anonymous: Counts,
})
export type Erased = Static<typeof Erased>

/** The same question to every service. */
function erasureAt(service: ErasingService) {
  return route({
    name: 'erasePerson',
    summary:
      'Erase what there is of a person; the same again erases what has come since, and counts it with what was erased before',
    method: 'PUT',
    path: `/internal/${service}/erasures/:erasureId`,
    door: 'internal',
    access: fromIdentity,
    params: Type.Object({ erasureId: Type.String({ format: 'uuid' }) }),
    body: Type.Object({
      uid: Type.String({ format: 'uuid' }),
      // By which enrollment knows people.
      username: Type.Optional(Type.String({ maxLength: 100 })),
      // Whether what they uploaded stays, as nobody's.
      keep_uploads: Type.Boolean(),
    }),
    replies: { 200: Erased },
  })
}

export const erasures = {
  wallet: erasureAt('wallet'),
  gacha: erasureAt('gacha'),
  auction: erasureAt('auction'),
  enrollment: erasureAt('enrollment'),
  pictures: erasureAt('pictures'),
} as const

/** What a service offers for it; on no door. */
export function erasureSurface(service: ErasingService) {
  return {
    ...internalSurface(service, [erasures[service]]),
    name: `${service}.erasure`,
    prefixes: { internal: `/internal/${service}/erasures` },
  }
}
