import { scopesOf, type ServiceContract, services as contracts } from '@sallyport/contracts'
import type { Replicas } from '@sallyport/database'
import type { IdentityDatabase, IdentityParts, StartsOn } from '@sallyport/identity'
import type { Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { lateLoginsFile } from './data-directory/late-logins-file.ts'
import { masterKey } from './data-directory/master-key.ts'
import type { Databases } from './databases.ts'
import { createMailer } from './mail.ts'
import type { Platform } from './platform.ts'
import type { Settings } from './settings/settings.ts'
import { version } from './version.ts'

/** What identity is made of, whether it runs with all others or alone: as the settings want it to be. */
export async function identityPartsOf(
  settings: Settings,
  {
    platform,
    databases,
    copies,
    startsOn,
    ownContracts,
    metrics,
    log,
  }: {
    readonly platform: Platform
    readonly databases: Pick<Databases, 'open'>
    readonly copies: Replicas<IdentityDatabase>
    readonly startsOn: StartsOn
    /** Services of the user's own, which API keys can be good for, too. */
    readonly ownContracts: readonly ServiceContract[]
    readonly metrics: Metrics
    readonly log: Logger
  },
): Promise<IdentityParts> {
  const { clock, issuer } = platform
  return {
    database: databases.open('identity'),
    copies,
    startsOn,
    authentication: platform.authenticationOf('identity'),
    members: {
      wallet: await platform.clientFor('identity', 'wallet'),
      gacha: await platform.clientFor('identity', 'gacha'),
      auction: await platform.clientFor('identity', 'auction'),
      enrollment: await platform.clientFor('identity', 'enrollment'),
      pictures: await platform.clientFor('identity', 'pictures'),
    },
    log,
    clock,
    issuer,
    masterKey: await masterKey(settings.dataDirectory),
    tokenKeys: settings.tokens,
    lateLoginsFile: lateLoginsFile(settings),
    mailer: createMailer(settings),
    hookUrl: settings.accounts.hookUrl,
    passwordHashing: settings.passwordHashing,
    metrics,
    accountsSurface: { ...settings.accounts, version },
    enrollment: settings.signedClaims,
    pictures: settings.pictures,
    linkRates: settings.linkRates,
    retention: settings.retention,
    callPrivateAddresses: settings.openId.callPrivateAddresses,
    keyScopes: scopesOf([...contracts, ...ownContracts]),
    instance: settings.instance,
  }
}
