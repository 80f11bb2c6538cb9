import { type TSchema, Type } from 'typebox'
import { Revocation } from '../identity/internal.ts'
import { internalSurface } from '../internal-surface.ts'
import { route } from '../route.ts'

/** Services that identity knows nothing of, and that never call it (enrollment E-9). */
const strangersToIdentity = ['enrollment']

/** Null as long as the gateway has heard nothing of identity. */
function orNotHeard<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()])
}

const Keys = Type.Array(Type.Record(Type.String(), Type.Unknown()))

export const relayKeys = route({
  name: 'relayKeys',
  summary: 'The public keys of each issuer, as the gateway heard them last',
  method: 'GET',
  path: '/internal/gateway/keys',
  door: 'internal',
  access: { who: 'service', from: strangersToIdentity },
  replies: { 200: Type.Object({ identity: orNotHeard(Keys), gateway: Keys }) },
})

export const relayRevocations = route({
  name: 'relayRevocations',
  summary: 'What was revoked since a place in the feed, as the gateway heard it, and the versions of the keys',
  method: 'GET',
  path: '/internal/gateway/revocations',
  door: 'internal',
  access: { who: 'service', from: strangersToIdentity },
  query: Type.Object({ after: Type.Integer({ minimum: 0 }) }),
  replies: {
    200: Type.Object({
      /** Names the feed; a gateway that starts has another one. */
      feed: Type.String(),
      revocations: Type.Array(Revocation),
      /** How long the gateway has heard nothing itself. */
      silent_ms: orNotHeard(Type.Integer({ minimum: 0 })),
      /** Others than before mean that the keys are to be fetched again. */
      keys: Type.Object({ identity: orNotHeard(Type.String()), gateway: Type.String() }),
    }),
  },
})

export const relay = internalSurface('gateway', [relayKeys, relayRevocations])
