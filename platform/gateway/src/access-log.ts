import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Visit } from './visit.ts'

/** What had been written to a connection when its last answer was over. */
const written = new WeakMap<Socket, number>()

/** Writes a line about a request that is over. */
export function logAccess(
  log: Logger,
  access: {
    readonly door: string
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly visit: Visit
    readonly seconds: number
  },
): void {
  if (!log.isLevelEnabled('info')) return
  const { door, request, response, visit, seconds } = access
  const { socket } = request
  const bytes = socket.bytesWritten - (written.get(socket) ?? 0)
  written.set(socket, socket.bytesWritten)
  log.info(
    {
      door,
      request: visit.requestId,
      trace: visit.trace.traceId,
      method: request.method,
      // As it is declared: what is in place of a parameter may be a secret.
      path: visit.policy?.isMount === false ? visit.policy.path : visit.path,
      route: visit.policy?.name,
      upstream: visit.instance ?? visit.policy?.service,
      status: response.headersSent ? response.statusCode : undefined,
      refused: visit.refused,
      complete: response.writableFinished,
      // On the connection, head and all.
      bytes,
      ms: Math.round(seconds * 1000),
      client: visit.origin.address,
      account: visit.caller?.accountId,
    },
    'access',
  )
}
