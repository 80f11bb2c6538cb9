import http from 'node:http'
import type { FuzzAnswer } from './judge.ts'
import type { FuzzedRequest } from './requests.ts'

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
/** Longer than any answer takes, in milliseconds. */
const limitMs = 20_000

/** Sends a request as it is. An answer that would go on is left once it has begun. */
export async function send(
  door: string,
  method: string,
  { target, headers, body }: FuzzedRequest,
): Promise<FuzzAnswer> {
  const { hostname, port } = new URL(door)
  const bytes = body === undefined ? undefined : Buffer.from(body, 'latin1')
  const { promise, resolve, reject } = Promise.withResolvers<FuzzAnswer>()
  const request = http.request(
    {
      agent,
      hostname,
      port,
      method,
      path: target,
      headers: { ...headers, ...(bytes && { 'content-length': bytes.length }) },
      timeout: limitMs,
    },
    (response) => {
      const { statusCode: status = 0, headers } = response
      if (headers['content-type']?.startsWith('text/event-stream')) {
        resolve({ status, headers, text: '' })
        request.destroy()
        return
      }
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status, headers, text: Buffer.concat(chunks).toString() }))
    },
  )
  request.on('timeout', () => request.destroy(new Error(`no answer within ${limitMs} ms`)))
  request.on('error', reject)
  request.end(bytes)
  return promise
}

export function closeConnections(): void {
  agent.destroy()
}
