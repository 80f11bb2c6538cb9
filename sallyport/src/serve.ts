import { type AuctionDatabase, buildAuction } from '@sallyport/auction'
import { buildEnrollment, type EnrollmentDatabase } from '@sallyport/enrollment'
import { buildGacha, type GachaDatabase, secureSeed } from '@sallyport/gacha'
import {
  createBalancingMetrics,
  createGateway,
  type GatewayDatabase,
  inProcessDispatcher,
  overHttpDispatcher,
  rememberIdentity,
  signing,
} from '@sallyport/gateway'
import { buildIdentity, type IdentityDatabase } from '@sallyport/identity'
import { buildPictures, type PicturesDatabase } from '@sallyport/pictures'
import {
  createMetrics,
  createRevocationRelay,
  type Metrics,
  pollGateway,
  pollIdentity,
  type Service,
} from '@sallyport/service'
import { buildWallet } from '@sallyport/wallet'
import type { Logger } from 'pino'
import { ensureFirstAdministrator, type FirstAdministrator } from './data-directory/first-administrator.ts'
import { serviceKey } from './data-directory/service-keys.ts'
import { type Databases, openDatabases } from './databases.ts'
import { doorPartsOf, publishingPartsOf } from './gateway-parts.ts'
import { openGatewayKeys } from './gateway-keys/open-gateway-keys.ts'
import { askReadiness } from './instance-readiness.ts'
import { catchUpWhenPrimaryIsBack, findIdentityDatabase } from './identity-databases.ts'
import { identityPartsOf } from './identity-parts.ts'
import { dispatchersTo } from './own-services/dispatchers.ts'
import { openIssuers } from './own-services/issuers.ts'
import { type OwnService, readOwnServices } from './own-services/own-services.ts'
import { readinessOfOwn } from './own-services/readiness.ts'
import { createPlatform, type Platform } from './platform.ts'
import { doorContracts, migrateWhenReachable, openQuotas } from './quotas.ts'
import { partNames, type PartName, serviceNames, type ServiceName } from './settings/parts.ts'
import { InvalidSettings, type Settings } from './settings/settings.ts'
import { graceMs, stopInTurn } from './stopping.ts'
import { openDoorTls } from './tls/door-tls.ts'

/** One part, running in this process; the others are somewhere else. */
export interface RunningPart {
  /** What it listens on, by name: its own port, or the doors. */
  readonly addresses: Readonly<Record<string, string>>
  /** Who administers; known to identity alone. */
  readonly administrator?: FirstAdministrator
  /** What the doors lead to of the user's own. */
  readonly ownServices?: readonly OwnService[]
  stop(): Promise<void>
}

/**
 * Starts one part by itself. It needs the address of its database and of the parts it calls, and the data directory
 * (or a copy of its `service-keys`) that the others use.
 *
 * @throws {InvalidSettings} when one of these is missing; an `AbortError` when it is stopped while it waits for a database
 */
export async function servePart(
  part: PartName,
  settings: Settings,
  log: Logger,
  options: { readonly stopping?: AbortSignal } = {},
): Promise<RunningPart> {
  const { publicUrl } = settings
  // Every part has to know the issuer by the same name, or none takes the tokens of the others.
  if (publicUrl === undefined) throw new InvalidSettings('SALLYPORT_PUBLIC_URL is needed, the same for every part')
  const platform = createPlatform(settings, publicUrl, log)
  await serviceKey(settings.dataDirectory, part)
  if (part === 'gateway') return serveGateway(settings, platform, publicUrl, log)
  return serveService(part, settings, { ...options, platform, log })
}

async function serveService(
  part: ServiceName,
  settings: Settings,
  given: Omit<PartsOfService, 'databases' | 'metrics'>,
): Promise<RunningPart> {
  const { platform } = given
  const databases = await openDatabaseOf(part, settings)
  const metrics = createMetrics()
  const parts = { ...given, databases, metrics }
  const built = part === 'identity' ? await startIdentity(settings, parts) : await startOther(part, settings, parts)
  const { service, administrator, catchingUp } = built
  const url = await service.listen({ host: settings.partHost, port: settings.partPort, metrics })
  return {
    addresses: { [part]: url },
    ...(administrator && { administrator }),
    stop: () =>
      stopInTurn([() => catchingUp?.stop(), () => service.stop(), () => platform.close(), () => databases.stop()]),
  }
}

/** Opens the database of a part; the others are none of its business. */
async function openDatabaseOf(part: PartName, settings: Settings): Promise<Databases> {
  if (settings.databaseUrls[part] === undefined) {
    throw new InvalidSettings(
      `DATABASE_URL_${part.toUpperCase()} is needed: a part that runs alone does not start the embedded PostgreSQL`,
    )
  }
  const elsewhere = Object.fromEntries(partNames.map((name) => [name, { service: '', owner: '' }]))
  return openDatabases(
    { ...settings, databaseUrls: { ...elsewhere, ...settings.databaseUrls } },
    { onProgress: () => undefined, onLost: () => undefined },
  )
}

interface PartsOfService {
  readonly platform: Platform
  readonly databases: Databases
  readonly metrics: Metrics
  readonly log: Logger
  /** Aborts when the program is told to stop, also in the middle of the start. */
  readonly stopping?: AbortSignal
}

/** A service that works, and who administers where that is known. */
interface StartedService {
  readonly service: Service
  readonly administrator?: FirstAdministrator
  /** Goes on until what the start has put off is done. */
  readonly catchingUp?: { stop(): void }
}

async function startIdentity(
  settings: Settings,
  { platform, databases, metrics, log, stopping }: PartsOfService,
): Promise<StartedService> {
  const { clock } = platform
  const copies = databases.openReplicas<IdentityDatabase>({ metrics, log })
  const startsOn = await findIdentityDatabase({ databases, copies, clock, log, stopping })
  const { contracts: ownContracts } = await readOwnServices(settings.configFile)
  const identity = await buildIdentity(
    await identityPartsOf(settings, { platform, databases, copies, startsOn, ownContracts, metrics, log }),
  )
  const { service } = identity
  await platform.follow({
    keys: { fetch: async () => identity.publicKeys(), watch: identity.watchKeys },
    revocations: identity.revocations,
  })
  if (startsOn === 'standbys') {
    await service.start()
    return { service, catchingUp: catchUpWhenPrimaryIsBack({ databases, log }, identity, settings) }
  }
  const administrator = await ensureFirstAdministrator(settings, identity)
  await service.start()
  return { service, administrator }
}

async function startOther(
  part: Exclude<ServiceName, 'identity'>,
  settings: Settings,
  parts: PartsOfService,
): Promise<StartedService> {
  await parts.databases.migrate(part)
  const service = await build(part, settings, parts)
  await service.start()
  return { service }
}

async function build(
  part: Exclude<ServiceName, 'identity'>,
  settings: Settings,
  { platform, databases, log }: PartsOfService,
): Promise<Service> {
  const { clock } = platform
  const { instance } = settings
  const authentication = platform.authenticationOf(part)
  if (part === 'enrollment') {
    await followGateway(part, settings, platform, log)
    const database = databases.open<EnrollmentDatabase>('enrollment')
    return await buildEnrollment({ database, authentication, log, clock, instance })
  }
  await followIdentity(part, settings, platform, log)
  if (part === 'wallet') {
    return await buildWallet({ database: databases.open('wallet'), authentication, log, clock })
  }
  if (part === 'auction') {
    const wallet = await platform.clientFor('auction', 'wallet')
    const gacha = await platform.clientFor('auction', 'gacha')
    const database = databases.open<AuctionDatabase>('auction')
    return await buildAuction({ database, authentication, wallet, gacha, log, clock })
  }
  if (part === 'pictures') {
    const database = databases.open<PicturesDatabase>('pictures')
    return await buildPictures({ database, authentication, log, clock, choices: settings.pictures })
  }
  const wallet = await platform.clientFor('gacha', 'wallet')
  const database = databases.open<GachaDatabase>('gacha')
  return buildGacha({ database, authentication, wallet, log, clock, randomSeed: secureSeed, instance })
}

async function serveGateway(
  settings: Settings,
  platform: Platform,
  publicUrl: string,
  log: Logger,
): Promise<RunningPart> {
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

/** Keys and revocations come from identity over the network. @throws {InvalidSettings} */
async function followIdentity(part: PartName, settings: Settings, platform: Platform, log: Logger): Promise<void> {
  urlsOf(settings, 'identity')
  await platform.follow(pollIdentity(await platform.clientFor(part, 'identity'), log))
}

/** For a part that never calls identity (enrollment E-9). @throws {InvalidSettings} */
async function followGateway(part: PartName, settings: Settings, platform: Platform, log: Logger): Promise<void> {
  urlsOf(settings, 'gateway')
  await platform.follow(pollGateway(await platform.clientFor(part, 'gateway'), log))
}

function urlsOf(settings: Settings, part: PartName): readonly string[] {
  const urls = settings.partUrls[part]
  if (urls === undefined) throw new InvalidSettings(`SALLYPORT_URL_${part.toUpperCase()} is needed`)
  return urls
}
