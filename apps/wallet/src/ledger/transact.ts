import type { Kysely, Transaction } from 'kysely'
import type { WalletDatabase } from './tables.ts'

/** Does a piece of work on the ledger, all of it or nothing. */
export function transact<T>(
  db: Kysely<WalletDatabase>,
  work: (tx: Transaction<WalletDatabase>) => Promise<T>,
): Promise<T> {
  // The locks rely on it: a statement sees what was committed before it, not before the transaction.
  return db.transaction().setIsolationLevel('read committed').execute(work)
}
