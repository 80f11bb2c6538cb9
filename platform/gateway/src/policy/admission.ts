import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import type { Authentication } from '@sallyport/service'
import type { ApiKeyGate } from '../api-keys/api-key-gate.ts'
import { isWellFramed } from '../listening/framing.ts'
import type { Visit } from '../visit.ts'
import { authorize, exchangeKey } from './credentials.ts'
import { AmbiguousRequest, cleanRequest } from './header-hygiene.ts'
import type { Policy } from './policy.ts'
import { type Refusal, refusal } from './refusal.ts'

export interface AdmissionParts {
  readonly authentication: Authentication
  readonly apiKeys: ApiKeyGate
  /** The `Host` that services see, whatever the client says. */
  readonly host: string
}

/** What a door asks of every request before a service hears of it, upgrades included (design §3). Answers a refusal. */
export async function admit(
  parts: AdmissionParts,
  request: IncomingMessage,
  policy: Policy,
  visit: Visit,
): Promise<Refusal | undefined> {
  const { dialect } = policy.surface
  const unfit = refuseShape(request, policy, visit)
  if (unfit) {
    if (unfit.reason === 'too-large') await dropped(request)
    return unfit
  }
  let apiKey: string | undefined
  try {
    apiKey = cleanRequest(request, {
      host: parts.host,
      'x-request-id': visit.requestId,
      'x-forwarded-for': visit.origin.address,
      'x-forwarded-proto': visit.origin.scheme,
      traceparent: visit.trace.traceparent,
      tracestate: visit.trace.tracestate,
    })
  } catch (error) {
    if (!(error instanceof AmbiguousRequest)) throw error
    return refusal('ambiguous', dialect.badRequest(error.message))
  }
  if (apiKey !== undefined && policy.takesApiKeys) {
    const { address } = visit.origin
    const refused = await exchangeKey(parts.apiKeys, request, { key: apiKey, address, dialect })
    if (refused) return refused
  }
  return policy.isDecidedHere ? authorize(parts.authentication, request, { policy, visit }) : undefined
}

/** What can be seen from outside: the way it came, how its body is framed, how long that says it is. */
function refuseShape(request: IncomingMessage, policy: Policy, { origin }: Visit): Refusal | undefined {
  const { surface, isMount, body } = policy
  const { dialect } = surface
  if (surface.httpsOnly === true && origin.scheme !== 'https') {
    return refusal('https-only', dialect.badRequest('This is only to be had over https'))
  }
  if (isMount && request.headers['transfer-encoding'] !== undefined) {
    // Behind a mount nobody counts what comes, so what comes says its length before.
    return refusal('ill-framed', dialect.badRequest('The length of the body must be declared'))
  }
  if (!isWellFramed(request)) {
    return refusal('ill-framed', dialect.badRequest('The body is framed in a way that is not understood'))
  }
  if (Number(request.headers['content-length'] ?? 0) > body.limitBytes) {
    return refusal('too-large', dialect.tooLarge(body.limitBytes))
  }
  return undefined
}

/** A client that is still sending when its connection ends does not hear why, so the body is read and dropped first. */
const dropLimitMs = 1000

async function dropped(request: IncomingMessage): Promise<void> {
  const late = AbortSignal.timeout(dropLimitMs)
  await finished(request.resume(), { signal: late, cleanup: true }).catch(() => undefined)
}
