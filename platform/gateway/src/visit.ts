import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Door } from '@sallyport/contracts'
import type { AccountCaller } from '@sallyport/service'
import type { Logger } from 'pino'
import { logAccess } from './access-log.ts'
import { usualHeaders } from './answer-headers.ts'
import type { DoorResponse } from './door-response.ts'
import type { DoorMetrics } from './metrics/door-metrics.ts'
import type { Policy } from './policy/policy.ts'
import type { Refusal, RefusalReason } from './policy/refusal.ts'
import type { OriginReader, RequestOrigin } from './request-origin.ts'
import { originForm, pathOf } from './route-table.ts'
import { type Trace, traceOf } from './trace.ts'
import { writeReply } from './write-reply.ts'

/** A request at a door, and what has become known of it so far. */
export interface Visit {
  readonly path: string
  readonly requestId: string
  readonly trace: Trace
  readonly origin: RequestOrigin
  /** On a clock that never goes back. */
  readonly begunAtMs: number
  /** Where it leads. */
  policy?: Policy
  /** The `Authorization` it came with, or that took the place of its key: behind the door there may be another. */
  credential?: string
  /** What a token says that another issuer than the platform made. */
  claims?: Readonly<Record<string, unknown>>
  /** Who is calling, once that is verified. */
  caller?: AccountCaller
  /** The API key that was shown. */
  keyId?: string
  /** The instance that had it last, where its service has several. */
  instance?: string
  /** Why it was turned away at the door. */
  refused?: RefusalReason
}

/** Who is counted for what a visit holds: the account where it is known, or the network it comes from. */
export function holderOf({ caller, origin }: Visit): string {
  return caller?.accountId ?? origin.network
}

/** Gives a request its id, and its answer what every answer says. */
export function beginVisit(request: IncomingMessage, response: DoorResponse, originOf: OriginReader): Visit {
  const url = originForm(request.url ?? '/')
  request.url = url
  const requestId = crypto.randomUUID()
  const origin = originOf(request)
  response.say('x-request-id', requestId)
  response.sayUsual(usualHeaders[origin.scheme])
  return { path: pathOf(url), requestId, trace: traceOf(request), origin, begunAtMs: performance.now() }
}

export interface VisitParts {
  readonly name: Door
  readonly log: Logger
  readonly counts: DoorMetrics
}

/** Takes note of a request, now and when it is over. */
export function record(
  { name: door, log, counts }: VisitParts,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
): void {
  counts.begun()
  response.on('close', () => {
    const seconds = (performance.now() - visit.begunAtMs) / 1000
    const { method = 'GET' } = request
    const status = response.headersSent ? response.statusCode : 0
    const { policy, refused } = visit
    counts.ended({ method, policy, status, refused, seconds })
    logAccess(log, { door, request, response, visit, seconds })
  })
}

/** Ends a visit at the door. */
export function turnAway(visit: Visit, response: ServerResponse, { reason, reply }: Refusal): void {
  visit.refused = reason
  writeReply(response, reply)
}
