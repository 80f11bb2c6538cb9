import type { PageRequest } from '@sallyport/service'
import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { GachaName, ShownGacha } from '../catalogue/gacha.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import { type Page, toPage } from '../page.ts'
import type { Collected } from './collection.ts'

type Database = Kysely<GachaDatabase>

export type CollectionState = 'open' | 'closed'

/** Opens a collection, unless it is or was there. */
export async function insertCollection(db: Database, uid: AccountId, now: Date): Promise<boolean> {
  const inserted = await db
    .insertInto('collection')
    .values({ uid, opened_at: now, closed_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('uid')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Undefined when nobody ever opened or closed it. */
export async function readState(db: Database, uid: AccountId): Promise<CollectionState | undefined> {
  const row = await db.selectFrom('collection').select('closed_at').where('uid', '=', uid).executeTakeFirst()
  return row && (row.closed_at === null ? 'open' : 'closed')
}

/** Marks a collection as closed, also one that was never opened: the open that comes later then changes nothing. */
export async function markClosed(tx: Transaction<GachaDatabase>, uid: AccountId, now: Date): Promise<void> {
  await tx
    .insertInto('collection')
    .values({ uid, opened_at: null, closed_at: now })
    // Waits for deliveries under way, which hold the row, so that none comes after the copies are gone.
    .onConflict((conflict) =>
      conflict.column('uid').doUpdateSet({ closed_at: now }).where('collection.closed_at', 'is', null),
    )
    .execute()
}

/** How many there were. */
export async function deleteCopies(tx: Transaction<GachaDatabase>, uid: AccountId): Promise<number> {
  const { rows } = await sql<{ copies: number }>`
    with mine as (
      -- In order: two closes and two removals that meet would otherwise wait for one another all round.
      select uid, gacha_id from copy where uid = ${uid} order by gacha_id for update
    )
    delete from copy using mine where copy.uid = mine.uid and copy.gacha_id = mine.gacha_id
    returning copy.copies`.execute(tx)
  return rows.reduce((sum, { copies }) => sum + copies, 0)
}

/** What is in an open collection, in the order of the first copies; undefined when there is no open collection. */
export async function readCollection(db: Database, uid: AccountId): Promise<Collected[] | undefined> {
  const rows = await openCollection(db, uid, heldBy(db, uid)).orderBy('held.sequence').execute()
  return rows.length === 0 ? undefined : rows.flatMap(toCollected)
}

/** The same in pages. */
export async function pageThroughCollection(
  db: Database,
  uid: AccountId,
  { after = 0n, limit }: PageRequest,
): Promise<Page<Collected> | undefined> {
  const held = heldBy(db, uid)
    .where('copy.sequence', '>', after)
    .orderBy('copy.sequence')
    .limit(limit + 1)
  const rows = await openCollection(db, uid, held).orderBy('held.sequence').execute()
  return rows.length === 0 ? undefined : toPage(rows.flatMap(toCollected), limit)
}

/** Undefined when there is no open collection, null when it does not hold the gacha; without a name it holds none. */
export async function readCollected(
  db: Database,
  uid: AccountId,
  name: GachaName | undefined,
): Promise<Collected | null | undefined> {
  const held = heldBy(db, uid).where((eb) => (name === undefined ? eb.val(false) : eb('gacha.name', '=', name)))
  const rows = await openCollection(db, uid, held).execute()
  return rows.length === 0 ? undefined : (rows.flatMap(toCollected)[0] ?? null)
}

/** Adds a copy to an open collection; undefined, and nothing done, when there is no open one or no such gacha. */
export async function addCopy(db: Database, uid: AccountId, name: GachaName): Promise<ShownGacha | undefined> {
  const { rows } = await sql<ShownGacha>`
    with player as (
      -- A close that comes now waits, and takes the copy along with the others.
      select uid from collection where uid = ${uid} and closed_at is null for share
    ), chosen as (
      -- So does a removal; one that came first leaves no row here.
      select id, name, image from gacha where name = ${name} for key share
    ), given as (
      insert into copy (uid, gacha_id, copies) select player.uid, chosen.id, 1 from player, chosen
      on conflict (uid, gacha_id) do update set copies = copy.copies + 1
      returning gacha_id
    )
    select chosen.name, chosen.image from chosen, given`.execute(db)
  return rows[0]
}

/** Takes one copy, and with the last one the gacha, out of a collection; false when it holds none. */
export async function removeCopy(db: Database, uid: AccountId, name: GachaName): Promise<boolean> {
  const { rows } = await sql`
    with held as (
      -- Of two who take the last copy the second waits here, and then finds none.
      select copy.uid, copy.gacha_id, copy.copies from copy join gacha on gacha.id = copy.gacha_id
      where copy.uid = ${uid} and gacha.name = ${name} for update of copy
    ), last as (
      delete from copy using held
      where copy.uid = held.uid and copy.gacha_id = held.gacha_id and held.copies = 1
    ), fewer as (
      update copy set copies = held.copies - 1 from held
      where copy.uid = held.uid and copy.gacha_id = held.gacha_id and held.copies > 1
    )
    select from held`.execute(db)
  return rows.length > 0
}

function heldBy(db: Database, uid: AccountId) {
  return db
    .selectFrom('copy')
    .innerJoin('gacha', 'gacha.id', 'copy.gacha_id')
    .where('copy.uid', '=', uid)
    .select(['copy.uid', 'copy.sequence', 'copy.copies', 'gacha.name', 'gacha.rarity', 'gacha.image'])
}

/** One row per gacha, or one row of nulls for an open collection without any: one statement tells both. */
function openCollection(db: Database, uid: AccountId, held: ReturnType<typeof heldBy>) {
  return db
    .selectFrom('collection')
    .leftJoin(held.as('held'), 'held.uid', 'collection.uid')
    .where('collection.uid', '=', uid)
    .where('collection.closed_at', 'is', null)
    .select(['held.copies', 'held.name', 'held.rarity', 'held.image', 'held.sequence as place'])
}

type Placed = Collected & { readonly place: bigint }

function toCollected(row: { readonly [field in keyof Placed]: Placed[field] | null }): Placed[] {
  const { copies, name, rarity, image, place } = row
  if (copies === null || name === null || rarity === null || image === null || place === null) return []
  return [{ copies, name, rarity, image, place }]
}
