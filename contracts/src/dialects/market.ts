import type { RejectionReason } from '@sallyport/kernel'
import type { Dialect, Reply } from '../dialect.ts'
import { readLeniently } from './lenient-reading.ts'
import { retryAfter } from './retry-after.ts'

const challenge = { 'www-authenticate': 'Bearer' }

/** A refusal in the market's envelope: `{"detail": "…"}` (market §2). */
export function marketRefusal(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: { detail } }
}

/** A refusal that carries `WWW-Authenticate`, as the market's auth service sends on 401, 403 and some 404. */
export function marketChallenge(status: number, detail: string): Reply {
  return marketRefusal(status, detail, challenge)
}

const statuses: Record<RejectionReason, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  payment: 402,
  busy: 503,
  'too-many': 429,
}

/** The dialect of the gacha market: FastAPI's envelopes and its leniency (market §2). */
export const market: Dialect = {
  name: 'market',
  read: readLeniently,
  invalid: (issues) => ({ status: 422, body: { detail: issues } }),
  malformedJson: (explanation) => ({
    status: 422,
    body: {
      detail: [
        { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {}, ctx: { error: explanation } },
      ],
    },
  }),
  unauthenticated: (why) => marketChallenge(401, why === 'missing' ? 'Not authenticated' : 'Invalid or expired token'),
  notFound: () => marketRefusal(404, 'Not Found'),
  methodNotAllowed: (allowed) => marketRefusal(405, 'Method Not Allowed', { allow: allowed.join(', ') }),
  tooLarge: (limitBytes) => marketRefusal(413, `The body must not be larger than ${limitBytes} bytes`),
  unavailable: (retryAfterSeconds) =>
    marketRefusal(503, 'The service is not available now', { 'retry-after': String(retryAfterSeconds) }),
  tooSlow: () => marketRefusal(408, 'The body came too slowly'),
  timedOut: () => marketRefusal(504, 'The service did not answer in time'),
  badGateway: () => marketRefusal(502, 'The service gave no answer that could be passed on'),
  badRequest: (explanation) => marketRefusal(400, explanation),
  rejected: (rejection) => marketRefusal(statuses[rejection.reason], rejection.message, retryAfter(rejection)),
  failed: (requestId) => marketRefusal(500, `Internal Server Error (request ${requestId})`),
}
