import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { type HeldAnswer, holdAnswer } from '../dispatch/held-answer.ts'
import type { DoorResponse } from '../door-response.ts'
import type { GatewayKeys } from './gateway-keys.ts'

/** The claims of a few tokens are shorter than this by far. */
const limitBytes = 64 * 1024

/** What says something of the body that is no more, or of how it was written. */
const ofOldBody = [
  'content-encoding',
  'content-length',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
  'etag',
  'trailer',
  'transfer-encoding',
]

/** With these a service could answer with a part, or in a form that nobody here reads. */
const ofOtherForms = ['accept-encoding', 'range', 'if-range']

/**
 * Puts tokens in the place of the claims in an answer with 200 (enrollment E-34, E-35). What cannot be signed does not get
 * out: `refuse` answers instead.
 */
export function signAnswer(
  { keys, log }: { readonly keys: Pick<GatewayKeys, 'sign'>; readonly log: Logger },
  { request, response }: { readonly request: IncomingMessage; readonly response: DoorResponse },
  { members, refuse }: { readonly members: readonly string[]; readonly refuse: () => void },
): void {
  withoutHeaders(request, ofOtherForms)
  // 206 is a part of such an answer.
  const holds = (status: number): boolean => status === 200 || status === 206
  holdAnswer(response, { holds, limitBytes }, (held) => {
    void settle(held)
  })

  async function settle({ body, answer }: HeldAnswer): Promise<void> {
    const signed = body && (await signedBody(body))
    if (response.destroyed) return
    for (const name of ofOldBody) response.removeHeader(name)
    answer(signed === undefined ? refuse : () => write(response, signed))
  }

  async function signedBody(body: Buffer): Promise<string | undefined> {
    if (response.statusCode !== 200 || !hasPlainBody(response)) return undefined
    try {
      return await signMembers(keys, body, members)
    } catch (error) {
      log.error({ err: error }, 'an answer could not be signed')
      return undefined
    }
  }
}

function hasPlainBody(response: DoorResponse): boolean {
  const encoding = response.getHeader('content-encoding')
  return encoding === undefined || encoding === 'identity'
}

/** The body with its tokens; undefined when it is not what was announced. */
async function signMembers(
  keys: Pick<GatewayKeys, 'sign'>,
  body: Buffer,
  members: readonly string[],
): Promise<string | undefined> {
  const answer = parse(body)
  if (!isObject(answer)) return undefined
  const claims = members.map((member) => (Object.hasOwn(answer, member) ? answer[member] : undefined))
  if (!claims.every(isObject)) return undefined
  const tokens = await Promise.all(claims.map((one) => keys.sign(one)))
  return JSON.stringify({ ...answer, ...Object.fromEntries(members.map((member, index) => [member, tokens[index]])) })
}

function write(response: DoorResponse, text: string): void {
  // Whoever has a token has what it opens.
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store')
  response.writeHead(200, { 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function withoutHeaders(request: IncomingMessage, names: readonly string[]): void {
  for (const name of names) delete request.headers[name]
  const { rawHeaders } = request
  request.rawHeaders = rawHeaders.filter(
    (_, index) => !names.includes(rawHeaders[index - (index % 2)]?.toLowerCase() ?? ''),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
