import type { PageRequest } from '@sallyport/service'
import type { AccountId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'
import { type Page, toPage } from '../page.ts'
import type { RollId, RollRecord, RollSummary } from './roll.ts'
import { commitmentOf } from './seeded-dice.ts'

type Database = Kysely<GachaDatabase>

/** A roll of this player's, as the player may see it. */
export async function readRoll(db: Database, uid: AccountId, id: RollId): Promise<RollRecord | undefined> {
  const row = await rollsOf(db, uid)
    .leftJoin('catalogue_snapshot', 'catalogue_snapshot.digest', 'roll.catalogue')
    .select(['gacha.image', 'roll.seed', 'roll.client_seed', 'roll.attempt', 'roll.next_commitment', 'lots'])
    .where('roll.id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const {
    state,
    rolledAt,
    won,
    seed,
    client_seed: clientSeed,
    attempt,
    lots,
    next_commitment: nextCommitment,
  } = {
    ...row,
    ...toSummary(row),
  }
  const proof =
    state === 'drawn' || !seed || clientSeed === null || attempt === null || !lots || !nextCommitment
      ? undefined
      : { commitment: commitmentOf(seed), seed, clientSeed, attempt, catalogue: lots, nextCommitment }
  return { id, state, rolledAt, won: won && { ...won, image: row.image }, proof }
}

/** A player's rolls, newest first. */
export async function pageThroughRolls(
  db: Database,
  uid: AccountId,
  { after, limit }: PageRequest,
): Promise<Page<RollSummary>> {
  const rows = await rollsOf(db, uid)
    .$if(after !== undefined, (query) => query.where('roll.sequence', '<', after ?? 0n))
    .orderBy('roll.sequence', 'desc')
    .limit(limit + 1)
    .execute()
  const { items, next } = toPage(rows, limit)
  return { items: items.map(toSummary), next }
}

function rollsOf(db: Database, uid: AccountId) {
  return db
    .selectFrom('roll')
    .leftJoin('gacha', 'gacha.id', 'roll.gacha_id')
    .where('roll.uid', '=', uid)
    .select(({ fn }) => [
      'roll.id',
      'roll.state',
      'roll.drawn_at as rolledAt',
      'roll.sequence as place',
      // Rolls of before they could be verified do not say what they drew, only where to look.
      fn.coalesce('roll.gacha_name', 'gacha.name').as('name'),
      fn.coalesce('roll.rarity', 'gacha.rarity').as('rarity'),
    ])
}

type RollRow = Awaited<ReturnType<ReturnType<typeof rollsOf>['executeTakeFirstOrThrow']>>

function toSummary({ id, state, rolledAt, name, rarity }: RollRow): RollSummary {
  const won = state === 'delivered' && name !== null && rarity !== null ? { name, rarity } : undefined
  return { id, state, rolledAt, won }
}
