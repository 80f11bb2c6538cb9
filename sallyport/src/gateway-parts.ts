import { gateway as contracts, type ServiceContract } from '@sallyport/contracts'
import { type Gateway, keyIssuer, type OtherIssuers, type Quotas, signing } from '@sallyport/gateway'
import type { Authentication, Metrics, RevocationRelay } from '@sallyport/service'
import type { Logger } from 'pino'
import type { Platform } from './platform.ts'
import type { Settings } from './settings/settings.ts'

/*
 * What the gateway is made of, whether it runs with all others or alone.
 */

interface Given {
  readonly platform: Platform
  readonly keys: signing.GatewayKeys
  /** What is behind the doors. */
  readonly contracts: readonly ServiceContract[]
  readonly authentication: Authentication
  readonly log: Logger
}

/** What it publishes. */
export function publishingPartsOf({
  platform,
  relay,
  ...given
}: Given & { readonly relay: RevocationRelay }): Parameters<typeof signing.buildPublishing>[0] {
  return {
    ...given,
    accountKeys: () => platform.accountKeys(),
    relay: { revocations: relay, silentMs: () => platform.silentMs() },
    publicUrl: platform.issuer,
  }
}

/** What the doors open with, but for the ways to what is behind them and how that is. */
export async function doorPartsOf(
  { trustedProxies }: Pick<Settings, 'trustedProxies'>,
  {
    platform,
    ...given
  }: Given & { readonly otherIssuers: OtherIssuers; readonly quotas: Quotas; readonly metrics: Metrics },
): Promise<Omit<Parameters<Gateway['open']>[0], 'dispatchers' | 'readiness'>> {
  const { clock, issuer } = platform
  return {
    ...given,
    trustedProxies,
    credentialFor: await platform.credentialsOf('gateway'),
    keyIssuer: keyIssuer(await platform.clientFor('gateway', 'identity')),
    tokens: signing.createTokenMaker({ keys: given.keys, issuer: contracts.gatewayIssuerOf(issuer), clock }),
    clock,
    publicOrigin: issuer,
  }
}
