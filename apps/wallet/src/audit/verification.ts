import { type Finding, findViolations } from '@sallyport/database'
import type { Kysely } from 'kysely'
import type { WalletDatabase } from '../ledger/tables.ts'
import { invariants } from './invariants.ts'

/** Recomputes the books and says what is wrong with them, nothing when all is well. It reads every row. */
export function verifyLedger(db: Kysely<WalletDatabase>): Promise<readonly Finding[]> {
  return findViolations(db, invariants)
}
