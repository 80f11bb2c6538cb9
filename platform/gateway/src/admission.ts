import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import type { Dialect, Reply, Route } from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'
import { type Authentication, bodyLimitBytes } from '@sallyport/service'
import { type ApiKeyGate, type KeyAdmission, TooManyWrongKeys } from './api-keys/api-key-gate.ts'
import type { BodyPolicy } from './dispatch/dispatcher.ts'
import { isWellFramed } from './framing.ts'
import { AmbiguousRequest, cleanRequest } from './header-hygiene.ts'
import type { Routed } from './route-table.ts'
import type { Visit } from './visit.ts'

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
  { routed, origin, requestId }: Visit & { readonly routed: Routed },
): Promise<Reply | undefined> {
  const { surface } = routed
  const { dialect } = surface
  if (surface.httpsOnly === true && origin.scheme !== 'https') {
    return dialect.badRequest('This is only to be had over https')
  }
  if (routed.kind === 'mount' && request.headers['transfer-encoding'] !== undefined) {
    // Behind a mount nobody counts what comes, so what comes says its length before.
    return dialect.badRequest('The length of the body must be declared')
  }
  if (!isWellFramed(request)) {
    return dialect.badRequest('The body is framed in a way that is not understood')
  }
  const { limitBytes } = bodyPolicyOf(routed)
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    await dropped(request)
    return dialect.tooLarge(limitBytes)
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
    if (!(error instanceof AmbiguousRequest)) throw error
    return dialect.badRequest(error.message)
  }
  if (apiKey !== undefined && routed.kind === 'route' && takesApiKeys(routed.route)) {
    const refusal = refusalOf(await parts.apiKeys.admit(request, apiKey, origin.address), dialect)
    if (refusal) return refusal
  }
  if (routed.kind === 'route' && routed.route.access.who === 'account' && surface.decidedBy === 'door') {
    return refuseStranger(parts.authentication, request, dialect)
  }
  return undefined
}

function takesApiKeys({ access }: Route): boolean {
  return access.who === 'account' && access.scope !== undefined
}

function refusalOf(admission: KeyAdmission, dialect: Dialect): Reply | undefined {
  if (admission === 'admitted') return undefined
  if (admission === 'invalid') return dialect.unauthenticated('invalid')
  if (admission === 'unavailable') return dialect.unavailable(1)
  return dialect.rejected(new TooManyWrongKeys(admission.retryAfterSeconds))
}

export function bodyPolicyOf(routed: Routed): BodyPolicy {
  if (routed.kind === 'mount') return { taken: true, limitBytes: routed.mount.bodyLimitBytes }
  return { taken: Boolean(routed.route.body ?? routed.route.form), limitBytes: bodyLimitBytes }
}

/** A client that is still sending when its connection ends does not hear why, so the body is read and dropped first. */
const dropLimitMs = 1000

async function dropped(request: IncomingMessage): Promise<void> {
  const late = AbortSignal.timeout(dropLimitMs)
  await finished(request.resume(), { signal: late, cleanup: true }).catch(() => undefined)
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
