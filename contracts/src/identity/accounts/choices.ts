import type { Door, ServiceContract } from '../../route.ts'

/** What an operator may choose for the account service. */
export interface AccountServiceChoices {
  /** The door of the routes for administrators (gate 5); the contract has them on the public one. */
  readonly administrationDoor: Exclude<Door, 'internal'>
  /** Whether requests that did not come over TLS are refused (accounts A-7). */
  readonly httpsOnly: boolean
}

const surfaceName = 'identity.accounts'
const administrationGate = 5

/** The contracts as the doors are to know them: the account service as it was chosen to be. */
export function withAccountService(
  contracts: readonly ServiceContract[],
  { administrationDoor, httpsOnly }: AccountServiceChoices,
): ServiceContract[] {
  return contracts.map((contract) => ({
    ...contract,
    surfaces: contract.surfaces.map((surface) => {
      if (surface.name !== surfaceName) return surface
      const routes = surface.routes.map((route) =>
        route.access.who === 'account' && route.access.gate === administrationGate
          ? { ...route, door: administrationDoor }
          : route,
      )
      return { ...surface, httpsOnly, prefixes: { ...surface.prefixes, [administrationDoor]: '/authy' }, routes }
    }),
  }))
}
