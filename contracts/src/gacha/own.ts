import { Type } from 'typebox'
import type { SignedIn } from '../access.ts'
import { problem, problemDetails } from '../dialects/problem-details.ts'
import { IdempotencyHeaders } from '../idempotency.ts'
import { pageOf, pageQuery } from '../paging.ts'
import { route, type Surface } from '../route.ts'

const reader: SignedIn = { who: 'account', role: 'user', scope: 'gacha:read' }
const player: SignedIn = { who: 'account', role: 'user', scope: 'gacha:roll' }

const Rarity = Type.Integer({ minimum: 1, maximum: 5, description: 'from 1, the most common, to 5' })
const NamedGacha = Type.Object({ name: Type.String(), rarity: Rarity })
const Won = Type.Object({
  name: Type.String(),
  rarity: Rarity,
  image: Type.Union([Type.String(), Type.Null()], { description: 'null when the gacha has been removed since' }),
})
const Time = Type.String({ format: 'date-time', description: 'RFC 3339' })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** What a draw can be repeated with, as docs/verifiable-rolls.md says. */
export const RollProof = Type.Object({
  commitment: Sha256,
  seed: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Its SHA-256 is the commitment' }),
  client_seed: Type.String(),
  attempt: Type.Integer({
    description: 'More than 1 when what was drawn first was removed before it could be delivered',
  }),
  catalogue: Type.Array(NamedGacha),
})

const State = Type.Union(
  [
    Type.Literal('unsettled'),
    Type.Literal('delivered'),
    Type.Literal('refused'),
    Type.Literal('void'),
    Type.Literal('forfeited'),
  ],
  {
    description:
      'refused: it could not be paid. void: it was interrupted and not paid. forfeited: the collection was closed before the gacha came',
  },
)

export const readCommitment = route({
  name: 'readCommitment',
  summary: "The SHA-256 of the seed of the caller's next roll",
  method: 'GET',
  path: '/v1/gacha/rolls/commitment',
  door: 'public',
  access: reader,
  replies: { 200: Type.Object({ commitment: Sha256 }) },
})

export const rollVerifiably = route({
  name: 'rollVerifiably',
  summary:
    'Pay the price of a roll and win a gacha, with the proof of the draw; a retry under the same Idempotency-Key has the first answer',
  method: 'POST',
  path: '/v1/gacha/rolls',
  door: 'public',
  access: player,
  headers: IdempotencyHeaders,
  body: Type.Object({
    client_seed: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: '^[\\x20-\\x7e]*$',
        description: 'Printable ASCII that takes part in the draw, so that nobody could prepare it; empty without it',
      }),
    ),
  }),
  replies: {
    201: Type.Object({ id: Type.String(), gacha: Won, proof: RollProof, next_commitment: Sha256, rolled_at: Time }),
  },
})

export const pageThroughRolls = route({
  name: 'pageThroughRolls',
  summary: "The caller's rolls, newest first, in pages",
  method: 'GET',
  path: '/v1/gacha/rolls',
  door: 'public',
  access: reader,
  query: pageQuery({}),
  replies: {
    200: pageOf(
      Type.Object({
        id: Type.String(),
        state: State,
        gacha: Type.Union([NamedGacha, Type.Null()], { description: 'null until it is delivered' }),
        rolled_at: Time,
      }),
    ),
  },
})

export const readRoll = route({
  name: 'readRoll',
  summary: "One of the caller's rolls; its proof is shown once the roll is settled",
  method: 'GET',
  path: '/v1/gacha/rolls/:rollId',
  door: 'public',
  access: reader,
  params: Type.Object({ rollId: Type.String() }),
  replies: {
    200: Type.Object({
      id: Type.String(),
      state: State,
      gacha: Type.Union([Won, Type.Null()], { description: 'null until it is delivered' }),
      proof: Type.Union([RollProof, Type.Null()], {
        description: 'null until the roll is settled, and for rolls from before they could be verified',
      }),
      next_commitment: Type.Union([Sha256, Type.Null()]),
      rolled_at: Time,
    }),
  },
})

export const pageThroughCatalogue = route({
  name: 'pageThroughCatalogue',
  summary: 'Every gacha there is, oldest first, in pages',
  method: 'GET',
  path: '/v1/gacha/catalogue',
  door: 'public',
  access: reader,
  query: pageQuery({}),
  replies: { 200: pageOf(Type.Object({ name: Type.String(), rarity: Rarity, image: Type.String() })) },
})

export const pageThroughCollection = route({
  name: 'pageThroughCollection',
  summary: "The caller's gachas, in the order of the first copies, in pages",
  method: 'GET',
  path: '/v1/gacha/collection',
  door: 'public',
  access: reader,
  query: pageQuery({}),
  replies: {
    200: pageOf(
      Type.Object({ name: Type.String(), rarity: Rarity, image: Type.String(), copies: Type.Integer({ minimum: 1 }) }),
    ),
  },
})

const notForYou = problem(403, 'Forbidden', { detail: 'only players roll and collect' })

export const own: Surface = {
  name: 'gacha.own',
  dialect: problemDetails,
  decidedBy: 'door',
  prefixes: { public: '/v1/gacha' },
  forbidden: { public: { 'wrong-role': notForYou, 'not-self': notForYou } },
  routes: [readCommitment, rollVerifiably, pageThroughRolls, readRoll, pageThroughCatalogue, pageThroughCollection],
}
