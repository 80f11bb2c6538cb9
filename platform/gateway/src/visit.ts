import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccountCaller } from '@sallyport/service'
import { setAnswerHeaders } from './answer-headers.ts'
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
  /** Where it leads. */
  policy?: Policy
  /** Who is calling, once that is verified. */
  caller?: AccountCaller
  /** Why it was turned away at the door. */
  refused?: RefusalReason
}

/** Gives a request its id, and its answer what every answer says. */
export function beginVisit(request: IncomingMessage, response: ServerResponse, originOf: OriginReader): Visit {
  const url = originForm(request.url ?? '/')
  request.url = url
  const requestId = crypto.randomUUID()
  const origin = originOf(request)
  response.setHeader('x-request-id', requestId)
  setAnswerHeaders(response, origin.scheme)
  return { path: pathOf(url), requestId, trace: traceOf(request), origin }
}

/** Ends a visit at the door. */
export function turnAway(visit: Visit, response: ServerResponse, { reason, reply }: Refusal): void {
  visit.refused = reason
  writeReply(response, reply)
}
