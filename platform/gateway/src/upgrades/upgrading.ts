import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Rejection } from '@sallyport/kernel'
import { passedOn } from '../dispatch/call-headers.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import { dropRest, Upgrade } from '../dispatch/upgrade.ts'
import type { DoorResponse } from '../door-response.ts'
import type { AnswerHead } from '../http-client/answer-head.ts'
import { admit, type AdmissionParts, type Entry } from '../policy/admission.ts'
import { findCaller } from '../policy/credentials.ts'
import type { Policy } from '../policy/policy.ts'
import { type Refusal, refusal } from '../policy/refusal.ts'
import type { OriginReader } from '../request-origin.ts'
import { originForm, type RouteTable } from '../route-table.ts'
import { beginVisit, holderOf, record, turnAway, type VisitParts } from '../visit.ts'
import { TooManyTunnels, type Tunnels } from './tunnels.ts'

export interface UpgradingParts extends VisitParts, AdmissionParts {
  readonly routes: RouteTable
  readonly dispatchers: ReadonlyMap<string, Dispatcher>
  readonly originOf: OriginReader
  /** Of the pages that may open a WebSocket. */
  readonly ownOrigin: string
  readonly tunnels: Tunnels
}

/** A page of somebody else's would act for whoever looks at it. */
export class ForeignPage extends Rejection {
  override name = 'ForeignPage'
  readonly code = 'foreign-page'
  readonly reason = 'forbidden'

  constructor() {
    super('only pages of this installation may open a WebSocket here')
  }
}

/**
 * Whether a request goes over to another protocol: to the one its route declares, and without a body, behind which there
 * would be bytes that nobody can tell whose they are. Every other is answered as if it had not asked.
 */
export function grantsUpgrade(parts: UpgradingParts, request: IncomingMessage): boolean {
  const { method, headers, httpVersion } = request
  if (method !== 'GET' || httpVersion !== '1.1' || headers.upgrade?.toLowerCase() !== 'websocket') return false
  if ([headers['content-length'], headers['transfer-encoding'], headers.expect].some((it) => it !== undefined)) {
    return false
  }
  return destinationOf(parts, request) !== undefined
}

/** Where an upgrade leads that is granted. */
function destinationOf({ routes }: UpgradingParts, { url = '/' }: IncomingMessage): Policy | undefined {
  const match = routes.match('GET', originForm(url))
  return match.kind === 'found' && match.policy.upgrade === 'websocket' ? match.policy : undefined
}

/** An upgrade goes the way of every request, and only then to its service. */
export async function enterUpgrade(
  parts: UpgradingParts,
  request: IncomingMessage,
  response: DoorResponse,
  head: Buffer,
): Promise<void> {
  const { tunnels, dispatchers, originOf } = parts
  const visit = beginVisit(request, response, originOf)
  const policy = destinationOf(parts, request)
  if (!policy) throw new TypeError('an upgrade was granted that leads nowhere')
  visit.policy = policy
  const { dialect } = policy.surface
  record(parts, request, response, visit)
  const refuse = (refused: Refusal): void => {
    dropRest(request)
    turnAway(visit, response, refused)
  }
  const judged = await judge(parts, { request, response, policy, visit })
  if ('refused' in judged) {
    refuse(judged.refused)
    return
  }
  if (response.destroyed) return
  const crowded = takePlace(tunnels, { request, response, policy, visit })
  if (crowded) {
    refuse(crowded)
    return
  }
  const dispatcher = dispatchers.get(policy.service)
  const first = dispatcher?.turn()
  if (!first) {
    refuse(refusal('unavailable', dialect.unavailable(1)))
    return
  }
  const turns = { first, next: () => dispatcher?.turn() }
  const upgrade = { request, response, body: policy.body, dialect, record: visit }
  new Upgrade(upgrade, turns, (answered, upstream) => {
    acceptUpgrade(response, answered)
    if (head.length > 0) upstream.write(head)
    tunnels.open({ client: request.socket, upstream, mayStay: judged.mayStay })
  }).begin()
}

/** Only whoever may go in takes a place. */
function takePlace(tunnels: Tunnels, { request, response, policy, visit }: Entry): Refusal | undefined {
  const { dialect } = policy.surface
  try {
    const place = tunnels.takePlace(request.socket, holderOf(visit), response)
    return place === 'full' ? refusal('too-many-tunnels', dialect.unavailable(1)) : undefined
  } catch (error) {
    if (error instanceof TooManyTunnels) return refusal('too-many-tunnels', dialect.rejected(error))
    throw error
  }
}

type Judgement = { readonly refused: Refusal } | { readonly mayStay: (() => Promise<boolean>) | undefined }

async function judge(parts: UpgradingParts, entry: Entry): Promise<Judgement> {
  const { request, policy, visit } = entry
  const { dialect } = policy.surface
  if (isForeign(request.headers, parts.ownOrigin)) {
    return { refused: refusal('foreign-page', dialect.rejected(new ForeignPage())) }
  }
  const refused = await admit(parts, entry)
  if (refused) return { refused }
  // Whoever refuses strangers here, a token that counts now has to count as long as the connection is open.
  const { credential } = visit
  const counts = async (): Promise<boolean> => typeof (await findCaller(parts, policy, credential)) !== 'string'
  try {
    return { mayStay: credential !== undefined && (await counts()) ? counts : undefined }
  } catch (error) {
    if (error instanceof Rejection) return { refused: refusal('unavailable', dialect.rejected(error)) }
    throw error
  }
}

/** Browsers say which page wants to connect, and let it connect anywhere (RFC 6455 §10.2); other programs say nothing. */
function isForeign({ origin }: IncomingHttpHeaders, ownOrigin: string): boolean {
  return origin !== undefined && origin !== ownOrigin
}

function acceptUpgrade(response: DoorResponse, head: AnswerHead): void {
  response.writeHead(101, [...passedOn(head), 'connection', 'Upgrade', 'upgrade', 'websocket'])
  response.flushHeaders()
}
