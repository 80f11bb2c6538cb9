import type { HandledRoute } from '@sallyport/service'
import { administrativeRoutes } from './administrative-routes.ts'
import { openRoutes } from './open-routes.ts'
import { ownRoutes } from './own-routes.ts'
import type { AccountsSurfaceParts } from './parts.ts'
import { roleRoutes } from './role-routes.ts'

export type { AccountsSurfaceSettings } from './parts.ts'

/** The account service, in its words (accounts §3). How often it may be called is the doors' business (A-12). */
export function accountsRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  return [...openRoutes(parts), ...ownRoutes(parts), ...administrativeRoutes(parts), ...roleRoutes(parts)]
}
