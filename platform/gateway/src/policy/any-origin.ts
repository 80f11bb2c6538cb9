import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DoorResponse } from '../door-response.ts'
import type { RouteTable } from '../route-table.ts'

/*
 * Pages of whatever origin, where a route is for them (pictures S-7, S-F14): they may read with an API key, which is nothing
 * that a browser sends by itself. Neither tokens nor cookies are among the headers that they may send.
 */

const readable =
  'content-disposition, etag, retry-after, x-request-id, ratelimit, ratelimit-policy, ' +
  'x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset'
const sendable = 'x-api-key, if-none-match'
/** How long browsers remember it, in seconds; none does for longer than a day. */
const rememberedSeconds = '86400'

/** Lets pages read the answer, whatever it will be. */
export function openToPages(response: DoorResponse): void {
  response.say('access-control-allow-origin', '*')
  response.say('access-control-expose-headers', readable)
}

/** Answers a browser that asks what pages may send; not where the answer is that they may send nothing. */
export function answerPreflight(routes: RouteTable, request: IncomingMessage, response: ServerResponse): boolean {
  const method = request.headers['access-control-request-method']
  if (request.method !== 'OPTIONS' || method === undefined) return false
  const asked = routes.match(method, request.url ?? '/')
  if (asked.kind !== 'found' || !asked.policy.isForAnyOrigin) return false
  response.writeHead(204, {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': method,
    'access-control-allow-headers': sendable,
    'access-control-max-age': rememberedSeconds,
  })
  response.end()
  return true
}
