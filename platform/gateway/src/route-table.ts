import type { Door, Mount, Route, ServiceContract, Surface } from '@sallyport/contracts'
import FindMyWay, { type HTTPVersion, type Instance } from 'find-my-way'

/** What a door makes of a method and a path. */
export type Match =
  | { readonly kind: 'route'; readonly service: string; readonly surface: Surface; readonly route: Route }
  | { readonly kind: 'mount'; readonly service: string; readonly surface: Surface; readonly mount: Mount }
  | { readonly kind: 'method-not-allowed'; readonly surface: Surface; readonly allowed: readonly string[] }
  | { readonly kind: 'not-found'; readonly surface: Surface | undefined }

/** A match that leads to a service. */
export type Routed = Extract<Match, { kind: 'route' | 'mount' }>
export type Unrouted = Exclude<Match, Routed>

export function isRouted(match: Match): match is Routed {
  return match.kind === 'route' || match.kind === 'mount'
}

interface KnownPath {
  readonly surface: Surface
  readonly service: string
  readonly routes: Map<string, Route>
}

/** The routes of one door, made of the contracts. Routes of other doors do not exist here. */
export class RouteTable {
  readonly #paths: Instance<HTTPVersion.V1>
  readonly #prefixes: { readonly prefix: string; readonly surface: Surface }[] = []
  readonly #mounts: Extract<Match, { kind: 'mount' }>[] = []

  constructor(contracts: readonly ServiceContract[], door: Door) {
    this.#paths = FindMyWay({ maxParamLength: 16_384 })
    const known = new Map<string, KnownPath>()
    for (const { name, surfaces } of contracts) {
      for (const surface of surfaces) {
        const prefix = surface.prefixes[door]
        if (prefix !== undefined) this.#prefixes.push({ prefix, surface })
        const at = (path: string): KnownPath => {
          const entry = known.get(path) ?? { surface, service: name, routes: new Map<string, Route>() }
          known.set(path, entry)
          return entry
        }
        for (const route of surface.routes) if (route.door === door) at(route.path).routes.set(route.method, route)
        for (const mount of surface.mounts ?? [])
          if (mount.door === door) this.#mounts.push({ kind: 'mount', service: name, surface, mount })
        for (const closed of surface.closedPaths ?? []) if (closed.door === door) at(closed.path)
      }
    }
    // The path alone is looked up, whatever the method: that is how an unknown path differs from a wrong method.
    for (const [path, entry] of known) this.#paths.on('GET', path, () => undefined, entry)
  }

  match(method: string, url: string): Match {
    const path = pathOf(url)
    const found = this.#find(path)
    if (!found) {
      const mounted = this.#mounts.find(({ mount }) => path.startsWith(`${mount.path}/`))
      if (mounted) return mounted
      return { kind: 'not-found', surface: this.#prefixes.find(({ prefix }) => isUnder(path, prefix))?.surface }
    }
    const { surface, service, routes } = found
    const route = routes.get(method)
    if (!route) return { kind: 'method-not-allowed', surface, allowed: [...routes.keys()] }
    return { kind: 'route', service, surface, route }
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
  return typeof store === 'object' && store !== null && 'routes' in store
}
