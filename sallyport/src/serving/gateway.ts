import {
  createBalancingMetrics,
  createGateway,
  type GatewayDatabase,
  inProcessDispatcher,
  overHttpDispatcher,
  rememberIdentity,
  signing,
} from '@sallyport/gateway'
import { createMetrics, createRevocationRelay, pollIdentity } from '@sallyport/service'
import type { Logger } from 'pino'
import { openGatewayKeys } from '../gateway-keys/open-gateway-keys.ts'
import { doorPartsOf, publishingPartsOf } from '../gateway-parts.ts'
import { dispatchersTo } from '../own-services/dispatchers.ts'
import { openIssuers } from '../own-services/issuers.ts'
import { readOwnServices } from '../own-services/own-services.ts'
import { readinessOfOwn } from '../own-services/readiness.ts'
import type { Platform } from '../platform.ts'
import { doorContracts, migrateWhenReachable, openQuotas } from '../quotas.ts'
import { serviceNames } from '../settings/parts.ts'
import type { Settings } from '../settings/settings.ts'
import { graceMs, stopInTurn } from '../stopping.ts'
import { openDoorTls } from '../tls/door-tls.ts'
import { askReadiness } from './instance-readiness.ts'
import { urlsOf } from './other-parts.ts'
import { openDatabaseOf } from './part-database.ts'
import type { RunningPart } from './running-part.ts'

/** The gateway by itself: all services are behind addresses of the settings. */
export async function serveGateway(settings: Settings, platform: Platform, log: Logger): Promise<RunningPart> {
  const gatewayKeys = await openGatewayKeys(settings, { log })
  const own = await readOwnServices(settings.configFile)
  const upstreams = serviceNames.map((service) => ({ service, urls: urlsOf(settings, service) }))
  const databases = await openDatabaseOf('gateway', settings)
  const migrating = await migrateWhenReachable(databases, { log })
  const quotas = await openQuotas(databases, settings, { clock: platform.clock, log })
  const others = openIssuers(own.issuers, { clock: platform.clock, log })
  const relay = createRevocationRelay(platform.clock)
  urlsOf(settings, 'identity')
  const remembering = rememberIdentity(pollIdentity(await platform.clientFor('gateway', 'identity'), log), {
    database: databases.open<GatewayDatabase>('gateway'),
    clock: platform.clock,
    log,
  })
  const { keys, revocations } = remembering
  await platform.follow({ keys, revocations, gatewayKeys: gatewayKeys.keys.source, relay })
  const authentication = platform.authenticationOf('gateway')
  const tls = await openDoorTls(settings, { clock: platform.clock, log })
  const gateway = await createGateway({ ...settings, certificate: tls?.certificate })
  const following = gatewayKeys.follow()
  const certificates = tls?.follow((certificate) => gateway.useCertificate(certificate))
  const metrics = createMetrics()
  const { upstream } = settings
  const balancing = { metrics: createBalancingMetrics(metrics), log }
  const behindDoors = doorContracts(settings, own.contracts)
  const gatewayParts = { platform, keys: gatewayKeys.keys, contracts: behindDoors, authentication, log }
  const publishing = await signing.buildPublishing(publishingPartsOf({ ...gatewayParts, relay }))
  const url = await publishing.listen({ host: settings.partHost, port: settings.partPort, metrics })
  gateway.open({
    ...(await doorPartsOf(settings, { ...gatewayParts, quotas, otherIssuers: others.issuers, metrics })),
    dispatchers: new Map([
      ...upstreams.map(
        ({ service, urls }) =>
          [service, overHttpDispatcher({ service, urls, limits: upstream, ...balancing })] as const,
      ),
      [publishing.name, inProcessDispatcher(publishing)],
      ...dispatchersTo(own.services, { upstream, ...balancing }),
    ]),
    readiness: async () => ({
      ...Object.fromEntries(await Promise.all(upstreams.map(askReadiness))),
      'gateway.revocations': authentication.revocations(),
      'gateway.quotas': await quotas.readiness(),
      ...(await readinessOfOwn(own.services)),
    }),
  })
  return {
    addresses: { ...gateway.addresses, gateway: url },
    ownServices: own.services,
    stop: () =>
      stopInTurn([
        () => certificates?.stop(),
        () => following.stop(),
        () => others.stop(),
        () => migrating.stop(),
        () => gateway.close(graceMs),
        () => publishing.stop(),
        () => platform.close(),
        () => remembering.close(),
        () => quotas.close(),
        () => databases.stop(),
      ]),
  }
}
