import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Reply } from '@sallyport/contracts'

/** An answer of the gateway's own as it goes over a connection, which is the last on it. */
export function textOf(reply: Reply): string {
  const body = JSON.stringify(reply.body)
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...reply.headers,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`, ...lines, '', body].join('\r\n')
}

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
