import { gacha, problem, type Reply } from '@sallyport/contracts'
import type { Rejection } from '@sallyport/kernel'
import { created, handle, type HandledRoute, ok, pageRequest } from '@sallyport/service'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Collections } from '../collections/collections.ts'
import {
  type Proof,
  RollInterrupted,
  type RollRecord,
  type RollState,
  type RollSummary,
  RollUnsettled,
} from '../rolls/roll.ts'
import type { Rolls } from '../rolls/rolls.ts'

export interface OwnParts {
  readonly catalogue: Catalogue
  readonly collections: Collections
  readonly rolls: Rolls
}

/** The routes that are Sallyport's own: rolls that can be verified and may be repeated, and lists in pages. */
export function ownRoutes({ catalogue, collections, rolls }: OwnParts): HandledRoute[] {
  return [
    handle(gacha.readCommitment, async ({ caller }) =>
      ok({ commitment: (await rolls.commitment(caller.accountId)).toString('hex') }),
    ),

    handle(
      gacha.rollVerifiably,
      async ({ caller, headers, body }) => {
        const { client_seed: clientSeed = '' } = body
        const key = headers['idempotency-key']
        const { id, won, proof, rolledAt } = await rolls.rollVerifiably({ uid: caller.accountId, clientSeed, key })
        if (!won || !proof) throw new RollUnsettled()
        return created({ id, gacha: won, ...toProven(proof), rolled_at: rolledAt.toISOString() })
      },
      rollingWords,
    ),

    handle(gacha.pageThroughRolls, async ({ caller, query }) => {
      const { items, next } = await rolls.page(caller.accountId, pageRequest(query))
      return ok({ items: items.map(toItem), next: next?.toString() ?? null })
    }),

    handle(gacha.readRoll, async ({ caller, params }) => ok(toRoll(await rolls.find(caller.accountId, params.rollId)))),

    handle(gacha.pageThroughCatalogue, async ({ query }) => {
      const { items, next } = await catalogue.page(pageRequest(query))
      return ok({
        items: items.map(({ name, rarity, image }) => ({ name, rarity, image })),
        next: next?.toString() ?? null,
      })
    }),

    handle(gacha.pageThroughCollection, async ({ caller, query }) => {
      const { items, next } = await collections.page(caller.accountId, pageRequest(query))
      return ok({
        items: items.map(({ name, rarity, image, copies }) => ({ name, rarity, image, copies })),
        next: next?.toString() ?? null,
      })
    }),
  ]
}

/** Under its key the roll stays interrupted: a client that came back with the key would hear the same for ever. */
function rollingWords(rejection: Rejection): Reply | undefined {
  if (!(rejection instanceof RollInterrupted)) return undefined
  return problem(409, 'Conflict', { detail: `${rejection.message}; another key rolls again`, code: rejection.code })
}

const states = {
  drawn: 'unsettled',
  delivered: 'delivered',
  refused: 'refused',
  void: 'void',
  forfeited: 'forfeited',
} as const satisfies Record<RollState, string>

function toItem({ id, state, won, rolledAt }: RollSummary) {
  return {
    id,
    state: states[state],
    gacha: won ? { name: won.name, rarity: won.rarity } : null,
    rolled_at: rolledAt.toISOString(),
  }
}

function toRoll({ id, state, won, proof, rolledAt }: RollRecord) {
  return {
    id,
    state: states[state],
    gacha: won ?? null,
    ...(proof ? toProven(proof) : { proof: null, next_commitment: null }),
    rolled_at: rolledAt.toISOString(),
  }
}

function toProven({ commitment, seed, clientSeed, attempt, catalogue, nextCommitment }: Proof) {
  return {
    proof: {
      commitment: commitment.toString('hex'),
      seed: seed.toString('hex'),
      client_seed: clientSeed,
      attempt,
      catalogue: catalogue.map(({ name, rarity }) => ({ name, rarity })),
    },
    next_commitment: nextCommitment.toString('hex'),
  }
}
