import { type AuctionDatabase, buildAuction } from '@sallyport/auction'
import { buildEnrollment, type EnrollmentDatabase } from '@sallyport/enrollment'
import { buildGacha, type GachaDatabase, secureSeed } from '@sallyport/gacha'
import { buildPictures, type PicturesDatabase } from '@sallyport/pictures'
import { createMetrics, type Service } from '@sallyport/service'
import { buildWallet } from '@sallyport/wallet'
import type { Logger } from 'pino'
import { serviceKey } from './data-directory/service-keys.ts'
import { createPlatform } from './platform.ts'
import { serveGateway } from './serving/gateway.ts'
import { startIdentity } from './serving/identity.ts'
import { followGateway, followIdentity } from './serving/other-parts.ts'
import { openDatabaseOf } from './serving/part-database.ts'
import type { PartsOfService, RunningPart, StartedService } from './serving/running-part.ts'
import type { PartName, ServiceName } from './settings/parts.ts'
import { InvalidSettings, type Settings } from './settings/settings.ts'
import { stopInTurn } from './stopping.ts'

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
  if (part === 'gateway') return serveGateway(settings, platform, log)
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
