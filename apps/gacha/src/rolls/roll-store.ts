import { type Kysely, sql, type Transaction } from 'kysely'
import type { GachaId, GachaName, ShownGacha } from '../catalogue/gacha.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import type { Draw, Roll, RollId, RollState } from './roll.ts'

type Database = Kysely<GachaDatabase>

/** Writes down what was drawn for a player; false when the player has no open collection. */
export async function insertRoll(
  tx: Transaction<GachaDatabase>,
  { id, uid, ...draw }: Draw & Pick<Roll, 'id' | 'uid'>,
  now: Date,
): Promise<boolean> {
  const { gachaId, name, rarity, seed, clientSeed, attempt, catalogue, nextCommitment } = draw
  const { rows } = await sql`
    insert into roll (
      id, uid, gacha_id, gacha_name, rarity, seed, client_seed, attempt, catalogue, next_commitment, state, drawn_at
    )
    select ${id}, uid, ${gachaId}, ${name}, ${rarity}, ${seed}, ${clientSeed}, ${attempt}, ${catalogue},
      ${nextCommitment}, 'drawn', ${now}
    from collection where uid = ${uid} and closed_at is null
    returning id`.execute(tx)
  return rows.length > 0
}

/**
 * Gives the copy that was drawn and marks the roll as delivered, in one statement and only together. Undefined, and
 * nothing done, when the roll is settled already, the collection is not open, or the gacha was removed.
 */
export async function deliverCopy(
  tx: Transaction<GachaDatabase>,
  id: RollId,
  now: Date,
): Promise<ShownGacha | undefined> {
  const { rows } = await sql<{ name: GachaName; image: string }>`
    with owed as (
      -- Of two deliveries of one roll the second waits here, and then finds it no longer drawn.
      select id, uid, gacha_id from roll where id = ${id} and state = 'drawn' for update
    ), player as (
      -- A close that comes now waits, and takes the copy along with the others.
      select collection.uid from collection join owed on owed.uid = collection.uid
      where collection.closed_at is null for share of collection
    ), won as (
      -- So does a removal; one that came first leaves no row here.
      select gacha.id, gacha.name, gacha.image from gacha join owed on owed.gacha_id = gacha.id
      for key share of gacha
    ), given as (
      insert into copy (uid, gacha_id, copies) select player.uid, won.id, 1 from player, won
      on conflict (uid, gacha_id) do update set copies = copy.copies + 1
      returning gacha_id
    ), delivered as (
      update roll set state = 'delivered', settled_at = ${now} from given where roll.id = ${id} returning roll.id
    )
    select won.name, won.image from won, delivered`.execute(tx)
  return rows[0]
}

export async function findRoll(db: Database, id: RollId): Promise<Roll | undefined> {
  return selectRoll(db, id).executeTakeFirst()
}

/** Locks the roll, so that nobody else settles it before the transaction ends. */
export async function lockRoll(tx: Transaction<GachaDatabase>, id: RollId): Promise<Roll | undefined> {
  return selectRoll(tx, id).forUpdate().executeTakeFirst()
}

function selectRoll(db: Database, id: RollId) {
  return db
    .selectFrom('roll')
    .select(['id', 'uid', 'gacha_id as gachaId', 'state', 'seed', 'client_seed as clientSeed', 'attempt'])
    .where('id', '=', id)
}

/** Replaces what was drawn. The roll must be locked. */
export async function redraw(
  tx: Transaction<GachaDatabase>,
  id: RollId,
  { gachaId, name, rarity, attempt, catalogue }: Pick<Draw, 'gachaId' | 'name' | 'rarity' | 'attempt' | 'catalogue'>,
): Promise<void> {
  await tx
    .updateTable('roll')
    .set({ gacha_id: gachaId, gacha_name: name, rarity, attempt, catalogue })
    .where('id', '=', id)
    .execute()
}

/** Replaces what was drawn before rolls could be verified. The roll must be locked. */
export async function redrawUnverified(tx: Transaction<GachaDatabase>, id: RollId, gachaId: GachaId): Promise<void> {
  await tx.updateTable('roll').set({ gacha_id: gachaId }).where('id', '=', id).execute()
}

/** Settles a roll without a copy, unless it is settled already; whether it was settled now. */
export async function settleRoll(
  db: Database,
  id: RollId,
  state: Exclude<RollState, 'drawn' | 'delivered'>,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('roll')
    .set({ state, settled_at: now })
    .where('id', '=', id)
    .where('state', '=', 'drawn')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
