import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Visit } from './visit.ts'

/** Writes a line about a request when it is over. */
export function logAccess(
  log: Logger,
  access: {
    readonly door: string
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly visit: Visit
  },
): void {
  if (!log.isLevelEnabled('info')) return
  const started = performance.now()
  const { door, request, response, visit } = access
  response.on('close', () => {
    log.info(
      {
        door,
        request: visit.requestId,
        trace: visit.trace.traceId,
        method: request.method,
        // As it is declared: what is in place of a parameter may be a secret.
        path: visit.policy?.isMount === false ? visit.policy.path : visit.path,
        route: visit.policy?.name,
        status: response.statusCode,
        refused: visit.refused,
        complete: response.writableFinished,
        ms: Math.round(performance.now() - started),
        client: visit.origin.address,
      },
      'access',
    )
  })
}
