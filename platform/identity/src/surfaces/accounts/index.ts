import { identity, type Route } from '@sallyport/contracts'
import type { HandledRoute } from '@sallyport/service'
import { limited } from '../../limits/limited.ts'
import { administrativeRoutes } from './administrative-routes.ts'
import { openRoutes } from './open-routes.ts'
import { ownRoutes } from './own-routes.ts'
import type { AccountsSurfaceParts, Limited } from './parts.ts'
import { roleRoutes } from './role-routes.ts'

export type { AccountsSurfaceSettings } from './parts.ts'

/** The account service, in its words (accounts §3), no more often than its limits say. */
export function accountsRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { limits } = parts
  const routes = [...openRoutes(parts), ...ownRoutes(parts), ...administrativeRoutes(parts), ...roleRoutes(parts)]
  return routes.map((handled) => {
    const own = limitOf.get(handled.route)
    return limited(handled, [limits.everything, ...(own ? [limits[own]] : [])])
  })
}

const limitOf: ReadonlyMap<Route, Limited> = new Map<Route, Limited>([
  [identity.logIn, 'logIn'],
  [identity.signUp, 'signUp'],
  [identity.validateEmail, 'validation'],
  [identity.confirmEmail, 'validation'],
])
