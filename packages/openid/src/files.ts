import type { IncomingMessage, ServerResponse } from 'node:http'

/** Something that pages load. Its path changes with its content, so that browsers may keep it for good. */
export interface PageFile {
  /** Below the issuer. */
  readonly path: string
  readonly contentType: string
  readonly content: string
}

export function sendFile({ contentType, content }: PageFile, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(content),
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  })
  response.end(content)
}
