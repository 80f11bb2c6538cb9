import type { RejectionReason } from '@sallyport/kernel'
import type { Dialect, Reply } from '../dialect.ts'
import { retryAfter } from './retry-after.ts'
import { readStrictly } from './strict-reading.ts'

const mediaType = { 'content-type': 'application/problem+json' }

/** An answer in the form of RFC 9457. `type` is left out, which stands for `about:blank`. */
export function problem(
  status: number,
  title: string,
  members: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers: { ...mediaType, ...headers }, body: { title, status, ...members } }
}

const refusals: Record<RejectionReason, { readonly status: number; readonly title: string }> = {
  invalid: { status: 422, title: 'Invalid request' },
  unauthenticated: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Forbidden' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  payment: { status: 402, title: 'Payment required' },
  busy: { status: 503, title: 'Busy' },
  'too-many': { status: 429, title: 'Too many requests' },
}

/** The dialect of Sallyport's own routes: problem details (RFC 9457), strict reading. */
export const problemDetails: Dialect = {
  name: 'problem-details',
  read: readStrictly,
  invalid: (issues) =>
    problem(422, 'Invalid request', {
      errors: issues.map(({ loc, msg }) => ({ pointer: loc.join('/'), detail: msg })),
    }),
  malformedJson: (explanation) => problem(400, 'The body is not JSON', { detail: explanation }),
  unauthenticated: (why) =>
    problem(
      401,
      'Not authenticated',
      { detail: why === 'missing' ? 'a bearer token is needed' : 'the token is not valid, or no longer' },
      { 'www-authenticate': why === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"' },
    ),
  notFound: () => problem(404, 'Not found'),
  methodNotAllowed: (allowed) => problem(405, 'Method not allowed', {}, { allow: allowed.join(', ') }),
  tooLarge: (limitBytes) => problem(413, 'Too large', { detail: `the limit is ${limitBytes} bytes` }),
  unavailable: (retryAfterSeconds) =>
    problem(503, 'Not available now', {}, { 'retry-after': String(retryAfterSeconds) }),
  tooSlow: () => problem(408, 'The body came too slowly'),
  timedOut: () => problem(504, 'The service did not answer in time'),
  badGateway: () => problem(502, 'The service gave no answer that could be passed on'),
  badRequest: (explanation) => problem(400, 'Bad request', { detail: explanation }),
  rejected: (rejection) => {
    const { status, title } = refusals[rejection.reason]
    return problem(
      status,
      title,
      { detail: rejection.message, code: rejection.code, ...rejection.facts },
      retryAfter(rejection),
    )
  },
  failed: (requestId) => problem(500, 'Internal error', { request: requestId }),
}
