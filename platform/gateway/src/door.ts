import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Door as DoorName, problemDetails } from '@sallyport/contracts'
import type { Authentication, Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { logAccess } from './access-log.ts'
import { admit, bodyPolicyOf } from './admission.ts'
import type { ApiKeyGate } from './api-keys/api-key-gate.ts'
import type { Dispatcher } from './dispatch/dispatcher.ts'
import { answerHealth, asksForHealth, type Readiness } from './health.ts'
import type { Handler } from './listener.ts'
import { answerMetrics, asksForMetrics } from './metrics.ts'
import { isRouted, type RouteTable, type Unrouted } from './route-table.ts'
import type { OriginReader } from './request-origin.ts'
import type { Tunnels } from './upgrades/tunnels.ts'
import { enterUpgrade, grantsUpgrade } from './upgrades/upgrading.ts'
import { beginVisit } from './visit.ts'
import { writeReply } from './write-reply.ts'

export interface DoorParts {
  readonly name: DoorName
  readonly routes: RouteTable
  readonly dispatchers: ReadonlyMap<string, Dispatcher>
  readonly authentication: Authentication
  readonly apiKeys: ApiKeyGate
  readonly readiness: Readiness
  /** Shown on the admin door alone. */
  readonly metrics: Metrics
  readonly log: Logger
  readonly originOf: OriginReader
  readonly isProxy: (address: string) => boolean
  /** The `Host` that services see, whatever the client says. */
  readonly host: string
  /** The connections that went over to another protocol. */
  readonly tunnels: Tunnels
}

/** What a door does with a request: every one goes the way of design §3. */
export function createDoor(parts: DoorParts): Handler {
  const { log, name, isProxy } = parts
  const orFail = (entering: Promise<void>, request: IncomingMessage, response: ServerResponse): void => {
    entering.catch((error: unknown) => {
      log.error({ err: error, door: name }, 'the gateway failed on a request')
      if (response.headersSent) request.socket.destroy()
      else writeReply(response, problemDetails.failed('unknown'))
    })
  }
  return {
    isProxy,
    request: (request, response) => orFail(enter(parts, request, response), request, response),
    grantsUpgrade: (request) => grantsUpgrade(parts, request),
    upgrade: (request, response, head) => orFail(enterUpgrade(parts, request, response, head), request, response),
  }
}

async function enter(parts: DoorParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const visit = beginVisit(request, response, parts.originOf)
  if (asksForHealth(visit.path, request)) {
    await answerHealth(visit.path, response, parts.readiness)
    return
  }
  if (parts.name === 'admin' && asksForMetrics(visit.path, request)) {
    await answerMetrics(response, parts.metrics)
    return
  }

  const match = parts.routes.match(request.method ?? 'GET', request.url ?? '/')
  logAccess(parts.log, { door: parts.name, request, response, visit, match })
  if (!isRouted(match)) {
    refuseUnrouted(match, response)
    return
  }
  const refusal = await admit(parts, request, { ...visit, routed: match })
  if (refusal) {
    writeReply(response, refusal)
    return
  }
  // Whoever left meanwhile is not told of again: nobody would ever end the call.
  if (response.destroyed) return
  const { dialect } = match.surface
  const dispatcher = parts.dispatchers.get(match.service)
  if (dispatcher) dispatcher.dispatch({ request, response, body: bodyPolicyOf(match), dialect })
  else writeReply(response, dialect.unavailable(1))
}

function refuseUnrouted(match: Unrouted, response: ServerResponse): void {
  const { dialect } = match.surface ?? { dialect: problemDetails }
  const reply = match.kind === 'not-found' ? dialect.notFound() : dialect.methodNotAllowed(match.allowed)
  writeReply(response, reply)
}
