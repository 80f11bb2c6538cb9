import { auctionContract } from './auction/index.ts'
import { enrollmentContract } from './enrollment/index.ts'
import { gachaContract } from './gacha/index.ts'
import { gatewayContract } from './gateway/index.ts'
import { identityContract } from './identity/index.ts'
import type { ServiceContract } from './route.ts'
import { walletContract } from './wallet/index.ts'

/** The scopes that an API key can have: those of the routes that take keys. */
export function scopesOf(contracts: readonly ServiceContract[]): ReadonlySet<string> {
  const routes = contracts.flatMap(({ surfaces }) => surfaces.flatMap((surface) => surface.routes))
  return new Set(
    routes.flatMap(({ access }) => ('scope' in access && access.scope !== undefined ? [access.scope] : [])),
  )
}

/** Every service behind the doors, and what the gateway answers itself. */
export const services: readonly ServiceContract[] = [
  identityContract,
  walletContract,
  gachaContract,
  auctionContract,
  enrollmentContract,
  gatewayContract,
]
