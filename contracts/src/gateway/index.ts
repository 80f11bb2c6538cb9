import type { ServiceContract } from '../route.ts'
import { ownIssuer, wellKnown } from './published-keys.ts'
import { relay } from './relay.ts'

export * from './published-keys.ts'
export * from './relay.ts'

/** What the gateway answers itself. */
export const gatewayContract: ServiceContract = {
  name: 'gateway',
  title: 'Gateway',
  surfaces: [wellKnown, ownIssuer, relay],
}
