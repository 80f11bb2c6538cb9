import { buildAuction } from '@sallyport/auction'
import { buildEnrollment } from '@sallyport/enrollment'
import { buildGacha, secureSeed } from '@sallyport/gacha'
import { createBalancingMetrics, createGateway, type Gateway, inProcessDispatcher, signing } from '@sallyport/gateway'
import { buildIdentity } from '@sallyport/identity'
import { systemClock } from '@sallyport/kernel'
import { buildPictures } from '@sallyport/pictures'
import { createMetrics, createRevocationRelay, type Service } from '@sallyport/service'
import { buildWallet } from '@sallyport/wallet'
import type { Logger } from 'pino'
import { removeAddresses, writeAddresses } from './data-directory/addresses.ts'
import { ensureFirstAdministrator, type FirstAdministrator } from './data-directory/first-administrator.ts'
import { serviceKey } from './data-directory/service-keys.ts'
import { openDatabases } from './databases.ts'
import { doorPartsOf, publishingPartsOf } from './gateway-parts.ts'
import { openGatewayKeys } from './gateway-keys/open-gateway-keys.ts'
import { identityPartsOf } from './identity-parts.ts'
import { dispatchersTo } from './own-services/dispatchers.ts'
import { openIssuers } from './own-services/issuers.ts'
import { type OwnService, readOwnServices } from './own-services/own-services.ts'
import { readinessOfOwn } from './own-services/readiness.ts'
import { createPlatform } from './platform.ts'
import { doorContracts, openQuotas } from './quotas.ts'
import { partNames } from './settings/parts.ts'
import { type Settings } from './settings/settings.ts'
import { graceMs, stopInTurn } from './stopping.ts'
import { openDoorTls } from './tls/door-tls.ts'

/** Everything, running in this process. */
export interface Running {
  readonly addresses: Gateway['addresses']
  readonly administrator: FirstAdministrator
  /** What the doors lead to of the user's own. */
  readonly ownServices: readonly OwnService[]
  /** Where the authority is that clients have to be told of; only where it is one of the installation's own. */
  readonly authorityFile?: string
  /** Stops in order: doors, services, database. Requests under way are finished. A second call waits for the first. */
  stop(): Promise<void>
}

export interface StartHooks {
  readonly log: Logger
  /** Told what is being done, when it may take a while. */
  readonly onProgress: (step: string) => void
  /** The database is gone: nothing works any more. */
  readonly onLost: (error: Error) => void
}

/**
 * Starts everything in this process.
 *
 * @throws {DoorBlocked} @throws {DirectoryInUse} @throws {DirectoryUnusable} @throws {PostgresFailed}
 * @throws {InvalidSettings} @throws {InvalidConfig} @throws {CertificateUnusable} @throws {GatewayKeysUnusable}
 * @throws {DamagedFile} @throws {WrongMasterKey}
 */
export async function startEverything(settings: Settings, hooks: StartHooks): Promise<Running> {
  const undo: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    await stopInTurn(undo.splice(0).toReversed())
  }
  try {
    const started = await start(settings, hooks, undo)
    let stopping: Promise<void> | undefined
    return { ...started, stop: () => (stopping ??= stop()) }
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  settings: Settings,
  { log, onProgress, onLost }: StartHooks,
  undo: (() => Promise<void>)[],
): Promise<Omit<Running, 'stop'>> {
  const { dataDirectory } = settings
  const own = await readOwnServices(settings.configFile)
  const tls = await openDoorTls(settings, { clock: systemClock, log })
  const gatewayKeys = await openGatewayKeys(settings, { log })
  const gateway = await createGateway({ ...settings, certificate: tls?.certificate })
  const { addresses } = gateway
  const following = gatewayKeys.follow()
  const certificates = tls?.follow((certificate) => gateway.useCertificate(certificate))
  const services: Service[] = []
  let open = true
  const closeDoors = async (): Promise<void> => {
    certificates?.stop()
    following.stop()
    for (const service of services) service.endStreams()
    if (open) await gateway.close(graceMs)
    open = false
  }
  undo.push(closeDoors)

  const databases = await openDatabases(settings, { onProgress, onLost })
  undo.push(() => databases.stop())
  // From here on this program is the only one on the directory.
  await removeAddresses(dataDirectory)
  if (databases.embedded?.origin === 'created') onProgress('making the tables and the first keys')
  await Promise.all(partNames.map((part) => databases.migrate(part)))
  for (const part of partNames) await serviceKey(dataDirectory, part)

  const publicUrl = settings.publicUrl ?? localUrl(addresses.public)
  const platform = createPlatform(settings, publicUrl, log)
  const { clock } = platform
  const metrics = createMetrics()
  undo.push(() => platform.close())

  const wallet = await buildWallet({
    database: databases.open('wallet'),
    authentication: platform.authenticationOf('wallet'),
    log: log.child({ service: 'wallet' }),
    clock,
  })
  const gacha = await buildGacha({
    database: databases.open('gacha'),
    authentication: platform.authenticationOf('gacha'),
    wallet: await platform.clientFor('gacha', 'wallet'),
    log: log.child({ service: 'gacha' }),
    clock,
    randomSeed: secureSeed,
    instance: settings.instance,
  })
  const auction = await buildAuction({
    database: databases.open('auction'),
    authentication: platform.authenticationOf('auction'),
    wallet: await platform.clientFor('auction', 'wallet'),
    gacha: await platform.clientFor('auction', 'gacha'),
    log: log.child({ service: 'auction' }),
    clock,
  })
  const identity = await buildIdentity(
    await identityPartsOf(settings, {
      platform,
      databases,
      copies: databases.openReplicas({ metrics, log }),
      startsOn: 'primary',
      ownContracts: own.contracts,
      metrics,
      log: log.child({ service: 'identity' }),
    }),
  )
  const enrollment = await buildEnrollment({
    database: databases.open('enrollment'),
    authentication: platform.authenticationOf('enrollment'),
    log: log.child({ service: 'enrollment' }),
    clock,
    instance: settings.instance,
  })
  const pictures = await buildPictures({
    database: databases.open('pictures'),
    authentication: platform.authenticationOf('pictures'),
    log: log.child({ service: 'pictures' }),
    clock,
    choices: settings.pictures,
  })
  const authentication = platform.authenticationOf('gateway')
  const relay = createRevocationRelay(clock)
  const behindDoors = doorContracts(settings, own.contracts)
  const gatewayLog = log.child({ service: 'gateway' })
  const gatewayParts = { platform, keys: gatewayKeys.keys, contracts: behindDoors, authentication, log: gatewayLog }
  const publishing = await signing.buildPublishing(publishingPartsOf({ ...gatewayParts, relay }))
  services.push(wallet, gacha, auction, enrollment, pictures, identity.service, publishing)
  for (const service of services) {
    platform.admit(service)
    undo.push(() => service.stop())
  }
  await platform.follow({
    keys: { fetch: async () => identity.publicKeys(), watch: identity.watchKeys },
    gatewayKeys: gatewayKeys.keys.source,
    revocations: identity.revocations,
    relay,
  })
  // What was owed before the last end is done before the doors open, by each with the help of those before it.
  await wallet.start()
  await gacha.start()
  await auction.start()
  await pictures.start()
  await identity.service.start()
  const administrator = await ensureFirstAdministrator(settings, identity)

  const quotas = await openQuotas(databases, settings, { clock, log: gatewayLog })
  undo.push(() => quotas.close())
  const others = openIssuers(own.issuers, { clock, log: gatewayLog })
  undo.push(async () => others.stop())
  gateway.open({
    ...(await doorPartsOf(settings, { ...gatewayParts, quotas, otherIssuers: others.issuers, metrics })),
    dispatchers: new Map([
      ...services.map((service) => [service.name, inProcessDispatcher(service)] as const),
      ...dispatchersTo(own.services, {
        upstream: settings.upstream,
        metrics: createBalancingMetrics(metrics),
        log: gatewayLog,
      }),
    ]),
    readiness: async () => ({
      ...(await readinessOf(services)),
      'gateway.quotas': await quotas.readiness(),
      ...(await readinessOfOwn(own.services)),
    }),
  })
  await writeAddresses(dataDirectory, addresses)
  undo.push(closeDoors, () => removeAddresses(dataDirectory))
  return {
    addresses,
    administrator,
    ownServices: own.services,
    ...(tls?.authorityFile !== undefined && { authorityFile: tls.authorityFile }),
  }
}

/** What people know a door by as long as nobody has said otherwise. */
function localUrl(door: string): string {
  const url = new URL(door)
  url.hostname = 'localhost'
  return url.origin
}

/** `identity.database: ready`, and so on. */
async function readinessOf(services: readonly Service[]): Promise<Record<string, string>> {
  const states = await Promise.all(
    services.map(async (service) =>
      Object.entries(await service.readiness()).map(([check, state]) => [`${service.name}.${check}`, state] as const),
    ),
  )
  return Object.fromEntries(states.flat())
}
