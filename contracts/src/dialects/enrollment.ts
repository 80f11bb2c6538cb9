import type { RejectionReason } from '@sallyport/kernel'
import type { Dialect, Issue, Reply } from '../dialect.ts'
import { retryAfter } from './retry-after.ts'
import { readStrictly } from './strict-reading.ts'

/** A refusal in the envelope of the enrollment system: `{"error": {"code": "snake_case", "message": "…"}}` (enrollment E-50). */
export function enrollmentRefusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers, body: { error: { code, message } } }
}

const statuses: Record<RejectionReason, number> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  payment: 402,
  busy: 503,
  'too-many': 429,
}

/** The dialect of the enrollment system: strict reading, one envelope, 422 for what is JSON but not what the route takes. */
export const enrollmentDialect: Dialect = {
  name: 'enrollment',
  read: readStrictly,
  invalid: (issues) => enrollmentRefusal(422, 'invalid', describe(issues)),
  malformedJson: (explanation) => enrollmentRefusal(400, 'malformed_json', `the body is not JSON: ${explanation}`),
  unauthenticated: (why) =>
    enrollmentRefusal(
      401,
      'unauthenticated',
      why === 'missing' ? 'a bearer token is needed' : 'the token is not valid, or no longer',
      // To the letter of E-39, without the `error` of RFC 6750 §3: the message says as much.
      { 'www-authenticate': 'Bearer' },
    ),
  notFound: () => enrollmentRefusal(404, 'not_found', 'there is nothing here'),
  methodNotAllowed: (allowed) =>
    enrollmentRefusal(405, 'method_not_allowed', `the methods here are ${allowed.join(', ')}`, {
      allow: allowed.join(', '),
    }),
  tooLarge: (limitBytes) => enrollmentRefusal(413, 'too_large', `a body has at most ${limitBytes} bytes`),
  unavailable: (retryAfterSeconds) =>
    enrollmentRefusal(503, 'unavailable', 'the service is not available now', {
      'retry-after': String(retryAfterSeconds),
    }),
  tooSlow: () => enrollmentRefusal(408, 'too_slow', 'the body came too slowly'),
  timedOut: () => enrollmentRefusal(504, 'timed_out', 'the service did not answer in time'),
  badGateway: () => enrollmentRefusal(502, 'bad_gateway', 'the service gave no answer that could be passed on'),
  badRequest: (explanation) => enrollmentRefusal(400, 'bad_request', explanation),
  rejected: (rejection) =>
    enrollmentRefusal(
      statuses[rejection.reason],
      rejection.code.replaceAll('-', '_'),
      rejection.message,
      rejection.reason === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : retryAfter(rejection),
    ),
  failed: (requestId) => enrollmentRefusal(500, 'internal_error', `internal error (request ${requestId})`),
}

/** So many of the things that are wrong are told, and names of fields that nobody knows up to this length. */
const mostIssues = 10
const longestName = 50

/** Fields and rules, such as `capacity: must be <= 1000`. */
function describe(issues: readonly Issue[]): string {
  return (
    issues
      // The field that is too many has an issue of its own.
      .filter(({ type }) => type !== 'additionalProperties')
      .slice(0, mostIssues)
      .map(({ type, loc, msg }) => {
        const place = (loc.slice(1).join('.') || String(loc[0])).slice(0, longestName)
        return `${place}: ${type === 'boolean' ? 'is not known here' : msg}`
      })
      .join('; ')
  )
}
