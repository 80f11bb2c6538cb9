import { createHash } from 'node:crypto'
import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Lot } from '../catalogue/catalogue-store.ts'
import type { GachaDatabase } from '../gacha-database.ts'

type Database = Kysely<GachaDatabase>

/** The hash of the seed that waits for the player's next roll. */
export async function findCommitment(db: Database, uid: AccountId): Promise<Buffer | undefined> {
  const row = await db.selectFrom('roll_seed').select('commitment').where('uid', '=', uid).executeTakeFirst()
  return row?.commitment
}

/** Lays a seed ready for the next roll of a player with an open collection, unless one is there. */
export async function insertSeed(db: Database, uid: AccountId, seed: Uint8Array): Promise<void> {
  await sql`
    insert into roll_seed (uid, seed)
    -- A close that comes now waits, and takes the seed along.
    select uid, ${seed}::bytea from collection where uid = ${uid} and closed_at is null for share
    on conflict do nothing`.execute(db)
}

/** The seed that waits, locked: of two rolls of a player the second waits here, and then finds another seed. */
export async function lockSeed(tx: Transaction<GachaDatabase>, uid: AccountId): Promise<Buffer | undefined> {
  const row = await tx.selectFrom('roll_seed').select('seed').where('uid', '=', uid).forUpdate().executeTakeFirst()
  return row?.seed
}

/** Lays the seed of the next roll ready in the place of one that is used up. That must be locked. */
export async function replaceSeed(tx: Transaction<GachaDatabase>, uid: AccountId, seed: Buffer): Promise<void> {
  await tx.updateTable('roll_seed').set({ seed }).where('uid', '=', uid).execute()
}

export async function deleteSeed(tx: Transaction<GachaDatabase>, uid: AccountId): Promise<void> {
  await tx.deleteFrom('roll_seed').where('uid', '=', uid).execute()
}

/** Keeps what can be drawn now, once for each different catalogue, and returns the digest it is kept under. */
export async function recordCatalogue(tx: Transaction<GachaDatabase>, catalogue: readonly Lot[]): Promise<Buffer> {
  const lots = JSON.stringify(catalogue.map(({ name, rarity }) => ({ name, rarity })))
  const digest = createHash('sha256').update(lots).digest()
  await tx
    .insertInto('catalogue_snapshot')
    .values({ digest, lots })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return digest
}
