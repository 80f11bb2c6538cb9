import { createHash } from 'node:crypto'
import type { AccountId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'

type Database = Kysely<IdentityDatabase>

/** A sign-in whose password is proven. */
export interface HalfSignIn {
  readonly uid: AccountId
  readonly provenHash: string
  readonly tries: number
}

/** Keeps what was proven, in the place of what was proven in answer to the same question before. */
export async function keepHalf(
  db: Database,
  question: string,
  proven: Pick<HalfSignIn, 'uid' | 'provenHash'>,
  expiresAt: Date,
): Promise<void> {
  const row = { uid: proven.uid, proven_hash: proven.provenHash, tries: 0, expires_at: expiresAt }
  await db
    .insertInto('half_sign_in')
    .values({ question: digestOf(question), ...row })
    .onConflict((conflict) => conflict.column('question').doUpdateSet(row))
    .execute()
}

export async function findHalf(db: Database, question: string, now: Date): Promise<HalfSignIn | undefined> {
  const row = await db
    .selectFrom('half_sign_in')
    .selectAll()
    .where('question', '=', digestOf(question))
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row && toHalf(row)
}

/** Counts a try before it is judged; undefined when there is nothing to be tried any more. */
export async function countTry(
  db: Database,
  question: string,
  mostTries: number,
  now: Date,
): Promise<HalfSignIn | undefined> {
  const row = await db
    .updateTable('half_sign_in')
    .set((eb) => ({ tries: eb('tries', '+', 1) }))
    .where('question', '=', digestOf(question))
    .where('expires_at', '>', now)
    // In this statement, so that of many tries at once no more get through.
    .where('tries', '<', mostTries)
    .returningAll()
    .executeTakeFirst()
  return row && toHalf(row)
}

/** Whether it was still there: one of several that finish it at once takes it. */
export async function takeHalf(db: Database, question: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('half_sign_in')
    .where('question', '=', digestOf(question))
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** The same password has got another hash: what has proven it goes on. */
export async function followHash(
  tx: Transaction<IdentityDatabase>,
  uid: AccountId,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await tx
    .updateTable('half_sign_in')
    .set({ proven_hash: to })
    .where('uid', '=', uid)
    .where('proven_hash', '=', from)
    .execute()
}

/** Removes what has expired, at most `batch` rows; returns how many. */
export async function sweepHalfSignIns(db: Database, now: Date, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('half_sign_in')
    .where('question', 'in', (eb) =>
      eb.selectFrom('half_sign_in').select('question').where('expires_at', '<', now).limit(batch),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

function toHalf(row: { uid: AccountId; proven_hash: string; tries: number }): HalfSignIn {
  return { uid: row.uid, provenHash: row.proven_hash, tries: row.tries }
}

function digestOf(question: string): Buffer {
  return createHash('sha256').update(question).digest()
}
