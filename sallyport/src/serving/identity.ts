import { buildIdentity, type IdentityDatabase } from '@sallyport/identity'
import { ensureFirstAdministrator } from '../data-directory/first-administrator.ts'
import { identityPartsOf } from '../identity-parts.ts'
import { readOwnServices } from '../own-services/own-services.ts'
import type { Settings } from '../settings/settings.ts'
import { catchUpWhenPrimaryIsBack, findIdentityDatabase } from './identity-databases.ts'
import type { PartsOfService, StartedService } from './running-part.ts'

/** Identity by itself, which begins on the standbys while its primary is away. */
export async function startIdentity(
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
