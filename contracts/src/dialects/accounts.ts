import type { RejectionReason } from '@sallyport/kernel'
import type { Dialect, Reply } from '../dialect.ts'
import { retryAfter } from './retry-after.ts'
import { readStrictly } from './strict-reading.ts'

/** A refusal in the envelope of the account service: `{"message": "…"}`, some with more beside it (accounts A-3). */
export function accountsRefusal(
  status: number,
  message: string,
  members: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers, body: { message, ...members } }
}

// A gate that is not passed is 401, not 403 (accounts A-8).
const statuses: Record<RejectionReason, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 401,
  'not-found': 404,
  conflict: 409,
  payment: 402,
  busy: 503,
  'too-many': 429,
}

/** The dialect of the account service (accounts §1): strict reading, one envelope, 400 for whatever is wrong with a request. */
export const accountsDialect: Dialect = {
  name: 'accounts',
  read: readStrictly,
  invalid: (issues) =>
    accountsRefusal(400, 'The request is not what this route takes', {
      error: issues.map(({ loc, msg }) => `${loc.slice(1).join('.') || loc[0]}: ${msg}`).join('; '),
    }),
  malformedJson: (explanation) => accountsRefusal(400, 'The body is not JSON', { error: explanation }),
  unauthenticated: (why) =>
    accountsRefusal(401, why === 'missing' ? 'The header x-access-token is missing' : 'The token is not valid'),
  notFound: () => accountsRefusal(404, 'Not found'),
  methodNotAllowed: (allowed) => accountsRefusal(405, 'Method not allowed', {}, { allow: allowed.join(', ') }),
  tooLarge: (limitBytes) => accountsRefusal(413, `The body must not be larger than ${limitBytes} bytes`),
  unavailable: (retryAfterSeconds) =>
    accountsRefusal(503, 'The service is not available now', {}, { 'retry-after': String(retryAfterSeconds) }),
  tooSlow: () => accountsRefusal(408, 'The body came too slowly'),
  timedOut: () => accountsRefusal(504, 'The service did not answer in time'),
  badGateway: () => accountsRefusal(502, 'The service gave no answer that could be passed on'),
  badRequest: (explanation) => accountsRefusal(400, explanation),
  rejected: (rejection) => accountsRefusal(statuses[rejection.reason], rejection.message, {}, retryAfter(rejection)),
  failed: (requestId) => accountsRefusal(500, `Internal error (request ${requestId})`),
}
