import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, identity } from '@sallyport/contracts'
import type { Logger } from 'pino'
import type { Revocation, RevocationSource } from './revocation-list.ts'

/** How often the feed is read, in milliseconds: what is revoked has to be known everywhere within a second. */
const pauseMs = 300

/**
 * Follows the feed of revocations by reading it again and again. What was read stays in force while it cannot be read.
 *
 * @param read gives what comes after a place in the feed, oldest first
 */
export function followRevocations(
  read: (after: number) => Promise<readonly Revocation[]>,
  log: Logger,
): RevocationSource {
  return {
    async subscribe(listener) {
      const stopping = new AbortController()
      let after = 0
      let heard = true

      const readOnce = async (): Promise<readonly Revocation[]> => {
        try {
          const page = await read(after)
          if (!heard) log.info('the feed of revocations is back')
          heard = true
          return page
        } catch (error) {
          if (heard && !stopping.signal.aborted) log.warn({ err: error }, 'the feed of revocations is not heard')
          heard = false
          return []
        }
      }
      const readAll = async (): Promise<void> => {
        let page = await readOnce()
        while (page.length > 0) {
          listener(page)
          after = page.at(-1)?.sequence ?? after
          page = await readOnce()
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

/** Follows identity's feed from another process. */
export function pollRevocations(call: Call, log: Logger): RevocationSource {
  return followRevocations(async (after) => {
    const { body } = await call(identity.readRevocations, { query: { after } })
    return body.revocations
  }, log)
}
