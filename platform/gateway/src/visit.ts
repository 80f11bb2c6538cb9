import type { IncomingMessage, ServerResponse } from 'node:http'
import { setAnswerHeaders } from './answer-headers.ts'
import type { OriginReader, RequestOrigin } from './request-origin.ts'
import { originForm, pathOf } from './route-table.ts'

/** A request at a door, before anybody knows where it leads. */
export interface Visit {
  readonly path: string
  readonly requestId: string
  readonly origin: RequestOrigin
}

/** Gives a request its id, and its answer what every answer says. */
export function beginVisit(request: IncomingMessage, response: ServerResponse, originOf: OriginReader): Visit {
  const url = originForm(request.url ?? '/')
  request.url = url
  const requestId = crypto.randomUUID()
  const origin = originOf(request)
  response.setHeader('x-request-id', requestId)
  setAnswerHeaders(response, origin.scheme)
  return { path: pathOf(url), requestId, origin }
}
