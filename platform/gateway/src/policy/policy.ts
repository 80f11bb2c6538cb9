import {
  type Access,
  isEventStream,
  type Mount,
  type MountRule,
  type OutsideTerms,
  platformIssuer,
  problem,
  type Reply,
  type Route,
  type ServiceContract,
  type SignedIn,
  type Surface,
} from '@sallyport/contracts'
import { bodyLimitBytes } from '@sallyport/service'
import type { BodyPolicy } from '../dispatch/dispatcher.ts'
import { withheldHeaders } from '../outside/withheld.ts'
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
  /** Whether nobody counts the body on its way, so that what comes has to say its length before. */
  readonly wantsLength: boolean
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
  /** Whether pages of any origin may read its answer. */
  readonly isForAnyOrigin: boolean
  /** The members of its answer that are signed here. */
  readonly signs: readonly string[] | undefined
  /** Where the service is no part of the platform. */
  readonly outside?: OutsidePolicy
}

/** What a door does for a service that is no part of the platform. */
export interface OutsidePolicy {
  /** Whose tokens count, by the names of issuers. */
  readonly issuers: readonly string[]
  readonly identity: OutsideTerms['identity']
  readonly withheld: ReadonlySet<string>
  /** Whether paths are judged one by one there, so that each must have one reading alone. */
  readonly hasRules: boolean
  /** What a token has to be good for, so that the service is told whose it is: without it, it is told of nobody. */
  readonly introduces: SignedIn | undefined
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
    wantsLength: false,
    takesApiKeys: isForAccounts && access.scope !== undefined,
    isDecidedHere: isForAccounts && surface.decidedBy === 'door',
    forbidden: (route.forbidden ?? surface.forbidden[route.door])?.['wrong-role'] ?? notForYou,
    upgrade,
    quotas: planQuotas([...(surface.quotas ?? []), ...(route.quotas ?? [])]),
    isStream: Object.values(route.replies).some(isEventStream),
    isForAnyOrigin: route.anyOrigin === true,
    signs: route.signs?.members,
  }
}

export function mountPolicy(contract: ServiceContract, surface: Surface, mount: Mount, rule?: MountRule): Policy {
  const { name, path, bodyLimitBytes: limitBytes, upgrade } = mount
  const access = rule?.access ?? mount.access ?? { who: 'anyone' }
  const outside = contract.outside && outsidePolicy(contract.outside, mount, access)
  return {
    service: contract.name,
    surface,
    name: rule ? `${name} ${rule.method} ${rule.path}` : name,
    path: rule?.path ?? `${path}/*`,
    isMount: true,
    access,
    body: { taken: true, limitBytes },
    // What is outside is always reached over HTTP, where a body is counted as it goes.
    wantsLength: outside === undefined,
    takesApiKeys: takesApiKeys(outside, access),
    isDecidedHere: mount.access !== undefined,
    forbidden: notForYou,
    upgrade,
    quotas: planQuotas([...(surface.quotas ?? []), ...(mount.quotas ?? [])]),
    isStream: false,
    isForAnyOrigin: false,
    signs: undefined,
    ...(outside && { outside }),
  }
}

/** A key stands for a token of the platform, so it is good where these count and a scope is named. */
function takesApiKeys(outside: OutsidePolicy | undefined, access: Access): boolean {
  if (!outside?.issuers.includes(platformIssuer)) return false
  return (access.who === 'account' ? access : outside.introduces)?.scope !== undefined
}

function outsidePolicy(terms: OutsideTerms, { access, rules = [] }: Mount, here: Access): OutsidePolicy {
  const { identity, issuers } = terms
  const scope = access?.who === 'account' ? access.scope : undefined
  const told: SignedIn = { who: 'account', ...(scope !== undefined && { scope }) }
  return {
    issuers,
    identity,
    withheld: withheldHeaders(terms),
    hasRules: rules.length > 0,
    introduces: here.who === 'anyone' && identity.as !== 'none' ? told : undefined,
  }
}
