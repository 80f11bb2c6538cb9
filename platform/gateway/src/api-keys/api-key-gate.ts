import type { IncomingMessage } from 'node:http'
import { type Clock, Rejection } from '@sallyport/kernel'
import type { Authentication } from '@sallyport/service'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { KeyIssuer } from './issuer.ts'
import { createKeyCache, type KnownKey, TooManyExchanges } from './key-cache.ts'
import { createKeyUses } from './key-uses.ts'

/** What a door makes of a key: a token has taken its place, or why not. */
export type KeyAdmission =
  | { readonly keyId: string }
  | 'invalid'
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
  admit(request: IncomingMessage, key: string, clientAddress: string): Promise<KeyAdmission>
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
  const uses = createKeyUses({ issuer, log })
  const wrong = new LRUCache<string, { count: number }>({
    max: 10_000,
    ttl: minuteMs,
    perf: { now: () => clock.now().getTime() },
    ttlResolution: 0,
  })

  /** A key whose token was ended meanwhile is asked about once more. */
  async function findGood(text: string): Promise<KnownKey | undefined> {
    const found = await cache.find(text)
    if (!found || (await authentication.account(found.authorization)) !== 'invalid') return found
    cache.forget(text)
    return cache.find(text)
  }

  function refuse(address: string): 'invalid' {
    const counter = wrong.get(address)
    if (counter) counter.count += 1
    else wrong.set(address, { count: 1 })
    return 'invalid'
  }

  return {
    async admit(request, text, address) {
      if ((wrong.get(address)?.count ?? 0) >= wrongKeysAMinute) {
        return { retryAfterSeconds: Math.max(1, Math.ceil(wrong.getRemainingTTL(address) / 1000)) }
      }
      if (!keyForm.test(text)) return refuse(address)
      let key: KnownKey | undefined
      try {
        key = await findGood(text)
      } catch (error) {
        if (!(error instanceof TooManyExchanges)) log.warn({ err: error }, 'an API key cannot be exchanged now')
        return 'unavailable'
      }
      if (!key?.isAllowedFrom(address)) return refuse(address)
      uses.count(key.id, clock.now().getTime())
      request.headers.authorization = key.authorization
      request.rawHeaders.push('authorization', key.authorization)
      return { keyId: key.id }
    },
    close: () => uses.stop(),
  }
}
