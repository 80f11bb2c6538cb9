import { identity, quota, type ServiceContract, services, withQuotaAt, withRates } from '@sallyport/contracts'
import { createQuotas, type GatewayDatabase, postgresQuotaStore, type Quotas } from '@sallyport/gateway'
import type { Clock } from '@sallyport/kernel'
import type { Logger } from 'pino'
import type { Databases } from './databases.ts'
import type { Settings } from './settings/settings.ts'

/** The contracts as the doors are to know them: as the operator wants them to be, and services of a user's own. */
export function doorContracts(
  { accounts, quotaRates, addressRates }: Settings,
  own: readonly ServiceContract[],
): readonly ServiceContract[] {
  const chosen = withRates(identity.withAccountService(services, accounts), quotaRates)
  return withQuotaAt('public', [...chosen, ...own], { ...quota('everything', 'address', 'none'), rates: addressRates })
}

/** A door does not wait for its counters any longer, so the database need not work on them any longer either. */
const storeLimitMs = 500

/** Counts in the gateway's database. It is closed before the database is. */
export async function openQuotas(
  databases: Databases,
  parts: { readonly clock: Clock; readonly log: Logger },
): Promise<Quotas> {
  const database = databases.open<GatewayDatabase>('gateway', { statementTimeoutMs: storeLimitMs })
  const quotas = createQuotas({ store: postgresQuotaStore(database, parts.log), storeLimitMs, ...parts })
  // The first call finds a connection.
  await quotas.readiness()
  return quotas
}
