import { connect } from 'node:net'
import { request } from 'undici'
import type { OwnService } from './own-services.ts'

/** How long an instance may take to show that it is there, in milliseconds. */
const askTimeoutMs = 2000

/**
 * How the services of a user's own are, by name. They may be away while everything else works, so what is wrong with them
 * makes the installation degraded at most.
 */
export async function readinessOfOwn(services: readonly OwnService[]): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(services.map(async (service) => [service.name, await stateOf(service)])))
}

async function stateOf({ name, config, urls }: OwnService): Promise<string> {
  const { health } = config
  const states = await Promise.all(urls.map((url) => (health === undefined ? reach(url) : ask(`${url}${health}`))))
  const wrong = states.flatMap((state, index) => (state === 'ready' ? [] : [`${name}.${index + 1} ${state}`]))
  return wrong.length === 0 ? 'ready' : `degraded: ${wrong.join(', ')}`
}

async function ask(url: string): Promise<string> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(askTimeoutMs) })
    await body.dump()
    return statusCode >= 200 && statusCode < 300 ? 'ready' : `answers ${statusCode}`
  } catch {
    return 'not reached'
  }
}

/** Whether it takes connections. */
function reach(url: string): Promise<string> {
  const { protocol, hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect({
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    timeout: askTimeoutMs,
  })
  socket.once('connect', () => resolve('ready'))
  socket.once('timeout', () => resolve('not reached'))
  socket.once('error', () => resolve('not reached'))
  return promise.finally(() => socket.destroy())
}
