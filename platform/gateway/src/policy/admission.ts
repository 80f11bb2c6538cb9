import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import { gatewayCredentialHeader } from '@sallyport/contracts'
import type { OutsideIdentity } from '@sallyport/contracts'
import { type Clock, type Soon, soon } from '@sallyport/kernel'
import type { ApiKeyGate } from '../api-keys/api-key-gate.ts'
import type { DoorResponse } from '../door-response.ts'
import { isWellFramed } from '../listening/framing.ts'
import { introduce } from '../outside/introduction.ts'
import { isUnambiguous, staysBelow } from '../outside/plain-path.ts'
import { withhold } from '../outside/withheld.ts'
import { countQuotas, recallQuotas } from '../quotas/quota-step.ts'
import type { Quotas } from '../quotas/quotas.ts'
import type { TokenMaker } from '../signing/token-maker.ts'
import type { Visit } from '../visit.ts'
import { authorize, type CallerParts, exchangeKey } from './credentials.ts'
import { AmbiguousRequest, cleanRequest } from './header-hygiene.ts'
import type { Policy } from './policy.ts'
import { type Refusal, refusal } from './refusal.ts'
import { say } from './say.ts'

export interface AdmissionParts extends CallerParts {
  readonly apiKeys: ApiKeyGate
  readonly quotas: Quotas
  readonly clock: Clock
  /** Makes the tokens that services outside the platform are told of their callers with. */
  readonly tokens: TokenMaker
  /** What the gateway proves itself with to a service, by its name. */
  readonly credentialFor: (service: string) => string
  /** The `Host` that services see, whatever the client says. */
  readonly host: string
}

/** A request that wants to go in, and where it wants to go. */
export interface Entry {
  readonly request: IncomingMessage
  readonly response: DoorResponse
  readonly policy: Policy
  readonly visit: Visit
}

/**
 * What a door asks of every request before a service hears of it, upgrades included (design §3). Answers a refusal, at once
 * where nothing has to be waited for: no request with a token that was verified lately costs a promise here.
 */
export function admit(parts: AdmissionParts, entry: Entry): Soon<Refusal | undefined> {
  const { request, policy, visit } = entry
  const { dialect } = policy.surface
  const unfit = refuseShape(request, policy, visit)
  if (unfit) return unfit.reason === 'too-large' ? dropped(request).then(() => unfit) : unfit
  const over = recallQuotas(parts, entry)
  if (over) return over
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
  const counted = soon(judgeCredential(parts, entry, apiKey), (unentitled) =>
    policy.quotas ? countQuotas(parts, entry, unentitled).then((over) => over ?? unentitled) : unentitled,
  )
  return soon(counted, (refused) => {
    if (!refused) disguise(parts, entry)
    return refused
  })
}

function judgeCredential(
  parts: AdmissionParts,
  { request, policy, visit }: Entry,
  apiKey: string | undefined,
): Soon<Refusal | undefined> {
  const exchanged =
    apiKey !== undefined && policy.takesApiKeys
      ? exchangeKey(parts.apiKeys, request, { key: apiKey, visit, policy })
      : undefined
  return soon(exchanged, (refused) => {
    if (refused) return refused
    const credential = request.headers.authorization
    if (credential !== undefined) visit.credential = credential
    return policy.isDecidedHere ? authorize(parts, request, { policy, visit }) : undefined
  })
}

/** Whom the door has let in, for upstreams that cannot read tokens (enrollment E-46). */
const claimHeaders: OutsideIdentity = { as: 'headers', claims: { 'X-User': 'username', 'X-Roles': 'roles' } }

/** What the service sees of the credential, of whom it is, and of the gateway itself. */
function disguise({ tokens, credentialFor }: AdmissionParts, { request, policy, visit }: Entry): void {
  const { caller, claims } = visit
  if (policy.signs) say(request, gatewayCredentialHeader, credentialFor(policy.service))
  if (caller && policy.surface.claimHeaders === true) introduce(request, { caller }, { identity: claimHeaders, tokens })
  if (!policy.outside) return
  const { identity, withheld } = policy.outside
  withhold(request, withheld)
  if (caller) introduce(request, { caller, ...(claims && { claims }) }, { identity, tokens })
}

/** What can be seen from outside: the way it came, how its body is framed, how long that says it is. */
function refuseShape(request: IncomingMessage, policy: Policy, { origin, path }: Visit): Refusal | undefined {
  const { surface, wantsLength, body, outside } = policy
  const { dialect } = surface
  if (surface.httpsOnly === true && origin.scheme !== 'https') {
    return refusal('https-only', dialect.badRequest('This is only to be had over https'))
  }
  if (outside && !(outside.hasRules ? isUnambiguous(path) : staysBelow(path))) {
    return refusal('unclear-path', dialect.badRequest('The path can be read in more than one way'))
  }
  if (wantsLength && request.headers['transfer-encoding'] !== undefined) {
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
