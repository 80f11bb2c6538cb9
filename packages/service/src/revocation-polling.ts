import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, identity } from '@sallyport/contracts'
import type { Logger } from 'pino'
import type { Revocation, RevocationSource } from './revocation-list.ts'
import type { KeySource } from './tokens/key-set.ts'

/** How often the feed is read, in milliseconds: what is revoked has to be known everywhere within a second. */
const pauseMs = 300

/** A piece of the feed. */
export interface FeedPage {
  /** Names the feed: in another one, such as that of a database restored from a backup, places mean something else. */
  readonly feed: string
  /** What comes after the place that was asked for, oldest first. */
  readonly revocations: readonly Revocation[]
}

/**
 * Follows the feed of revocations by reading it again and again. What was read stays in force while it cannot be read, and
 * when the feed turns out to be another one.
 *
 * @param read gives what comes after a place in the feed
 */
export function followRevocations(read: (after: number) => Promise<FeedPage>, log: Logger): RevocationSource {
  return {
    async subscribe(listener) {
      const stopping = new AbortController()
      let feed: string | undefined
      let after = 0
      let heard = true

      /** Whether there may be more. */
      const readOnce = async (): Promise<boolean> => {
        const page = await read(after)
        if (!heard) log.info('the feed of revocations is back')
        heard = true
        if (feed !== undefined && page.feed !== feed) {
          log.warn('the feed of revocations is another one, and is read from its beginning')
          feed = page.feed
          after = 0
          return true
        }
        feed = page.feed
        listener(page.revocations)
        after = page.revocations.at(-1)?.sequence ?? after
        return page.revocations.length > 0
      }
      const readAll = async (): Promise<void> => {
        try {
          while (await readOnce());
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

/** What another process hears from identity: its keys, its revocations and, with each of these, of which version the keys are. */
export function pollIdentity(
  call: Call,
  log: Logger,
): { readonly keys: KeySource; readonly revocations: RevocationSource } {
  const listeners = new Set<(version: string) => Promise<void>>()
  const revocations = followRevocations(async (after) => {
    const { body } = await call(identity.readRevocations, { query: { after } })
    // Not waited for: keys that do not come are no reason to miss revocations, and the next answer asks again.
    for (const listener of listeners) listener(body.keys).catch(() => undefined)
    return body
  }, log)
  return {
    revocations,
    keys: {
      fetch: async () => (await call(identity.readKeys, {})).body.keys,
      watch(listener) {
        listeners.add(listener)
        return { stop: () => listeners.delete(listener) }
      },
    },
  }
}
