import { fileURLToPath } from 'node:url'

export { verifyLedger } from './audit/verification.ts'
export { type OpenHold, readOpenHolds, readOpenPlayers } from './audit/open-holds.ts'
export type { WalletDatabase } from './ledger/tables.ts'
export { buildWallet, type WalletParts } from './wallet.ts'

/** The folder of the wallet's migrations. */
export const migrations = fileURLToPath(new URL('../migrations', import.meta.url))
