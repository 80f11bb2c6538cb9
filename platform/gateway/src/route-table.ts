import { type Door, type ServiceContract, type Spellings, spellingsOf, type Surface } from '@sallyport/contracts'
import FindMyWay, { type HTTPVersion, type Instance } from 'find-my-way'
import { Mounted } from './mounted.ts'
import { type Policy, routePolicy } from './policy/policy.ts'

/** What a door makes of a method and a path. */
export type Match =
  | { readonly kind: 'found'; readonly policy: Policy }
  | { readonly kind: 'method-not-allowed'; readonly surface: Surface; readonly allowed: readonly string[] }
  | { readonly kind: 'not-found'; readonly surface: Surface | undefined }

type Found = Extract<Match, { kind: 'found' }>

interface KnownPath {
  readonly surface: Surface
  readonly methods: Map<string, Found>
}

/** The routes of one door, made of the contracts. Routes of other doors do not exist here. */
export class RouteTable {
  readonly #paths: Instance<HTTPVersion.V1>
  readonly #spellings: Spellings
  readonly #prefixes: { readonly prefix: string; readonly surface: Surface }[] = []
  readonly #mounts: Mounted[] = []

  constructor(contracts: readonly ServiceContract[], door: Door) {
    this.#paths = FindMyWay({ maxParamLength: 16_384 })
    this.#spellings = spellingsOf(contracts, door)
    const known = new Map<string, KnownPath>()
    for (const contract of contracts) {
      for (const surface of contract.surfaces) {
        const prefix = surface.prefixes[door]
        if (prefix !== undefined) this.#prefixes.push({ prefix, surface })
        const at = (path: string): KnownPath => {
          const entry = known.get(path) ?? { surface, methods: new Map<string, Found>() }
          known.set(path, entry)
          return entry
        }
        for (const route of surface.routes) {
          if (route.door !== door) continue
          at(route.path).methods.set(route.method, {
            kind: 'found',
            policy: routePolicy(contract.name, surface, route),
          })
        }
        for (const mount of surface.mounts ?? []) {
          if (mount.door === door) this.#mounts.push(new Mounted(contract, surface, mount))
        }
        for (const closed of surface.closedPaths ?? []) if (closed.door === door) at(closed.path)
      }
    }
    // What is below a longer prefix is not of the shorter one's surface.
    this.#prefixes.sort((one, other) => other.prefix.length - one.prefix.length)
    // The path alone is looked up, whatever the method: that is how an unknown path differs from a wrong method.
    for (const [path, entry] of known) this.#paths.on('GET', path, () => undefined, entry)
  }

  match(method: string, url: string): Match {
    const path = pathOf(url)
    const known = this.#find(path) ?? this.#findSpelled(path)
    if (!known) {
      const mounted = this.#mounts.find((mount) => mount.has(path))
      if (mounted) return mounted.match(method, path)
      return { kind: 'not-found', surface: this.#surfaceOf(path) }
    }
    const { surface, methods } = known
    return methods.get(method) ?? { kind: 'method-not-allowed', surface, allowed: [...methods.keys()] }
  }

  #surfaceOf(path: string): Surface | undefined {
    return this.#prefixes.find(({ prefix, surface }) =>
      isUnder(surface.anyCase === true ? path.toLowerCase() : path, prefix),
    )?.surface
  }

  /** Looked for last: hardly anybody spells a path in another way than it is declared. */
  #findSpelled(path: string): KnownPath | undefined {
    const declared = this.#spellings(path)
    return declared === undefined ? undefined : this.#find(declared)
  }

  #find(path: string): KnownPath | undefined {
    const store: unknown = this.#paths.find('GET', path)?.store
    return isKnownPath(store) ? store : undefined
  }
}

/**
 * A request target without the origin that RFC 9112 §3.2.2 lets a client put before it: what a client calls this server
 * is no matter here.
 */
export function originForm(target: string): string {
  if (target.startsWith('/') || !/^https?:/i.test(target) || !URL.canParse(target)) return target
  const { pathname, search } = new URL(target)
  return `${pathname}${search}`
}

/** The path of a request target, without its query. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

function isKnownPath(store: unknown): store is KnownPath {
  return typeof store === 'object' && store !== null && 'methods' in store
}
