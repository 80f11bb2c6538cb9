import { hkdfSync } from 'node:crypto'
import {
  identity,
  pictures as picturesContracts,
  quota,
  type ServiceContract,
  services,
  withQuotaAt,
  withRates,
} from '@sallyport/contracts'
import { isUnreachable } from '@sallyport/database'
import { createQuotas, type GatewayDatabase, postgresQuotaStore, type Quotas } from '@sallyport/gateway'
import type { Clock } from '@sallyport/kernel'
import type { Logger } from 'pino'
import { serviceKey } from './data-directory/service-keys.ts'
import type { Databases } from './databases.ts'
import { keepLooking } from './keep-looking.ts'
import type { Settings } from './settings/settings.ts'

/** The contracts as the doors are to know them: as the operator wants them to be, and services of a user's own. */
export function doorContracts(
  { accounts, pictures, quotaRates, addressRates }: Settings,
  own: readonly ServiceContract[],
): readonly ServiceContract[] {
  const asWanted = picturesContracts.withPictures(identity.withAccountService(services, accounts), pictures)
  const chosen = withRates(asWanted, quotaRates)
  return withQuotaAt('public', [...chosen, ...own], { ...quota('everything', 'address', 'none'), rates: addressRates })
}

/** A database that was away at the start is tried again so often, in milliseconds. */
const migrationPauseMs = 2000

/**
 * Brings the gateway's database up to date, now or as soon as it can be reached: until then the gateway counts alone. What
 * the database itself refuses ends the start.
 */
export async function migrateWhenReachable(
  databases: Pick<Databases, 'migrate'>,
  { log, everyMs = migrationPauseMs }: { readonly log: Logger; readonly everyMs?: number },
): Promise<{ stop(): void }> {
  try {
    await databases.migrate('gateway')
    return { stop: () => undefined }
  } catch (error) {
    if (!isUnreachable(error)) throw error
    log.warn({ err: error }, 'the database of the gateway cannot be reached: its quotas are counted by it alone')
  }
  const looking = keepLooking(async () => {
    try {
      await databases.migrate('gateway')
      looking.stop()
      log.info('the database of the gateway is up to date')
    } catch (error) {
      if (!isUnreachable(error)) log.error({ err: error }, 'the database of the gateway cannot be brought up to date')
    }
  }, everyMs)
  return looking
}

/** A door does not wait for its counters any longer, so the database need not work on them any longer either. */
const storeLimitMs = 500

/** Counts in the gateway's database. It is closed before the database is. */
export async function openQuotas(
  databases: Databases,
  { dataDirectory }: Pick<Settings, 'dataDirectory'>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<Quotas> {
  const database = databases.open<GatewayDatabase>('gateway', { statementTimeoutMs: storeLimitMs })
  // All gateways have this key.
  const { privateKeyPem } = await serviceKey(dataDirectory, 'gateway')
  const secret = Buffer.from(hkdfSync('sha256', privateKeyPem, '', 'sallyport quota windows 1', 32))
  const quotas = createQuotas({ store: postgresQuotaStore(database, { log, secret }), storeLimitMs, clock, log })
  // The first call finds a connection.
  await quotas.readiness()
  return quotas
}
