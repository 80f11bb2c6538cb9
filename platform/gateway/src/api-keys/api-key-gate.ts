import type { IncomingMessage } from 'node:http'
import type { GuestScope, KeyFault } from '@sallyport/contracts'
import { type Clock, Rejection, type Soon } from '@sallyport/kernel'
import type { Authentication } from '@sallyport/service'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { createGuestTokens } from './guest-tokens.ts'
import type { KeyIssuer, NoToken } from './issuer.ts'
import type { RequestOrigin } from '../request-origin.ts'
import { createKeyCache, type KnownKey, TooManyExchanges } from './key-cache.ts'
import { createKeyUses } from './key-uses.ts'

/** What a door makes of a key: a token has taken its place, or why not. */
export type KeyAdmission =
  | { readonly keyId: string }
  | 'guest'
  | 'invalid'
  | KeyFault
  | 'unavailable'
  | { readonly retryAfterSeconds: number }

export class TooManyWrongKeys extends Rejection {
  override name = 'TooManyWrongKeys'
  readonly code = 'too-many-wrong-keys'
  readonly reason = 'too-many'
  override readonly facts: { readonly retryAfterSeconds: number }
  constructor(retryAfterSeconds: number) {
    super('too many API keys that are none')
    this.facts = { retryAfterSeconds }
  }
}

/** Takes API keys at the doors. */
export interface ApiKeyGate {
  /** A key that is in memory, with a token that counts, is let in at once. */
  admit(request: IncomingMessage, key: string, origin: RequestOrigin): Soon<KeyAdmission>
  /** Lets somebody in who has come with a key that is everybody's. */
  admitGuest(request: IncomingMessage, scope: GuestScope): Promise<KeyAdmission>
  close(): Promise<void>
}

/** The form of every key (pictures S-40): nothing else is asked about. */
const keyForm = /^[\w-]{40}$/
/** A client that presents so many texts that are no keys within a minute waits for the next one. */
const wrongKeysAMinute = 30
const minuteMs = 60_000

export function createApiKeyGate(parts: {
  readonly issuer: KeyIssuer
  readonly authentication: Authentication
  readonly clock: Clock
  readonly log: Logger
}): ApiKeyGate {
  const { issuer, authentication, clock, log } = parts
  const cache = createKeyCache({ issuer, clock })
  const guests = createGuestTokens({ issuer, clock })
  const uses = createKeyUses({ issuer, log })
  const wrong = new LRUCache<string, { count: number }>({
    max: 10_000,
    ttl: minuteMs,
    perf: { now: () => clock.now().getTime() },
    ttlResolution: 0,
  })

  /** A key whose token was ended meanwhile is asked about once more. */
  async function findGood(text: string): Promise<KnownKey | NoToken> {
    const found = await cache.find(text)
    if (typeof found === 'string' || (await authentication.account(found.authorization)) !== 'invalid') return found
    cache.forget(text)
    return cache.find(text)
  }

  async function findGuest(scope: GuestScope): Promise<string> {
    const found = await guests.find(scope)
    if ((await authentication.account(found)) !== 'invalid') return found
    guests.forget(scope)
    return guests.find(scope)
  }

  /** How long a client has to wait that came with too many wrong keys, in seconds. */
  function waitOf(origin: RequestOrigin): number | undefined {
    if (wrong.size === 0 || (wrong.get(origin.network)?.count ?? 0) < wrongKeysAMinute) return undefined
    return Math.max(1, Math.ceil(wrong.getRemainingTTL(origin.network) / 1000))
  }

  function refuse<Why extends 'invalid' | KeyFault>({ network }: RequestOrigin, why: Why): Why {
    const counter = wrong.get(network)
    if (counter) counter.count += 1
    else wrong.set(network, { count: 1 })
    return why
  }

  function judge(request: IncomingMessage, key: KnownKey | NoToken, origin: RequestOrigin): KeyAdmission {
    if (key === 'unknown') return refuse(origin, 'invalid')
    if (typeof key === 'string') return refuse(origin, key)
    if (!key.isAllowedFrom(origin.address)) return refuse(origin, 'elsewhere')
    uses.count(key.id, clock.now().getTime())
    present(request, key.authorization)
    return { keyId: key.id }
  }

  async function admitUnknown(request: IncomingMessage, text: string, origin: RequestOrigin): Promise<KeyAdmission> {
    let key: KnownKey | NoToken
    try {
      key = await findGood(text)
    } catch (error) {
      if (!(error instanceof TooManyExchanges)) log.warn({ err: error }, 'an API key cannot be exchanged now')
      return 'unavailable'
    }
    return judge(request, key, origin)
  }

  return {
    admit(request, text, origin) {
      const wait = waitOf(origin)
      if (wait !== undefined) return { retryAfterSeconds: wait }
      if (!keyForm.test(text)) return refuse(origin, 'invalid')
      const known = cache.recall(text)
      if (known) {
        const counts = authentication.account(known.authorization)
        if (counts instanceof Promise) counts.catch(() => undefined)
        else if (counts !== 'invalid') return judge(request, known, origin)
      }
      return admitUnknown(request, text, origin)
    },
    async admitGuest(request, scope) {
      try {
        present(request, await findGuest(scope))
        return 'guest'
      } catch (error) {
        log.warn({ err: error }, 'no guest can be let in now')
        return 'unavailable'
      }
    },
    close: () => uses.stop(),
  }
}

function present(request: IncomingMessage, authorization: string): void {
  request.headers.authorization = authorization
  request.rawHeaders.push('authorization', authorization)
}
