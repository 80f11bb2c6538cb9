import { hash } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { Clock } from '@sallyport/kernel'
import { LRUCache } from 'lru-cache'
import type { ExchangedKey, KeyIssuer, NoToken } from './issuer.ts'

/** A key as the door knows it for a while. */
export interface KnownKey {
  readonly id: string
  readonly authorization: string
  /** Whether it may be used from an address. */
  isAllowedFrom(address: string): boolean
}

export interface KeyCache {
  /** The key of a text, if it is in memory. */
  recall(text: string): KnownKey | undefined
  /**
   * The key of a text, from memory or from identity, or why it does not count.
   *
   * @throws {TooManyExchanges} when identity is asked about too many keys at this moment
   */
  find(text: string): Promise<KnownKey | NoToken>
  /** Forgets a key, since its token counts no more. */
  forget(text: string): void
}

export class TooManyExchanges extends Error {
  override name = 'TooManyExchanges'
}

/** So many keys are known at once, and so many texts that are none. */
const mostKeys = 10_000
/** What identity said holds for at most so long, in milliseconds. */
const longestKnownMs = 60_000
const refusedForMs = 5000
/** Identity is asked about at most so many keys at once. */
const exchangesAtOnce = 32

/** Keys that identity was asked about lately. Texts are held by their digests alone. */
export function createKeyCache({ issuer, clock }: { readonly issuer: KeyIssuer; readonly clock: Clock }): KeyCache {
  const perf = { now: () => clock.now().getTime() }
  const known = new LRUCache<string, KnownKey>({ max: mostKeys, perf, ttlResolution: 0 })
  const refused = new LRUCache<string, NoToken>({ max: mostKeys, ttl: refusedForMs, perf, ttlResolution: 0 })
  const asking = new Map<string, Promise<KnownKey | NoToken>>()

  async function ask(digest: string): Promise<KnownKey | NoToken> {
    const exchanged = await issuer.exchange(digest)
    if (typeof exchanged === 'string') {
      refused.set(digest, exchanged)
      return exchanged
    }
    const key = toKnownKey(exchanged)
    const ttl = Math.min(longestKnownMs, exchanged.expiresAtMs - clock.now().getTime())
    if (ttl > 0) known.set(digest, key, { ttl })
    return key
  }

  return {
    recall: (text) => known.get(digestOf(text)),
    async find(text) {
      const digest = digestOf(text)
      const found = known.get(digest)
      if (found) return found
      const why = refused.get(digest)
      if (why) return why
      const running = asking.get(digest)
      if (running) return running
      if (asking.size >= exchangesAtOnce) throw new TooManyExchanges('too many keys are asked about at once')
      const answer = ask(digest).finally(() => asking.delete(digest))
      asking.set(digest, answer)
      return answer
    },
    forget: (text) => void known.delete(digestOf(text)),
  }
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url')
}

function toKnownKey({ id, token, networks }: ExchangedKey): KnownKey {
  const authorization = `Bearer ${token}`
  if (networks.length === 0) return { id, authorization, isAllowedFrom: () => true }
  const allowed = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    allowed.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return {
    id,
    authorization,
    isAllowedFrom: (address) => isIP(address) !== 0 && allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  }
}
