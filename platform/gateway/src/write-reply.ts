import type { ServerResponse } from 'node:http'
import type { Reply } from '@sallyport/contracts'

/** Writes an answer of the gateway's own. */
export function writeReply(response: ServerResponse, reply: Reply): void {
  const text = JSON.stringify(reply.body)
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...reply.headers,
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
