import { Type } from 'typebox'
import { internalSurface } from '../internal-surface.ts'
import { route } from '../route.ts'

/** A token no longer counts when it names a revoked session (`sid`) or a revoked account (`sub`). */
export const Revocation = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  kind: Type.Union([Type.Literal('session'), Type.Literal('account')]),
  id: Type.String(),
  /** UNIX seconds; after this no token that it concerns can be valid any more. */
  until: Type.Integer(),
})

export const readRevocations = route({
  name: 'readRevocations',
  summary:
    'What was revoked since a place in the feed, oldest first, at most 1000 at once, and the version of the keys',
  method: 'GET',
  path: '/internal/identity/revocations',
  door: 'internal',
  access: { who: 'service', from: ['gateway', 'wallet', 'gacha', 'auction'] },
  query: Type.Object({ after: Type.Integer({ minimum: 0 }) }),
  replies: {
    200: Type.Object({
      /** Names the feed; in another one places mean something else. */
      feed: Type.String(),
      revocations: Type.Array(Revocation),
      /** Another one than before means that the published keys are to be fetched again. */
      keys: Type.String(),
    }),
  },
})

export const internal = internalSurface('identity', [readRevocations])
