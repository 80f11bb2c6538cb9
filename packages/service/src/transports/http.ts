import { ServiceUnreachable, type Transport } from '@sallyport/contracts'
import { errors, Pool } from 'undici'
import { InstanceHealth } from './instance-health.ts'
import { Rotation } from './rotation.ts'

/** The largest answer a service takes from another, in bytes. */
const answerLimitBytes = 16 * 1024 * 1024

/** Reaches a service over HTTP, its instances in turn, on connections that are kept. Call `close` when done. */
export function httpTransport(urls: readonly string[]): Transport & { close(): Promise<void> } {
  const now = (): number => performance.now()
  const rotation = new Rotation(
    urls.map((url) => ({
      url,
      pool: new Pool(url, { connections: 64, connectTimeout: 2000, maxResponseSize: answerLimitBytes }),
      health: new InstanceHealth(now),
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
        try {
          const response = await pool.request({ method, path, headers, body: body ?? null, signal })
          health.answered(trial)
          trial = false
          return { status: response.statusCode, body: await response.body.text() }
        } catch (error) {
          if (isRefusal(error)) {
            health.failed('refused', trial)
            refusal = error
            continue
          }
          health.failed(signal.aborted ? 'silent' : 'lost', trial)
          throw new ServiceUnreachable(`no answer from ${url}`, { cause: error })
        }
      }
      throw new ServiceUnreachable(`no answer from ${urls.join(' or ')}`, { cause: refusal })
    },
    async close() {
      await Promise.all(rotation.instances.map(({ pool }) => pool.close()))
    },
  }
}

/** No connection came about, so nothing was delivered and anybody else may be asked. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true
  // Of a name that has several addresses each was tried.
  if (error instanceof AggregateError) return error.errors.every(isRefusal)
  const call: unknown = error instanceof Error ? Reflect.get(error, 'syscall') : undefined
  return call === 'connect' || call === 'getaddrinfo'
}
