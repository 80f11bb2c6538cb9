import type { IncomingMessage, ServerResponse } from 'node:http'
import { isReady, type PartStates } from '@sallyport/service'
import type { Dispatcher } from './dispatch/dispatcher.ts'
import { writeReply } from './write-reply.ts'

/** Asks every part how it is. */
export type Readiness = () => Promise<PartStates>

/** Asks again only after a second: anybody may look, and a look costs a round trip to every database. */
export function onceASecond(readiness: Readiness): Readiness {
  let until = Number.NEGATIVE_INFINITY
  let answer: ReturnType<Readiness> | undefined
  return () => {
    if (answer === undefined || performance.now() > until) {
      answer = readiness()
      until = performance.now() + 1000
    }
    return answer
  }
}

/** Whether a request asks how the doors are. */
export function asksForHealth(path: string, { method }: IncomingMessage): boolean {
  return (path === '/health' || path === '/health/ready') && (method === 'GET' || method === 'HEAD')
}

/** That something answers (market §1). */
export function answerAlive(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
  response.end('healthy\n')
}

/**
 * `/health` says that the door answers, `/health/ready` how each part is (design §6), and which instances of the services
 * are called now.
 */
export async function answerHealth(
  path: string,
  response: ServerResponse,
  { readiness, dispatchers }: { readonly readiness: Readiness; readonly dispatchers: Iterable<Dispatcher> },
): Promise<void> {
  if (path === '/health') {
    answerAlive(response)
    return
  }
  const parts = await readiness()
  const ready = isReady(parts)
  const instances = Object.assign({}, ...[...dispatchers].map((dispatcher) => dispatcher.instances()))
  writeReply(response, {
    status: ready ? 200 : 503,
    body: { status: ready ? 'ready' : 'not ready', parts, ...(Object.keys(instances).length > 0 && { instances }) },
  })
}
