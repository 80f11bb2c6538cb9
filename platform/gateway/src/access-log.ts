import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Match } from './route-table.ts'
import type { Visit } from './visit.ts'

/** Writes a line about a request when it is over. */
export function logAccess(
  log: Logger,
  access: {
    readonly door: string
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly visit: Visit
    readonly match: Match
  },
): void {
  if (!log.isLevelEnabled('info')) return
  const started = performance.now()
  const { door, request, response, visit, match } = access
  response.on('close', () => {
    log.info(
      {
        door,
        request: visit.requestId,
        method: request.method,
        // As it is declared: what is in place of a parameter may be a secret.
        path: match.kind === 'route' ? match.route.path : visit.path,
        route: nameOf(match),
        status: response.statusCode,
        complete: response.writableFinished,
        ms: Math.round(performance.now() - started),
        client: visit.origin.address,
      },
      'access',
    )
  })
}

function nameOf(match: Match): string | undefined {
  if (match.kind === 'route') return match.route.name
  return match.kind === 'mount' ? match.mount.name : undefined
}
