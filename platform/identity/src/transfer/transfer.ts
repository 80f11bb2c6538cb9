import type { ServiceDatabase } from '@sallyport/database'
import { type Clock } from '@sallyport/kernel'
import { createMetrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { createNameDigest } from '../accounts/reserved-names.ts'
import { createAudit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import {
  createPasswordHashing,
  type PasswordHashing,
  type PasswordHashingSettings,
} from '../passwords/password-hashing.ts'
import { type ExportedAccount, exportAccounts } from './account-export.ts'
import { importAccounts, type ImportCounts, type ImportLine, type ImportOptions } from './account-import.ts'

/** Accounts that come from elsewhere and go there, also while the program runs. */
export interface Transfer {
  /** @throws {HashingBusy} when passwords cannot be hashed; what was made until then is kept */
  importAccounts(lines: AsyncIterable<ImportLine>, options: ImportOptions): Promise<ImportCounts>
  exportAccounts(options: { readonly withHashes: boolean }): AsyncIterable<ExportedAccount>
  stop(): Promise<void>
}

export function createTransfer({
  database,
  clock,
  log,
  passwordHashing,
  masterKey,
}: {
  readonly database: ServiceDatabase<IdentityDatabase>
  readonly clock: Clock
  readonly log: Logger
  /** How passwords are hashed that come as they are. */
  readonly passwordHashing: PasswordHashingSettings
  /** By which names are known that are nobody's and stay reserved; only an import asks for it. */
  readonly masterKey: () => Promise<Uint8Array>
}): Transfer {
  const { db } = database
  const audit = createAudit(clock)
  // Has a process of its own, which most imports do not need.
  let hashing: PasswordHashing | undefined
  const hash = (password: string): Promise<string> => {
    hashing ??= createPasswordHashing({ ...passwordHashing, log, metrics: createMetrics() })
    return hashing.hash(password)
  }
  return {
    async importAccounts(lines, options) {
      const nameDigest = createNameDigest(await masterKey())
      return importAccounts({ db, clock, audit, hash, nameDigest }, lines, options)
    },
    exportAccounts: (options) => exportAccounts({ db, audit }, options),
    stop: async () => hashing?.stop(),
  }
}
