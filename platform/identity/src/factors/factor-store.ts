import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { listPasskeys, removePasskeys } from '../passkeys/passkey-store.ts'
import type { Factor } from './factor.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

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
  const passkeys = (await listPasskeys(db, uid)).length
  return [
    ...(passkeys > 0 ? [{ kind: 'passkeys', count: passkeys } as const] : []),
    ...(totp?.confirmed_at ? [{ kind: 'totp', addedAt: totp.confirmed_at } as const] : []),
    ...(left > 0n ? [{ kind: 'recovery-codes', left: Number(left) } as const] : []),
  ]
}

export interface StoredTotp {
  readonly sealedSecret: Buffer
  readonly isConfirmed: boolean
}

/** A secret that is not confirmed soon is none: whoever comes later should not confirm what somebody else has seen. */
const pendingMs = 15 * 60_000

/** The app of an account, also one that is to be confirmed. */
export async function findTotp(db: Database, uid: AccountId, now: Date): Promise<StoredTotp | undefined> {
  const row = await db
    .selectFrom('totp')
    .select(['sealed_secret', 'confirmed_at'])
    .where('uid', '=', uid)
    .where((eb) =>
      eb.or([eb('confirmed_at', 'is not', null), eb('created_at', '>', new Date(now.getTime() - pendingMs))]),
    )
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

/** Keeps the secret of an app that is to be confirmed, in the place of one that never was. False when one is confirmed. */
export async function putTotp(db: Database, uid: AccountId, sealedSecret: Buffer, now: Date): Promise<boolean> {
  const row = { sealed_secret: sealedSecret, created_at: now, last_step: 0n }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('totp')
    .values({ uid, ...row })
    .onConflict((conflict) => conflict.column('uid').doUpdateSet(row).where('totp.confirmed_at', 'is', null))
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Makes an app a factor. False when it is one, or has got another secret. */
export async function confirmTotp(
  tx: Tx,
  uid: AccountId,
  { sealedSecret, step, now }: { readonly sealedSecret: Buffer; readonly step: number; readonly now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totp')
    // The code that confirms is used up like any other.
    .set({ confirmed_at: now, last_step: BigInt(step) })
    .where('uid', '=', uid)
    .where('sealed_secret', '=', sealedSecret)
    .where('confirmed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Whether there was one that is confirmed. */
export async function removeTotp(tx: Tx, uid: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('totp')
    .where('uid', '=', uid)
    .where('confirmed_at', 'is not', null)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/**
 * Writes down with the account whether it has a second factor, after any change of factors and in its transaction. What
 * is there only besides one, goes with the last.
 */
export async function settleFactors(tx: Tx, uid: AccountId): Promise<boolean> {
  const { rows } = await sql<{ has_second_factor: boolean }>`
    update account
    set has_second_factor = exists (select from totp where totp.uid = account.uid and confirmed_at is not null)
      or exists (select from passkey where passkey.uid = account.uid)
    where uid = ${uid}
    returning has_second_factor`.execute(tx)
  const has = rows[0]?.has_second_factor === true
  if (!has) {
    await tx.deleteFrom('recovery_code').where('uid', '=', uid).execute()
    await tx.deleteFrom('half_sign_in').where('uid', '=', uid).execute()
  }
  return has
}

/** Removes whatever an account has besides the password: whether that was anything. */
export async function removeFactors(tx: Tx, uid: AccountId): Promise<boolean> {
  const account = await tx.selectFrom('account').select('has_second_factor').where('uid', '=', uid).executeTakeFirst()
  await tx.deleteFrom('totp').where('uid', '=', uid).execute()
  await removePasskeys(tx, uid)
  await settleFactors(tx, uid)
  return account?.has_second_factor === true
}

export async function hasRecoveryCodes(tx: Tx, uid: AccountId): Promise<boolean> {
  const row = await tx.selectFrom('recovery_code').select('uid').where('uid', '=', uid).limit(1).executeTakeFirst()
  return row !== undefined
}

/** The ones before count no more. */
export async function replaceRecoveryCodes(tx: Tx, uid: AccountId, digests: readonly Buffer[]): Promise<void> {
  await tx.deleteFrom('recovery_code').where('uid', '=', uid).execute()
  await tx
    .insertInto('recovery_code')
    .values(digests.map((digest) => ({ uid, digest })))
    .execute()
}
