import type { IncomingMessage } from 'node:http'
import { gatewayCredentialHeader } from '@sallyport/contracts'

/*
 * What a client may say about itself, and what only the gateway may say (design §3).
 */

/** Concern one connection only (RFC 9110 §7.6.1). Framing stays: the body that follows depends on it. */
const hopByHop = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
] as const

/** What a program calls with in the place of a token. It is for the gateway alone. */
const apiKeyHeader = 'x-api-key'

const reserved = [
  apiKeyHeader,
  gatewayCredentialHeader,
  'x-user',
  'x-roles',
  'x-request-id',
  'x-real-ip',
  'forwarded',
  'traceparent',
  'tracestate',
] as const

/** What is special about a header: nearly none is, which is found out in one look. */
const special = new Map<string, 'hop-by-hop' | 'reserved'>([
  ...hopByHop.map((name) => [name, 'hop-by-hop'] as const),
  ...reserved.map((name) => [name, 'reserved'] as const),
])

/** Framing and host may be named by `Connection`, but a request without them would be another request. */
const indispensable = new Set(['host', 'content-length', 'transfer-encoding'])

/** Something came more than once, and which of them would count is anybody's guess. The message is for the client. */
export class AmbiguousRequest extends Error {
  override name = 'AmbiguousRequest'
}

export interface GatewayHeaders {
  readonly host: string
  readonly 'x-request-id': string
  readonly 'x-forwarded-for': string
  readonly 'x-forwarded-proto': 'http' | 'https'
  readonly traceparent: string
  readonly tracestate: string | undefined
}

const gatewayHeaders = [
  'host',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'traceparent',
  'tracestate',
] as const satisfies readonly (keyof GatewayHeaders)[]

/**
 * Removes from a request what a client may not say, in its parsed and in its raw headers, and puts in what the gateway
 * says. Returns the API key that came.
 *
 * @throws {AmbiguousRequest}
 */
export function cleanRequest(request: IncomingMessage, own: GatewayHeaders): string | undefined {
  const named = namedByConnection(request.headers.connection)
  const raw: string[] = []
  let [credentials, hosts] = [0, 0]
  let apiKey: string | undefined
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    const value = request.rawHeaders[index + 1] ?? ''
    const key = name.toLowerCase()
    if (key === 'host') hosts += 1
    else if (isForbidden(key, named)) delete request.headers[key]
    else raw.push(name, value)
    if (key === 'authorization' || key === apiKeyHeader) credentials += 1
    if (key === apiKeyHeader) apiKey = value
  }
  if (credentials > 1) throw new AmbiguousRequest('More than one credential was sent')
  if (hosts > 1) throw new AmbiguousRequest('More than one host was named')
  for (const name of gatewayHeaders) {
    const value = own[name]
    if (value === undefined) continue
    raw.push(name, value)
    request.headers[name] = value
  }
  request.rawHeaders = raw
  return apiKey
}

function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return nothing
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
}

const nothing: ReadonlySet<string> = new Set()

function isForbidden(key: string, named: ReadonlySet<string>): boolean {
  if (special.has(key) || key.startsWith('x-forwarded-')) return true
  return named.size > 0 && named.has(key) && !indispensable.has(key)
}

/** Whether only the gateway may say this. */
export function isOfTheGateway(name: string): boolean {
  return special.get(name) === 'reserved' || name.startsWith('x-forwarded-')
}

/**
 * Whether a header of an upstream's answer stays behind: it concerns one connection only, or names the software.
 *
 * @param connection what the answer says in `Connection`
 */
export function withheldBy(connection: string | readonly string[] | undefined): (name: string) => boolean {
  const named = namedByConnection(connection?.toString())
  return (name) =>
    special.get(name) === 'hop-by-hop' ||
    name === 'transfer-encoding' ||
    name === 'server' ||
    name === 'x-powered-by' ||
    (named.has(name) && !indispensable.has(name))
}
