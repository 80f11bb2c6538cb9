import { isReady } from '@sallyport/service'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { request } from 'undici'

const askTimeoutMs = 2000
const Readiness = Compile(Type.Object({ parts: Type.Record(Type.String(), Type.String()) }))

/** How a service is; one instance that is ready is enough, the others are named by their places in the settings. */
export async function askReadiness(upstream: {
  readonly service: string
  readonly urls: readonly string[]
}): Promise<[string, string]> {
  const { service, urls } = upstream
  const states = await Promise.all(urls.map(askInstance))
  if (states.every((state) => state === states[0])) return [service, states[0] ?? 'not reached']
  const missing = states.flatMap((state, index) => (state === 'ready' ? [] : [`${service}.${index + 1} ${state}`]))
  return [service, `${states.includes('ready') ? 'degraded: ' : ''}${missing.join(', ')}`]
}

/** Such as `not ready: primary`. */
async function askInstance(baseUrl: string): Promise<string> {
  try {
    const { statusCode, body } = await request(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(askTimeoutMs) })
    const answer: unknown = await body.json()
    if (statusCode === 200) return 'ready'
    const parts = Readiness.Check(answer) ? Object.entries(answer.parts) : []
    const missing = parts.filter(([, state]) => !isReady({ state })).map(([name]) => name)
    return missing.length === 0 ? 'not ready' : `not ready: ${missing.join(', ')}`
  } catch {
    return 'not reached'
  }
}
