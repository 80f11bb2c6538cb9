import { ServiceUnreachable, type Transport } from '@sallyport/contracts'
import { errors, Pool } from 'undici'
import { InstanceHealth } from './instance-health.ts'
import { Rotation } from './rotation.ts'

/** The largest answer a service takes from another, in bytes. */
const answerLimitBytes = 16 * 1024 * 1024

/** So many calls are with an instance at once; others wait for one of their connections, as long as they may take. */
const mostCalls = 64

/** Reaches a service over HTTP, its instances in turn, on connections that are kept. Call `close` when done. */
export function httpTransport(urls: readonly string[]): Transport & { close(): Promise<void> } {
  const now = (): number => performance.now()
  const rotation = new Rotation(
    urls.map((url) => ({
      url,
      pool: new Pool(url, { connections: mostCalls, connectTimeout: 2000, maxResponseSize: answerLimitBytes }),
      health: new InstanceHealth(now),
      calls: 0,
    })),
  )
  return {
    async send({ timeoutMs, method, path, headers, body }) {
      const signal = AbortSignal.timeout(timeoutMs)
      let refusal: unknown
      for (let tries = 0; tries < urls.length; tries += 1) {
        const instance = rotation.next()
        if (!instance) break
        const { url, pool, health } = instance
        let trial = health.take()
        // Behind other calls of ours it has less than its whole time left when its turn comes.
        const waits = instance.calls >= mostCalls
        instance.calls += 1
        try {
          const request = { method, path, headers, body: body ?? null, signal }
          const answer = pool.request(request)
          // A request that waits for a connection hears of its signal only when there is one.
          const response = await Promise.race([answer, rejectionOf(signal)])
          health.answered(trial)
          trial = false
          return { status: response.statusCode, body: await response.body.text() }
        } catch (error) {
          if (isRefusal(error)) {
            health.failed('refused', trial)
            refusal = error
            continue
          }
          if (signal.aborted && waits) health.abandoned(trial)
          else health.failed(signal.aborted ? 'silent' : 'lost', trial)
          throw new ServiceUnreachable(`no answer from ${url}`, { cause: error })
        } finally {
          instance.calls -= 1
        }
      }
      throw new ServiceUnreachable(`no answer from ${urls.join(' or ')}`, { cause: refusal })
    },
    async close() {
      await Promise.all(rotation.instances.map(({ pool }) => pool.close()))
    },
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
}

/** No connection came about, so nothing was delivered and anybody else may be asked. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true
  // Of a name that has several addresses each was tried.
  if (error instanceof AggregateError) return error.errors.every(isRefusal)
  const call: unknown = error instanceof Error ? Reflect.get(error, 'syscall') : undefined
  return call === 'connect' || call === 'getaddrinfo'
}
