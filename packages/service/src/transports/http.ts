import { ServiceUnreachable, type Transport } from '@sallyport/contracts'
import { Pool } from 'undici'

/** The largest answer a service takes from another, in bytes. */
const answerLimitBytes = 16 * 1024 * 1024

/** Reaches a service over HTTP, on connections that are kept. Call `close` when done. */
export function httpTransport(baseUrl: string): Transport & { close(): Promise<void> } {
  const pool = new Pool(baseUrl, { connections: 64, connectTimeout: 2000, maxResponseSize: answerLimitBytes })
  return {
    async send({ timeoutMs, method, path, headers, body }) {
      try {
        const response = await pool.request({
          method,
          path,
          headers,
          body: body ?? null,
          signal: AbortSignal.timeout(timeoutMs),
        })
        return { status: response.statusCode, body: await response.body.text() }
      } catch (error) {
        throw new ServiceUnreachable(`no answer from ${new URL(baseUrl).origin}`, { cause: error })
      }
    },
    close: () => pool.close(),
  }
}
