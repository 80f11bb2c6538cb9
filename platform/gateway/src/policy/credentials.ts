import type { IncomingMessage } from 'node:http'
import { type Dialect, judgeRights, type KeyFault, type SignedIn } from '@sallyport/contracts'
import { Rejection, type Soon, soon } from '@sallyport/kernel'
import { type Authentication, InsufficientScope, type NoCaller } from '@sallyport/service'
import { type ApiKeyGate, type KeyAdmission, TooManyWrongKeys } from '../api-keys/api-key-gate.ts'
import { identifyOutside, type OtherIssuers, type OutsideCaller } from '../outside/callers.ts'
import { judgeOutside } from '../outside/rights.ts'
import type { Visit } from '../visit.ts'
import type { Policy } from './policy.ts'
import { type Refusal, type RefusalReason, refusal } from './refusal.ts'

const faults = {
  expired: 'expired-key',
  blocked: 'blocked-key',
  elsewhere: 'key-from-elsewhere',
} as const satisfies Record<KeyFault, RefusalReason>

/** Puts a token in the place of an API key. */
export function exchangeKey(
  apiKeys: ApiKeyGate,
  request: IncomingMessage,
  { key, visit, policy }: { readonly key: string; readonly visit: Visit; readonly policy: Policy },
): Soon<Refusal | undefined> {
  const { access, surface } = policy
  const guestKey = access.who === 'account' ? access.guestKey : undefined
  const admitted =
    key === guestKey?.text ? apiKeys.admitGuest(request, guestKey.scope) : apiKeys.admit(request, key, visit.origin)
  return soon(admitted, (admission) => judgeAdmission(admission, visit, surface.dialect))
}

function judgeAdmission(admission: KeyAdmission, visit: Visit, dialect: Dialect): Refusal | undefined {
  if (admission === 'guest') return undefined
  if (admission === 'invalid') return refusal('unknown-key', dialect.unauthenticated('invalid'))
  if (admission === 'unavailable') return refusal('unavailable', dialect.unavailable(1))
  if (typeof admission === 'string') {
    return refusal(faults[admission], dialect.refusedKey?.(admission) ?? dialect.unauthenticated('invalid'))
  }
  if ('keyId' in admission) {
    visit.keyId = admission.keyId
    return undefined
  }
  return refusal('too-many-wrong-keys', dialect.rejected(new TooManyWrongKeys(admission.retryAfterSeconds)))
}

export interface CallerParts {
  readonly authentication: Authentication
  /** Whose tokens count at services outside the platform besides its own. */
  readonly otherIssuers: OtherIssuers
}

/** Who is calling by this `Authorization`, as far as it counts where it leads. */
export function findCaller(
  parts: CallerParts,
  { outside, surface }: Policy,
  authorization: string | undefined,
): Soon<OutsideCaller | NoCaller> {
  if (outside) return identifyOutside(parts, authorization, outside.issuers)
  return soon(parts.authentication.account(authorization, surface.issuers), (caller) =>
    typeof caller === 'string' ? caller : { caller },
  )
}

/**
 * Finds out who is calling, and refuses whoever may not do this. Where anyone may, a service outside the platform is still
 * told who it is; a token that does not count is refused there too, since its sender means to be somebody.
 */
export function authorize(
  parts: CallerParts,
  { headers }: IncomingMessage,
  { policy, visit }: { readonly policy: Policy; readonly visit: Visit },
): Soon<Refusal | undefined> {
  const { access, surface, outside } = policy
  const asked = access.who === 'account' ? access : outside?.introduces
  if (!asked) return undefined
  const judged = soon(findCaller(parts, policy, headers.authorization), (found) =>
    judgeCaller(found, asked, { policy, visit }),
  )
  if (!(judged instanceof Promise)) return judged
  return judged.catch((error: unknown) => {
    if (error instanceof Rejection) return refusal('unavailable', surface.dialect.rejected(error))
    throw error
  })
}

function judgeCaller(
  found: OutsideCaller | NoCaller,
  asked: SignedIn,
  { policy, visit }: { readonly policy: Policy; readonly visit: Visit },
): Refusal | undefined {
  const { access, surface, outside, forbidden } = policy
  const { dialect } = surface
  if (found === 'missing' && access.who === 'anyone') return undefined
  if (typeof found === 'string') return refusal('unauthenticated', dialect.unauthenticated(found))
  const verdict = outside ? judgeOutside(asked, found) : judgeRights(asked, found.caller)
  if (verdict === 'allowed' || access.who === 'account') {
    visit.caller = found.caller
    if (found.claims) visit.claims = found.claims
  }
  if (access.who === 'anyone') return undefined
  if (verdict === 'wrong-scope') {
    return refusal('insufficient-scope', dialect.rejected(new InsufficientScope(asked.scope)))
  }
  return verdict === 'wrong-role' ? refusal('wrong-role', forbidden) : undefined
}

/** Finds out who is calling where the service is the one that refuses; nobody is refused by this. */
export async function identify(
  parts: CallerParts,
  { headers }: IncomingMessage,
  { policy, visit }: { readonly policy: Policy; readonly visit: Visit },
): Promise<void> {
  const own = headers['x-access-token']
  const ownBearer = typeof own === 'string' ? `Bearer ${own}` : undefined
  try {
    const credential = policy.surface.credential === 'x-access-token' ? ownBearer : headers.authorization
    const found = await findCaller(parts, policy, credential)
    if (typeof found !== 'string') visit.caller = found.caller
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
  }
}
