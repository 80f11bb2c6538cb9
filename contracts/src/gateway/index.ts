import type { ServiceContract } from '../route.ts'
import { apiPages, swagger } from './api-pages.ts'
import { ownIssuer, wellKnown } from './published-keys.ts'
import { relay } from './relay.ts'
import { unknownPaths } from './unknown-paths.ts'

export * from './api-pages.ts'
export * from './published-keys.ts'
export * from './relay.ts'

/** What the gateway answers itself. */
export const gatewayContract: ServiceContract = {
  name: 'gateway',
  title: 'Gateway',
  surfaces: [wellKnown, ownIssuer, apiPages, swagger, relay, unknownPaths],
}
