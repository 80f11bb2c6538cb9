import type { AccountId } from '@sallyport/kernel'
import { sql, type Transaction } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'

type Tx = Transaction<GachaDatabase>

/** Waits for deliveries under way, which hold the row, so that none comes after the copies are gone. */
export async function lockCollection(tx: Tx, uid: AccountId): Promise<void> {
  await sql`select from collection where uid = ${uid} for no key update`.execute(tx)
}

/** How many there were. */
export async function deleteSettledRolls(tx: Tx, uid: AccountId): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('roll')
    .where('uid', '=', uid)
    .where('state', '!=', 'drawn')
    .executeTakeFirst()
  return Number(numDeletedRows)
}

export async function hasRolls(tx: Tx, uid: AccountId): Promise<boolean> {
  return (await tx.selectFrom('roll').select('id').where('uid', '=', uid).limit(1).executeTakeFirst()) !== undefined
}

/**
 * Closes an empty collection and has it go on under another id where auctions had to do with it; otherwise removes it. How many
 * copies they had to do with.
 */
export async function anonymizeCollection(tx: Tx, uid: AccountId, pseudonym: AccountId, now: Date): Promise<number> {
  const { rows } = await sql<{ escrows: number }>`
    select count(*)::int as escrows from escrow where uid = ${uid} or given_to = ${uid}`.execute(tx)
  const escrows = rows[0]?.escrows ?? 0
  if (escrows === 0) await tx.deleteFrom('collection').where('uid', '=', uid).execute()
  else
    await sql`
      update collection set uid = ${pseudonym}, closed_at = coalesce(closed_at, ${now}) where uid = ${uid}`.execute(tx)
  return escrows
}
