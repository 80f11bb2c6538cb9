import type { Route, ServiceContract, Surface } from '@sallyport/contracts'

/** The surface of each route. */
export function surfacesByRoute(contract: ServiceContract): Map<Route, Surface> {
  return new Map(contract.surfaces.flatMap((surface) => surface.routes.map((route) => [route, surface] as const)))
}

/** The surface that answers for a path, also for one that does not exist. */
export function surfaceOf(contract: ServiceContract, url: string): Surface {
  const found = contract.surfaces.find((surface) =>
    Object.values(surface.prefixes).some((prefix) => isUnder(url, prefix)),
  )
  const surface = found ?? contract.surfaces[0]
  if (!surface) throw new TypeError(`the contract of ${contract.name} has no surface`)
  return surface
}

function isUnder(url: string, prefix: string): boolean {
  return url.startsWith(prefix) && /^(?:$|[/?])/.test(url.slice(prefix.length))
}

/** What may be done at a path, whatever its parameters are. */
export function allowedMethods(contract: ServiceContract, url: string): string[] {
  const segments = pathOf(url).split('/')
  const matches = (path: string): boolean => {
    const pattern = path.split('/')
    return (
      pattern.length === segments.length &&
      pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
    )
  }
  return contract.surfaces.flatMap((surface) =>
    surface.routes.filter((route) => matches(route.path)).map((route) => route.method),
  )
}

/** A URL without its query. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
