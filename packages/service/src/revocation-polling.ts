import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, gateway, identity } from '@sallyport/contracts'
import type { Logger } from 'pino'
import { FeedPlaces } from './feed-places.ts'
import type { Revocation, RevocationSource } from './revocation-list.ts'
import type { KeySource } from './tokens/key-set.ts'

/** How often the feed is read, in milliseconds: what is revoked has to be known everywhere within a second. */
const pauseMs = 300
/** So often it is read without a pause while there is more. */
const mostReadsAtOnce = 100

/** A piece of the feed. */
export interface FeedPage {
  /** Names the feed: in another one, such as that of a database restored from a backup, places mean something else. */
  readonly feed: string
  /** What comes after the place that was asked for, oldest first. */
  readonly revocations: readonly Revocation[]
  /** For how long whoever hands it on has heard nothing. */
  readonly silentMs?: number
}

/**
 * Follows the feed of revocations by reading it again and again. What was read stays in force while it cannot be read, and
 * when the feed turns out to be another one, be it because several answer in turn.
 *
 * @param read gives what comes after a place in the feed
 */
export function followRevocations(read: (after: number) => Promise<FeedPage>, log: Logger): RevocationSource {
  return {
    async subscribe(listener) {
      const stopping = new AbortController()
      const places = new FeedPlaces()
      let heard = true

      /** Whether there may be more. */
      const readOnce = async (): Promise<boolean> => {
        const asked = places.next
        const { feed, revocations, silentMs } = await read(asked)
        if (!heard) log.info('the feed of revocations is back')
        heard = true
        if (places.isNew(feed)) log.warn('the feed of revocations is another one, and is read from its beginning')
        // What was heard before is no harm, and what follows a place of another feed is as good as anything.
        listener(revocations, silentMs)
        return places.take(feed, { asked, last: revocations.at(-1)?.sequence })
      }
      const readAll = async (): Promise<void> => {
        try {
          for (let reads = 0; reads < mostReadsAtOnce; reads += 1) if (!(await readOnce())) break
        } catch (error) {
          if (heard && !stopping.signal.aborted) log.warn({ err: error }, 'the feed of revocations is not heard')
          heard = false
        }
      }
      const keepReading = async (): Promise<void> => {
        while (!stopping.signal.aborted) {
          await sleep(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
          if (!stopping.signal.aborted) await readAll()
        }
      }
      await readAll()
      void keepReading()
      return { stop: () => stopping.abort() }
    },
  }
}

/** What another process hears: keys and revocations and, with each of these, of which version the keys are. */
interface Heard {
  readonly keys: KeySource
  readonly revocations: RevocationSource
}

/** What a part hears from identity. */
export function pollIdentity(call: Call, log: Logger): Heard {
  const keys = keysOf(async () => (await call(identity.readKeys, {})).body.keys)
  const revocations = followRevocations(async (after) => {
    const { body } = await call(identity.readRevocations, { query: { after } })
    keys.tell(body.keys)
    const { silent_ms: silentMs = 0 } = body
    return { ...body, silentMs: silentMs ?? Number.POSITIVE_INFINITY }
  }, log)
  return { revocations, keys: keys.source }
}

/** What a part that identity knows nothing of hears from the gateway, its keys included. */
export function pollGateway(call: Call, log: Logger): Heard & { readonly gatewayKeys: KeySource } {
  const accounts = keysOf(async () => {
    const { identity: published } = (await call(gateway.relayKeys, {})).body
    if (!published) throw new Error('the gateway has not heard the keys of identity yet')
    return published
  })
  const own = keysOf(async () => (await call(gateway.relayKeys, {})).body.gateway)
  const revocations = followRevocations(async (after) => {
    const { body } = await call(gateway.relayRevocations, { query: { after } })
    if (body.keys.identity !== null) accounts.tell(body.keys.identity)
    own.tell(body.keys.gateway)
    return { ...body, silentMs: body.silent_ms ?? Number.POSITIVE_INFINITY }
  }, log)
  return { revocations, keys: accounts.source, gatewayKeys: own.source }
}

/** Keys whose versions are told by somebody else. */
function keysOf(fetch: KeySource['fetch']): { readonly source: KeySource; tell(version: string): void } {
  const listeners = new Set<(version: string) => Promise<void>>()
  return {
    source: {
      fetch,
      watch(listener) {
        listeners.add(listener)
        return { stop: () => listeners.delete(listener) }
      },
    },
    tell(version) {
      // Not waited for: keys that do not come are no reason to miss revocations, and the next answer asks again.
      for (const listener of listeners) listener(version).catch(() => undefined)
    },
  }
}
