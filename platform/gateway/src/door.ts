import type { IncomingMessage } from 'node:http'
import { type Dialect, type Door as DoorName, problemDetails } from '@sallyport/contracts'
import { type Soon, soon } from '@sallyport/kernel'
import type { Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import type { Dispatcher } from './dispatch/dispatcher.ts'
import type { DoorResponse } from './door-response.ts'
import { answerHealth, asksForHealth, type Readiness } from './health.ts'
import type { Handler } from './listening/listener.ts'
import type { DoorMetrics } from './metrics/door-metrics.ts'
import { answerMetrics, asksForMetrics } from './metrics/metrics-page.ts'
import { admit, type AdmissionParts, type Entry } from './policy/admission.ts'
import { answerPreflight, openToPages } from './policy/any-origin.ts'
import { type Refusal, refusal } from './policy/refusal.ts'
import { type StreamPlaces, TooManyStreams } from './policy/stream-places.ts'
import type { OriginReader } from './request-origin.ts'
import { type Match, originForm, type RouteTable } from './route-table.ts'
import type { Tunnels } from './upgrades/tunnels.ts'
import { enterUpgrade, grantsUpgrade } from './upgrades/upgrading.ts'
import type { GatewayKeys } from './signing/gateway-keys.ts'
import { signAnswer } from './signing/sign-answer.ts'
import { beginVisit, holderOf, record, turnAway } from './visit.ts'
import { writeReply } from './write-reply.ts'

export interface DoorParts extends AdmissionParts {
  readonly name: DoorName
  readonly routes: RouteTable
  readonly dispatchers: ReadonlyMap<string, Dispatcher>
  readonly keys: Pick<GatewayKeys, 'sign'>
  readonly readiness: Readiness
  /** Shown on the admin door alone. */
  readonly metrics: Metrics
  /** What is counted of the requests that come. */
  readonly counts: DoorMetrics
  readonly log: Logger
  readonly originOf: OriginReader
  readonly isProxy: (address: string) => boolean
  /** Of the pages that may open a WebSocket. */
  readonly ownOrigin: string
  /** The connections that went over to another protocol. */
  readonly tunnels: Tunnels
  readonly streams: StreamPlaces
}

/** What a door does with a request: every one goes the way of design §3. */
export function createDoor(parts: DoorParts): Handler {
  const { log, name, isProxy } = parts
  const failed = (error: unknown, response: DoorResponse): void => {
    log.error({ err: error, door: name }, 'the gateway failed on a request')
    if (response.headersSent) response.breakOff()
    else writeReply(response, problemDetails.failed('unknown'))
  }
  const orFail = (enter: () => Soon<void>, response: DoorResponse): void => {
    try {
      const entering = enter()
      if (entering instanceof Promise) entering.catch((error: unknown) => failed(error, response))
    } catch (error) {
      failed(error, response)
    }
  }
  return {
    isProxy,
    tooSlow: ({ method = 'GET', url = '/' }) => dialectOf(parts.routes.match(method, originForm(url))).tooSlow(),
    request: (request, response) => orFail(() => enter(parts, request, response), response),
    grantsUpgrade: (request) => grantsUpgrade(parts, request),
    upgrade: (request, response, head) => orFail(() => enterUpgrade(parts, request, response, head), response),
  }
}

function enter(parts: DoorParts, request: IncomingMessage, response: DoorResponse): Soon<void> {
  const visit = beginVisit(request, response, parts.originOf)
  if (asksForHealth(visit.path, request)) {
    return answerHealth(visit.path, response, { readiness: parts.readiness, dispatchers: parts.dispatchers.values() })
  }
  if (parts.name === 'admin' && asksForMetrics(visit.path, request)) return answerMetrics(response, parts.metrics)

  const match = parts.routes.match(request.method ?? 'GET', request.url ?? '/')
  if (match.kind === 'found') visit.policy = match.policy
  record(parts, request, response, visit)
  if (match.kind !== 'found') {
    if (!answerPreflight(parts.routes, request, response)) turnAway(visit, response, refuseUnrouted(match))
    return undefined
  }
  if (match.policy.isForAnyOrigin) openToPages(response)
  const entry = { request, response, policy: match.policy, visit }
  return soon(admit(parts, entry), (refused) => {
    if (refused) turnAway(visit, response, refused)
    else goIn(parts, entry)
  })
}

/** Brings a request that was admitted to its service. */
function goIn(parts: DoorParts, { request, response, policy, visit }: Entry): void {
  // Whoever left meanwhile is not told of again: nobody would ever end the call.
  if (response.destroyed) return
  const { dialect } = policy.surface
  if (policy.isStream && !parts.streams.take(holderOf(visit), response)) {
    turnAway(visit, response, refusal('too-many-streams', dialect.rejected(new TooManyStreams())))
    return
  }
  if (policy.signs) {
    const refuse = (): void => turnAway(visit, response, refusal('unsignable', dialect.badGateway()))
    signAnswer(parts, { request, response }, { members: policy.signs, refuse })
  }
  const dispatcher = parts.dispatchers.get(policy.service)
  if (dispatcher) dispatcher.dispatch({ request, response, body: policy.body, dialect, record: visit })
  else turnAway(visit, response, refusal('unavailable', dialect.unavailable(1)))
}

function dialectOf(match: Match): Dialect {
  return (match.kind === 'found' ? match.policy.surface : match.surface)?.dialect ?? problemDetails
}

function refuseUnrouted(match: Exclude<Match, { kind: 'found' }>): Refusal {
  const dialect = dialectOf(match)
  if (match.kind === 'not-found') return refusal('not-found', dialect.notFound())
  return refusal('method-not-allowed', dialect.methodNotAllowed(match.allowed))
}
