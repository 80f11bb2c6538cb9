import { type Kysely, sql } from 'kysely'
import { parseHead } from '../audit/chain.ts'
import { type Verification, verifyAudit } from '../audit/verification.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { digestOfReceipt, type ErasureReceipt, isSealed, receiptKey } from './erasure-receipt.ts'

/** What a receipt is worth, long after the person it was made for is forgotten. */
export interface ReceiptVerification {
  /** Nothing in it was changed since it was made by this installation. */
  readonly isSealed: boolean
  /** The audit trail says that this very receipt was made. */
  readonly isRecorded: boolean
  /** The trail is right as a whole, and still has the head that it had when the receipt was made. */
  readonly trail: Verification
}

export async function verifyReceipt(
  db: Kysely<IdentityDatabase>,
  masterKey: Uint8Array,
  receipt: ErasureReceipt,
): Promise<ReceiptVerification> {
  const noted = parseHead(receipt.audit_head)
  return {
    isSealed: isSealed(receiptKey(masterKey), receipt),
    isRecorded: await isRecorded(db, receipt),
    trail: await verifyAudit(db, masterKey, noted && { noted }),
  }
}

export function isGood({ isSealed, isRecorded, trail }: ReceiptVerification): boolean {
  const { firstBreak, leftOut, noted } = trail
  return isSealed && isRecorded && firstBreak === undefined && leftOut.count === 0n && noted === 'kept'
}

async function isRecorded(db: Kysely<IdentityDatabase>, receipt: ErasureReceipt): Promise<boolean> {
  const row = await db
    .selectFrom('audit_event')
    .select('id')
    .where('kind', '=', 'account.erased')
    .where('at', '>=', sql<Date>`${receipt.finished_at}::timestamptz - interval '1 day'`)
    .where(sql`details ->> 'erasure'`, '=', receipt.id)
    .where(sql`details ->> 'receipt'`, '=', digestOfReceipt(receipt))
    .executeTakeFirst()
  return row !== undefined
}
