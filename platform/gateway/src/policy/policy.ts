import {
  type Access,
  isEventStream,
  type Mount,
  problem,
  type Reply,
  type Route,
  type Surface,
} from '@sallyport/contracts'
import { bodyLimitBytes } from '@sallyport/service'
import type { BodyPolicy } from '../dispatch/dispatcher.ts'
import { planQuotas, type QuotaPlan } from '../quotas/quota-plan.ts'

const notForYou = problem(403, 'Forbidden')

/** What a door asks of the requests that lead to one operation, worked out once from its declaration (design §3). */
export interface Policy {
  readonly service: string
  readonly surface: Surface
  /** The operation's name in its contract. */
  readonly name: string
  /** The path as it is declared: what is in the place of a parameter may be a secret. */
  readonly path: string
  /** Whether everything below the path is meant, and the service speaks for itself there. */
  readonly isMount: boolean
  readonly access: Access
  readonly body: BodyPolicy
  readonly takesApiKeys: boolean
  /** Whether the door refuses whoever may not do this. Otherwise the service does, in its contract's order and words. */
  readonly isDecidedHere: boolean
  /** What a caller hears whose role is not enough; where nobody is refused for his role, nobody hears it. */
  readonly forbidden: Reply
  readonly upgrade: 'websocket' | undefined
  /** What its calls are counted in. */
  readonly quotas: QuotaPlan | undefined
  /** Whether the answer goes on until the client leaves. */
  readonly isStream: boolean
  /** The members of its answer that are signed here. */
  readonly signs: readonly string[] | undefined
}

export function routePolicy(service: string, surface: Surface, route: Route): Policy {
  const { name, path, access, upgrade } = route
  const isForAccounts = access.who === 'account'
  return {
    service,
    surface,
    name,
    path,
    isMount: false,
    access,
    body: { taken: Boolean(route.body ?? route.form), limitBytes: surface.bodyLimitBytes ?? bodyLimitBytes },
    takesApiKeys: isForAccounts && access.scope !== undefined,
    isDecidedHere: isForAccounts && surface.decidedBy === 'door',
    forbidden: (route.forbidden ?? surface.forbidden[route.door])?.['wrong-role'] ?? notForYou,
    upgrade,
    quotas: planQuotas([...(surface.quotas ?? []), ...(route.quotas ?? [])]),
    isStream: Object.values(route.replies).some(isEventStream),
    signs: route.signs?.members,
  }
}

export function mountPolicy(service: string, surface: Surface, mount: Mount): Policy {
  const { name, path, bodyLimitBytes: limitBytes, upgrade } = mount
  return {
    service,
    surface,
    name,
    path: `${path}/*`,
    isMount: true,
    access: { who: 'anyone' },
    body: { taken: true, limitBytes },
    takesApiKeys: false,
    isDecidedHere: false,
    forbidden: notForYou,
    upgrade,
    quotas: planQuotas([...(surface.quotas ?? []), ...(mount.quotas ?? [])]),
    isStream: false,
    signs: undefined,
  }
}
