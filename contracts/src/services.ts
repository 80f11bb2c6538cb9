import { auctionContract } from './auction/index.ts'
import { enrollmentContract } from './enrollment/index.ts'
import { gachaContract } from './gacha/index.ts'
import { gatewayContract } from './gateway/index.ts'
import { identityContract } from './identity/index.ts'
import { picturesContract } from './pictures/index.ts'
import type { ServiceContract } from './route.ts'
import { walletContract } from './wallet/index.ts'

/** The scopes that an API key can have: those of the routes and mounts that take keys. */
export function scopesOf(contracts: readonly ServiceContract[]): ReadonlySet<string> {
  const surfaces = contracts.flatMap((contract) => contract.surfaces)
  const accesses = surfaces.flatMap(({ routes, mounts = [] }) => [
    ...routes.map(({ access }) => access),
    ...mounts.flatMap(({ access, rules = [] }) => [access, ...rules.map((rule) => rule.access)]),
  ])
  return new Set(accesses.flatMap((access) => (access?.who === 'account' && access.scope ? [access.scope] : [])))
}

/** Every service behind the doors, and what the gateway answers itself. */
export const services: readonly ServiceContract[] = [
  identityContract,
  walletContract,
  gachaContract,
  auctionContract,
  enrollmentContract,
  picturesContract,
  gatewayContract,
]
