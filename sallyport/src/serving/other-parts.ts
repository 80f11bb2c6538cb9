import { pollGateway, pollIdentity } from '@sallyport/service'
import type { Logger } from 'pino'
import type { Platform } from '../platform.ts'
import type { PartName } from '../settings/parts.ts'
import { InvalidSettings, type Settings } from '../settings/settings.ts'

/** Keys and revocations come from identity over the network. @throws {InvalidSettings} */
export async function followIdentity(
  part: PartName,
  settings: Settings,
  platform: Platform,
  log: Logger,
): Promise<void> {
  urlsOf(settings, 'identity')
  await platform.follow(pollIdentity(await platform.clientFor(part, 'identity'), log))
}

/** For a part that never calls identity (enrollment E-9). @throws {InvalidSettings} */
export async function followGateway(
  part: PartName,
  settings: Settings,
  platform: Platform,
  log: Logger,
): Promise<void> {
  urlsOf(settings, 'gateway')
  await platform.follow(pollGateway(await platform.clientFor(part, 'gateway'), log))
}

/** Where the instances of a part are. @throws {InvalidSettings} */
export function urlsOf(settings: Settings, part: PartName): readonly string[] {
  const urls = settings.partUrls[part]
  if (urls === undefined) throw new InvalidSettings(`SALLYPORT_URL_${part.toUpperCase()} is needed`)
  return urls
}
