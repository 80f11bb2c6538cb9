import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import { type Dialect, type Door as DoorName, problemDetails, type Reply, type Route } from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'
import { type Authentication, bodyLimitBytes, type Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { type Admission, type ApiKeyGate, TooManyWrongKeys } from './api-keys/api-key-gate.ts'
import type { BodyPolicy, Dispatcher } from './dispatch/dispatcher.ts'
import { AmbiguousCredentials, cleanRequest } from './header-hygiene.ts'
import { answerHealth, asksForHealth, type Readiness } from './health.ts'
import { answerMetrics, asksForMetrics } from './metrics.ts'
import { type Match, originForm, pathOf, type RouteTable } from './route-table.ts'
import type { OriginReader, RequestOrigin } from './request-origin.ts'
import { writeReply } from './write-reply.ts'

export interface DoorParts {
  readonly name: DoorName
  readonly routes: RouteTable
  readonly dispatchers: ReadonlyMap<string, Dispatcher>
  readonly authentication: Authentication
  readonly apiKeys: ApiKeyGate
  readonly readiness: Readiness
  /** Shown on the admin door alone. */
  readonly metrics: Metrics
  readonly log: Logger
  readonly originOf: OriginReader
  /** The `Host` that services see, whatever the client says. */
  readonly host: string
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

/** What a door does with a request: every one goes the way of design §3. */
export function createDoor(parts: DoorParts): RequestHandler {
  const { log } = parts
  return (request, response) => {
    enter(parts, request, response).catch((error: unknown) => {
      log.error({ err: error, door: parts.name }, 'the gateway failed on a request')
      if (response.headersSent) response.destroy()
      else writeReply(response, problemDetails.failed('unknown'))
    })
  }
}

async function enter(parts: DoorParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = originForm(request.url ?? '/')
  request.url = url
  const path = pathOf(url)
  const requestId = crypto.randomUUID()
  response.setHeader('x-request-id', requestId)
  response.setHeader('x-content-type-options', 'nosniff')
  if (asksForHealth(path, request)) {
    await answerHealth(path, response, parts.readiness)
    return
  }
  if (parts.name === 'admin' && asksForMetrics(path, request)) {
    await answerMetrics(response, parts.metrics)
    return
  }

  const origin = parts.originOf(request)
  const match = parts.routes.match(request.method ?? 'GET', url)
  logAccess(parts, { request, response, requestId, path, match, origin })
  if (match.kind !== 'route' && match.kind !== 'mount') {
    refuseUnrouted(match, response)
    return
  }
  const { surface, service } = match
  const { dialect } = surface
  const body = bodyPolicyOf(match)

  if (surface.httpsOnly === true && origin.scheme !== 'https') {
    writeReply(response, dialect.badRequest('This is only to be had over https'))
    return
  }
  if (match.kind === 'mount' && request.headers['transfer-encoding'] !== undefined) {
    // Behind a mount nobody counts what comes, so what comes says its length before.
    writeReply(response, dialect.badRequest('The length of the body must be declared'))
    return
  }
  if (!isWellFramed(request)) {
    writeReply(response, dialect.badRequest('The body is framed in a way that is not understood'))
    return
  }
  if (Number(request.headers['content-length'] ?? 0) > body.limitBytes) {
    await dropped(request)
    writeReply(response, dialect.tooLarge(body.limitBytes))
    return
  }
  let apiKey: string | undefined
  try {
    apiKey = cleanRequest(request, {
      host: parts.host,
      'x-request-id': requestId,
      'x-forwarded-for': origin.address,
      'x-forwarded-proto': origin.scheme,
    })
  } catch (error) {
    if (!(error instanceof AmbiguousCredentials)) throw error
    writeReply(response, dialect.badRequest('More than one credential was sent'))
    return
  }
  if (apiKey !== undefined && match.kind === 'route' && takesApiKeys(match.route)) {
    const refusal = refusalOf(await parts.apiKeys.admit(request, apiKey, origin.address), dialect)
    if (refusal) {
      writeReply(response, refusal)
      return
    }
  }
  if (match.kind === 'route' && match.route.access.who === 'account' && surface.decidedBy === 'door') {
    const refusal = await refuseStranger(parts.authentication, request, dialect)
    if (refusal) {
      writeReply(response, refusal)
      return
    }
  }
  const dispatcher = parts.dispatchers.get(service)
  if (dispatcher) dispatcher.dispatch({ request, response, body, dialect })
  else writeReply(response, dialect.unavailable(1))
}

function takesApiKeys({ access }: Route): boolean {
  return access.who === 'account' && access.scope !== undefined
}

function refusalOf(admission: Admission, dialect: Dialect): Reply | undefined {
  if (admission === 'admitted') return undefined
  if (admission === 'invalid') return dialect.unauthenticated('invalid')
  if (admission === 'unavailable') return dialect.unavailable(1)
  return dialect.rejected(new TooManyWrongKeys(admission.retryAfterSeconds))
}

function bodyPolicyOf(match: Extract<Match, { kind: 'route' | 'mount' }>): BodyPolicy {
  if (match.kind === 'mount') return { taken: true, limitBytes: match.mount.bodyLimitBytes }
  return { taken: Boolean(match.route.body ?? match.route.form), limitBytes: bodyLimitBytes }
}

/** A client that is still sending when its connection ends does not hear why, so the body is read and dropped first. */
const dropLimitMs = 1000

async function dropped(request: IncomingMessage): Promise<void> {
  const late = AbortSignal.timeout(dropLimitMs)
  await finished(request.resume(), { signal: late, cleanup: true }).catch(() => undefined)
}

/** Where a body ends must be beyond doubt before anything is done: what follows may be another request (RFC 9112 §6.3). */
function isWellFramed({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined || headers['transfer-encoding'].toLowerCase() === 'chunked'
}

async function refuseStranger(
  authentication: Authentication,
  { headers }: IncomingMessage,
  dialect: Dialect,
): Promise<Reply | undefined> {
  try {
    const caller = await authentication.account(headers.authorization)
    return typeof caller === 'string' ? dialect.unauthenticated(caller) : undefined
  } catch (error) {
    if (error instanceof Rejection) return dialect.rejected(error)
    throw error
  }
}

function refuseUnrouted(match: Exclude<Match, { kind: 'route' | 'mount' }>, response: ServerResponse): void {
  const { dialect } = match.surface ?? { dialect: problemDetails }
  const reply = match.kind === 'not-found' ? dialect.notFound() : dialect.methodNotAllowed(match.allowed)
  writeReply(response, reply)
}

function logAccess(
  { log, name }: DoorParts,
  access: {
    request: IncomingMessage
    response: ServerResponse
    requestId: string
    path: string
    match: Match
    origin: RequestOrigin
  },
): void {
  if (!log.isLevelEnabled('info')) return
  const started = performance.now()
  const { request, response, requestId, path, match, origin } = access
  response.on('close', () => {
    log.info(
      {
        door: name,
        request: requestId,
        method: request.method,
        path,
        route: nameOf(match),
        status: response.statusCode,
        complete: response.writableFinished,
        ms: Math.round(performance.now() - started),
        client: origin.address,
      },
      'access',
    )
  })
}

function nameOf(match: Match): string | undefined {
  if (match.kind === 'route') return match.route.name
  return match.kind === 'mount' ? match.mount.name : undefined
}
