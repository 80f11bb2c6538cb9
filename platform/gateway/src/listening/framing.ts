import type { IncomingMessage } from 'node:http'

/**
 * Whether it is beyond doubt where a body ends: what follows may be another request (RFC 9112 §6.3). HTTP/1.0 knows no
 * chunks, so somebody on the way may have taken them for something else (§6.1).
 */
export function isWellFramed({ headers, httpVersion }: IncomingMessage): boolean {
  const encoding = headers['transfer-encoding']
  return encoding === undefined || (encoding.toLowerCase() === 'chunked' && httpVersion === '1.1')
}
