import type { PageRequest } from '@sallyport/service'
import type { Kysely, Transaction } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'
import { type Page, toPage } from '../page.ts'
import type { Gacha, GachaId, GachaName, Rarity, ShownGacha } from './gacha.ts'

type Database = Kysely<GachaDatabase>

/** What is needed of a gacha to draw it: images are large and stay where they are. */
export interface Lot {
  readonly id: GachaId
  readonly name: GachaName
  readonly rarity: Rarity
}

export async function listGachas(db: Database): Promise<Gacha[]> {
  return db.selectFrom('gacha').select(['id', 'name', 'rarity', 'image']).orderBy('sequence').execute()
}

export async function listShownGachas(db: Database): Promise<ShownGacha[]> {
  return db.selectFrom('gacha').select(['name', 'image']).orderBy('sequence').execute()
}

export async function pageThroughGachas(db: Database, { after = 0n, limit }: PageRequest): Promise<Page<Gacha>> {
  const rows = await db
    .selectFrom('gacha')
    .select(['id', 'name', 'rarity', 'image', 'sequence as place'])
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit + 1)
    .execute()
  return toPage(rows, limit)
}

/** Everything that can be drawn, with its present rarity. */
export async function listLots(db: Database): Promise<Lot[]> {
  return db.selectFrom('gacha').select(['id', 'name', 'rarity']).orderBy('sequence').execute()
}

export async function findGacha(db: Database, name: GachaName): Promise<Gacha | undefined> {
  return db.selectFrom('gacha').select(['id', 'name', 'rarity', 'image']).where('name', '=', name).executeTakeFirst()
}

export async function findShownGacha(db: Database, id: GachaId): Promise<ShownGacha | undefined> {
  return db.selectFrom('gacha').select(['name', 'image']).where('id', '=', id).executeTakeFirst()
}

/** Adds a gacha at the end of the catalogue; false when the name is taken. */
export async function insertGacha(db: Database, gacha: Gacha): Promise<boolean> {
  const { id, name, rarity, image } = gacha
  const inserted = await db
    .insertInto('gacha')
    .values({ id, name, rarity, image })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Whether there was such a gacha. */
export async function updateGacha(db: Database, { name, rarity, image }: Omit<Gacha, 'id'>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('gacha')
    .set({ rarity, image })
    .where('name', '=', name)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Removes a gacha with all its copies; whether there was one. */
export async function deleteGacha(db: Database, name: GachaName): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('gacha').where('name', '=', name).executeTakeFirst()
  return numDeletedRows === 1n
}

/** Takes note of a seeding; false when it was done before. Of two at once the second waits for the first. */
export async function recordSeeding(tx: Transaction<GachaDatabase>, name: string, now: Date): Promise<boolean> {
  const recorded = await tx
    .insertInto('seeding')
    .values({ name, seeded_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst()
  return recorded !== undefined
}
