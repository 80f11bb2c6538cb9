import { gateway, type ServiceContract } from '@sallyport/contracts'
import {
  type Authentication,
  createService,
  handle,
  type HandledRoute,
  keysVersion,
  namesTag,
  ok,
  type PublicJwk,
  type Service,
} from '@sallyport/service'
import type { Logger } from 'pino'
import { apiPageRoutes } from '../api-pages/api-pages.ts'
import type { GatewayKeys } from './gateway-keys.ts'
import { type RelayParts, relayRoutes } from './relay-routes.ts'

/** What the gateway answers itself: the public keys of every issuer, pages about the services, and for services what was revoked. */
export function buildPublishing(parts: {
  readonly keys: Pick<GatewayKeys, 'published'>
  /** Those of account tokens. @throws {KeysUnavailable} */
  readonly accountKeys: () => readonly PublicJwk[]
  /** The address that people know the installation by. */
  readonly publicUrl: string
  readonly relay: RelayParts
  /** What is behind the doors. */
  readonly contracts: readonly ServiceContract[]
  readonly authentication: Authentication
  readonly log: Logger
}): Promise<Service> {
  const { keys, accountKeys, publicUrl, relay, contracts, authentication, log } = parts
  const issuer = gateway.gatewayIssuerOf(publicUrl)
  return createService({
    contract: gateway.gatewayContract,
    authentication,
    log,
    routes: [
      publish(gateway.publishedKeys, () => [...accountKeys(), ...keys.published()].map(asPublished)),
      publish(gateway.gatewayKeys, () => keys.published()),
      ...apiPageRoutes(contracts),
      ...relayRoutes(relay, { accounts: accountKeys, own: () => keys.published() }),
      handle(gateway.gatewayMetadata, async () =>
        ok(
          {
            issuer,
            jwks_uri: `${publicUrl}${gateway.gatewayKeys.path}`,
            response_types_supported: [],
            grant_types_supported: [],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
          },
          forAWhile,
        ),
      ),
    ],
  })
}

const forAWhile = { 'cache-control': `public, max-age=${gateway.keysMaxAgeSeconds}` }

/** In the members that the enrollment contract names (E-27): what a key is for is no news among keys that all sign. */
function asPublished(key: PublicJwk): PublicJwk {
  const { use: _, ...members } = key
  return members
}

/** Keys, which are not sent again to who has them. */
function publish(
  route: typeof gateway.publishedKeys | typeof gateway.gatewayKeys,
  keys: () => readonly PublicJwk[],
): HandledRoute {
  return handle(route, async ({ headers: { 'if-none-match': known } }) => {
    const published = keys()
    const etag = `"${keysVersion(published)}"`
    const caching = { ...forAWhile, etag }
    if (namesTag(known, etag)) return { status: 304, body: null, headers: caching } as const
    return ok({ keys: [...published] }, caching)
  })
}
