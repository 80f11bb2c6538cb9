import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, identity } from '@sallyport/contracts'
import type { Logger } from 'pino'
import type { Revocation, RevocationSource } from './revocation-list.ts'

/** How often the feed is read, in milliseconds: what is revoked has to be known everywhere within a second. */
const pauseMs = 300

/** Reads identity's feed of revocations from another process. What was read stays in force while identity is away. */
export function pollRevocations(call: Call, log: Logger): RevocationSource {
  return {
    async subscribe(listener) {
      const stopping = new AbortController()
      let after = 0
      let heard = true

      const readOnce = async (): Promise<readonly Revocation[]> => {
        try {
          const { body } = await call(identity.readRevocations, { query: { after } })
          if (!heard) log.info('the feed of revocations is back')
          heard = true
          return body.revocations
        } catch (error) {
          if (heard) log.warn({ err: error }, 'the feed of revocations is not heard')
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
