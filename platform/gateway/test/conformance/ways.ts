import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { emptyMetrics } from '@sallyport/service'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import { createBalancingMetrics, type Dispatcher, inProcessDispatcher, overHttpDispatcher } from '../../src/index.ts'

export const modes = ['in process', 'over HTTP'] as const
export type Mode = (typeof modes)[number]

/** What reached a service. */
export interface Arrival {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly rawHeaders: readonly string[]
  readonly request: IncomingMessage | undefined
}

export interface Way {
  readonly dispatcher: Dispatcher
  /** What reached the service, and `what is no request` for bytes that are none. */
  readonly arrivals: Arrival[]
}

/** One of the two ways to what answers requests; closed when the file is done. */
export async function wayTo(mode: Mode, answer: RequestListener): Promise<Way> {
  const arrivals: Arrival[] = []
  const listener: RequestListener = (request, response) => {
    const { method = '', url = '', headers, rawHeaders } = request
    arrivals.push({ method, url, headers: { ...headers }, rawHeaders: [...rawHeaders], request })
    answer(request, response)
  }
  if (mode === 'in process') return { dispatcher: inProcessDispatcher({ handle: listener }), arrivals }
  const server = createServer(listener)
  server.on('clientError', (_error, socket) => {
    arrivals.push({ method: '', url: 'what is no request', headers: {}, rawHeaders: [], request: undefined })
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const dispatcher = overHttpDispatcher({
    service: 'shop',
    urls: [`http://127.0.0.1:${port}`],
    metrics: createBalancingMetrics(emptyMetrics()),
    log: pino({ level: 'silent' }),
  })
  return { dispatcher, arrivals }
}
