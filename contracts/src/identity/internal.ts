import { Type } from 'typebox'
import { internalSurface } from '../internal-surface.ts'
import { guestScope } from '../pictures/demo-key.ts'
import { route } from '../route.ts'

/** A token no longer counts when it names a revoked session (`sid`) or a revoked account (`sub`). */
export const Revocation = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  kind: Type.Union([Type.Literal('session'), Type.Literal('account')]),
  id: Type.String(),
  /** UNIX seconds; after this no token that it concerns can be valid any more. */
  until: Type.Integer(),
})

/** Enrollment never calls identity: it hears these things from the gateway (enrollment E-9). */
const whoVerifies = ['gateway', 'wallet', 'gacha', 'auction', 'pictures']

export const readRevocations = route({
  name: 'readRevocations',
  summary:
    'What was revoked since a place in the feed, oldest first, at most 1000 at once, and the version of the keys',
  method: 'GET',
  path: '/internal/identity/revocations',
  door: 'internal',
  access: { who: 'service', from: whoVerifies },
  query: Type.Object({ after: Type.Integer({ minimum: 0 }) }),
  replies: {
    200: Type.Object({
      /** Names the feed; in another one places mean something else. */
      feed: Type.String(),
      revocations: Type.Array(Revocation),
      /** While the primary is away: for how long nothing new was heard; null when that never was. */
      silent_ms: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
      /** Another one than before means that the published keys are to be fetched again. */
      keys: Type.String(),
    }),
  },
})

export const readKeys = route({
  name: 'readKeys',
  summary: 'The public keys of the tokens that identity signs (RFC 7517)',
  method: 'GET',
  path: '/internal/identity/keys',
  door: 'internal',
  access: { who: 'service', from: whoVerifies },
  replies: { 200: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }) },
})

export const exchangeApiKey = route({
  name: 'exchangeApiKey',
  summary: 'A token for the digest of an API key, or why its holder gets none; 404 when it is no key at all',
  method: 'POST',
  path: '/internal/identity/api-keys/exchange',
  door: 'internal',
  access: { who: 'service', from: ['gateway'] },
  body: Type.Object({ digest: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'SHA-256, base64url' }) }),
  replies: {
    200: Type.Union([
      Type.Object({
        id: Type.String(),
        token: Type.String(),
        /** UNIX seconds. */
        expires_at: Type.Integer(),
        networks: Type.Array(Type.String()),
      }),
      Type.Object({ refused: Type.Union([Type.Literal('expired'), Type.Literal('blocked')]) }),
    ]),
  },
})

export const admitGuest = route({
  name: 'admitGuest',
  summary: 'A token for somebody without an account, who has come with a key that is everybody’s',
  method: 'POST',
  path: '/internal/identity/guests/tokens',
  door: 'internal',
  access: { who: 'service', from: ['gateway'] },
  body: Type.Object({ scope: Type.Literal(guestScope) }),
  replies: {
    200: Type.Object({
      token: Type.String(),
      /** UNIX seconds. */
      expires_at: Type.Integer(),
    }),
  },
})

export const recordApiKeyUses = route({
  name: 'recordApiKeyUses',
  summary: 'How often keys were used, and when for the last time',
  method: 'POST',
  path: '/internal/identity/api-keys/uses',
  door: 'internal',
  access: { who: 'service', from: ['gateway'] },
  body: Type.Object({
    uses: Type.Array(
      Type.Object({
        id: Type.String({ format: 'uuid' }),
        uses: Type.Integer({ minimum: 1 }),
        /** UNIX seconds. */
        last_used_at: Type.Integer(),
      }),
      { maxItems: 1000 },
    ),
  }),
  replies: { 204: Type.Null() },
})

export const internal = internalSurface('identity', [
  readRevocations,
  readKeys,
  exchangeApiKey,
  admitGuest,
  recordApiKeyUses,
])
