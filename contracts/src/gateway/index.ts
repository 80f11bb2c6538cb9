import type { ServiceContract } from '../route.ts'
import { ownIssuer, wellKnown } from './published-keys.ts'

export * from './published-keys.ts'

/** What the gateway answers itself. */
export const gatewayContract: ServiceContract = {
  name: 'gateway',
  title: 'Gateway',
  surfaces: [wellKnown, ownIssuer],
}
