import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route, ServiceContract, Surface } from '@sallyport/contracts'
import type { HandledRoute } from './handler.ts'

/** Answers whatever comes below a mount. Nothing has read the request's body. */
export type MountHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Holds a service to its contract.
 *
 * @throws {TypeError} when a declared route has no handler, or a handler no declared route
 */
export function checkComplete(
  contract: ServiceContract,
  surfaces: ReadonlyMap<Route, Surface>,
  handled: readonly HandledRoute[],
): void {
  const served = new Set(handled.map(({ route }) => route))
  const missing = [...surfaces.keys()].filter((route) => !served.has(route)).map(({ name }) => name)
  const foreign = [...served].filter((route) => !surfaces.has(route)).map(({ name }) => name)
  if (missing.length + foreign.length > 0 || served.size !== handled.length) {
    throw new TypeError(
      `${contract.name} does not serve its contract: without handler [${missing.join()}], not declared [${foreign.join()}]`,
    )
  }
}

/**
 * What answers below each mount, by the pattern of its paths.
 *
 * @throws {TypeError} when a declared mount has nothing that answers, or something answers that is not declared
 */
export function mountsOf(
  contract: ServiceContract,
  handlers: Readonly<Record<string, MountHandler>>,
): ReadonlyMap<string, MountHandler> {
  const declared = contract.surfaces.flatMap(({ mounts = [] }) => mounts)
  const missing = declared.filter(({ name }) => handlers[name] === undefined).map(({ name }) => name)
  const foreign = Object.keys(handlers).filter((name) => !declared.some((mount) => mount.name === name))
  if (missing.length + foreign.length > 0) {
    throw new TypeError(
      `${contract.name} does not serve its mounts: without handler [${missing.join()}], not declared [${foreign.join()}]`,
    )
  }
  return new Map(
    declared.flatMap(({ name, path }) => {
      const handler = handlers[name]
      return handler ? [[`${path}/*`, handler] as const] : []
    }),
  )
}
