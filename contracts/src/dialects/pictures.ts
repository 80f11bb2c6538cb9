import type { RejectionReason } from '@sallyport/kernel'
import { IsObject, type TSchema } from 'typebox'
import type { Dialect, Issue, KeyFault, Part, Reading, Reply } from '../dialect.ts'
import { hasFile } from '../files.ts'
import { retryAfter } from './retry-after.ts'
import { readStrictly } from './strict-reading.ts'

type Headers = Readonly<Record<string, string>>

/** Success and access errors in the envelope of the pictures service: `{"Info": "…"}` (pictures S-4). */
export function picturesInfo(status: number, info: string, headers: Headers = {}): Reply {
  return { status, headers, body: { Info: info } }
}

/** What is wrong with the input: under the key with the colon that clients know, under a clean one, and by a stable code (pictures S-4). */
export function picturesError(status: number, code: string, error: string, headers: Headers = {}): Reply {
  return { status, headers, body: { 'Error:': error, Error: error, code } }
}

const keyFaults: Record<KeyFault, string> = {
  expired: 'The API key has expired: register again for another one',
  blocked: 'The account of the API key is blocked: register again for another one once it no longer is',
  elsewhere: 'The API key belongs to another address: register again from this one for another key',
}

/** So many seconds NASA is left alone after a failure. */
const failedUpstream = { 'retry-after': '10' }

const missing = 'missing_form_field'
const malformed = 'malformed_form'

/** The dialect of the pictures service: strict reading, 422 for input, 401 for access, 400 for an upload that lacks something. */
export const picturesDialect: Dialect = {
  name: 'pictures',
  // As clients of the pictures service know counted answers (pictures S-49).
  alwaysSaysRetryAfter: true,
  read: (schema, input, part) =>
    hasFile(schema) ? readUpload(schema, input, part) : readStrictly(schema, input, part),
  invalid(issues) {
    const absent = issues.filter(({ type }) => type === missing)
    if (absent.length > 0) return lacking(absent, 'The form lacks fields')
    const unread = issues.filter(({ type }) => type === malformed)
    if (unread.length > 0) return lacking(unread, 'The body is no multipart form')
    return picturesError(422, 'invalid', describe(issues))
  },
  malformedJson: (explanation) => picturesError(422, 'malformed-json', `the body is not JSON: ${explanation}`),
  unauthenticated: (why) =>
    picturesInfo(
      401,
      why === 'missing'
        ? 'An API key is needed in the header X-API-KEY: register, or ask for the demo key'
        : 'The API key is not valid, or no longer: register again for another one',
    ),
  refusedKey: (why) => picturesInfo(401, keyFaults[why]),
  notFound: () => picturesInfo(404, 'There is nothing here'),
  methodNotAllowed: (allowed) =>
    picturesInfo(405, `The methods here are ${allowed.join(', ')}`, { allow: allowed.join(', ') }),
  tooLarge: (limitBytes) => picturesError(413, 'too-large', `the body has at most ${limitBytes} bytes`),
  unavailable: (retryAfterSeconds) =>
    picturesInfo(503, 'The service is not available now', { 'retry-after': String(retryAfterSeconds) }),
  tooSlow: () => picturesInfo(408, 'The body came too slowly'),
  timedOut: () => picturesInfo(504, 'There was no answer in time', failedUpstream),
  badGateway: () => picturesInfo(502, 'There was no answer that could be passed on', failedUpstream),
  badRequest: (explanation) => picturesError(400, 'bad-request', explanation),
  rejected(rejection) {
    const { reason, code, message } = rejection
    if (reason === 'too-many') return { status: 429, headers: retryAfter(rejection), body: { message } }
    const status = statuses[reason]
    if (status === 422) return picturesError(422, code, message)
    return picturesInfo(status, message, retryAfter(rejection))
  },
  failed: (requestId) => picturesInfo(500, `Internal error (request ${requestId})`),
}

// Whoever may not do something hears 401 here: the demo key at an upload (pictures §2).
const statuses: Record<Exclude<RejectionReason, 'too-many'>, number> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 401,
  'not-found': 404,
  conflict: 422,
  payment: 402,
  busy: 503,
}

/** What is absent of an upload comes before what is wrong with the rest of it (pictures S-5, S-32). */
function readUpload(schema: TSchema, input: unknown, part: Part): Reading {
  const required = IsObject(schema) ? (schema.required ?? []) : []
  const needed = (name: string, type: string): Issue => ({
    type,
    loc: [part, name],
    msg: 'is needed',
    input: undefined,
  })
  if (typeof input !== 'object' || input === null) {
    return { value: undefined, issues: required.map((name) => needed(name, malformed)) }
  }
  const issues = required.filter((name) => Reflect.get(input, name) === undefined).map((name) => needed(name, missing))
  if (issues.length > 0) return { value: undefined, issues }
  const reading = readStrictly(schema, input, part)
  return { ...reading, issues: reading.issues.map((issue) => inWords(issue, schema)) }
}

/** What a text has to be as its field describes it: nobody reads patterns. */
function inWords(issue: Issue, schema: TSchema): Issue {
  const field = IsObject(schema) ? schema.properties[String(issue.loc[1])] : undefined
  const description: unknown = field && Reflect.get(field, 'description')
  return issue.type === 'pattern' && typeof description === 'string'
    ? { ...issue, msg: `must be ${description}` }
    : issue
}

function lacking(absent: readonly Issue[], message: string): Reply {
  const errors = Object.fromEntries(absent.map(({ loc, msg }) => [String(loc.at(-1)), msg]))
  return { status: 400, body: { errors, message } }
}

const mostIssues = 10

/** Fields and rules, such as `email: must be string`. */
function describe(issues: readonly Issue[]): string {
  return issues
    .slice(0, mostIssues)
    .map(({ loc, msg }) => `${loc.slice(1).join('.') || String(loc[0])}: ${msg}`)
    .join('; ')
}
