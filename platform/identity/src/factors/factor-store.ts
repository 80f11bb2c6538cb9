import type { AccountId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Factor } from './factor.ts'

type Database = Kysely<IdentityDatabase>

/** What an account has besides the password, the best to ask for first. */
export async function listFactors(db: Database, uid: AccountId): Promise<Factor[]> {
  const totp = await db
    .selectFrom('totp')
    .select('confirmed_at')
    .where('uid', '=', uid)
    .where('confirmed_at', 'is not', null)
    .executeTakeFirst()
  const { left } = await db
    .selectFrom('recovery_code')
    .select((eb) => eb.fn.countAll<bigint>().as('left'))
    .where('uid', '=', uid)
    .executeTakeFirstOrThrow()
  return [
    ...(totp?.confirmed_at ? [{ kind: 'totp', addedAt: totp.confirmed_at } as const] : []),
    ...(left > 0n ? [{ kind: 'recovery-codes', left: Number(left) } as const] : []),
  ]
}

export interface StoredTotp {
  readonly sealedSecret: Buffer
  readonly isConfirmed: boolean
}

export async function findTotp(db: Database, uid: AccountId): Promise<StoredTotp | undefined> {
  const row = await db
    .selectFrom('totp')
    .select(['sealed_secret', 'confirmed_at'])
    .where('uid', '=', uid)
    .executeTakeFirst()
  return row && { sealedSecret: row.sealed_secret, isConfirmed: row.confirmed_at !== null }
}

/** Uses a code up: whether neither it nor a later one was used before. Of two at once one finds the other's step. */
export async function useStep(db: Database, uid: AccountId, step: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('totp')
    .set({ last_step: BigInt(step) })
    .where('uid', '=', uid)
    .where('confirmed_at', 'is not', null)
    .where('last_step', '<', BigInt(step))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Uses a recovery code up: whether it was there. */
export async function useRecoveryCode(db: Database, uid: AccountId, digest: Buffer): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('recovery_code')
    .where('uid', '=', uid)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return numDeletedRows === 1n
}
