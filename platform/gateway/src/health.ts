import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeReply } from './write-reply.ts'

/** The state of each part, by name: `ready`, `degraded: ` and what is wrong though it works, or what is wrong. */
export type Readiness = () => Promise<Readonly<Record<string, string>>>

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

/** `/health` says that the door answers, `/health/ready` how each part is (design §6). */
export async function answerHealth(path: string, response: ServerResponse, readiness: Readiness): Promise<void> {
  if (path === '/health') {
    answerAlive(response)
    return
  }
  const parts = await readiness()
  const ready = Object.values(parts).every((state) => state === 'ready' || state.startsWith('degraded: '))
  writeReply(response, { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not ready', parts } })
}
