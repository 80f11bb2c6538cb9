import { fileURLToPath } from 'node:url'

export type { WalletDatabase } from './ledger/tables.ts'
export { buildWallet, type WalletParts } from './wallet.ts'

/** The folder of the wallet's migrations. */
export const migrations = fileURLToPath(new URL('../migrations', import.meta.url))
