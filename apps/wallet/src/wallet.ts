import { wallet } from '@sallyport/contracts'
import { isUnreachable, type ServiceDatabase } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import { type Authentication, createService, type Service, type ServiceParts } from '@sallyport/service'
import { createHolds } from './holds/holds.ts'
import { sweepHourly, type Sweeping } from './holds/sweeping.ts'
import { createLedger } from './ledger/ledger.ts'
import type { WalletDatabase } from './ledger/tables.ts'
import { erasureRoutes } from './privacy/erasure.ts'
import { internalRoutes } from './surfaces/internal.ts'
import { marketRoutes } from './surfaces/market.ts'
import { ownRoutes } from './surfaces/own-routes.ts'

/** What the wallet is made of. The database must have the tables of `migrations`; who opened it closes it. */
export interface WalletParts {
  readonly database: ServiceDatabase<WalletDatabase>
  readonly authentication: Authentication
  readonly log: ServiceParts['log']
  /** Gives transfers and holds their time. */
  readonly clock: Clock
}

/** Assembles the TUX currency service: the ledger and its holds, spoken in the market's words and in the platform's own. */
export async function buildWallet({ database, authentication, log, clock }: WalletParts): Promise<Service> {
  const ledger = createLedger({ db: database.db, clock })
  const holds = createHolds({ db: database.db, clock })
  let sweeping: Sweeping | undefined
  return createService({
    contract: wallet.walletContract,
    routes: [
      ...marketRoutes(ledger),
      ...ownRoutes(ledger),
      ...internalRoutes(database.db, { ledger, holds }),
      ...erasureRoutes({ db: database.db, clock }),
    ],
    authentication,
    log,
    isUnavailable: isUnreachable,
    checks: { database: () => database.ping() },
    start: async () => {
      sweeping = sweepHourly(() => holds.forgetOldBatches(), log)
    },
    stop: async () => sweeping?.stop(),
  })
}
