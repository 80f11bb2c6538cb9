import type { ServerResponse } from 'node:http'
import type { Page } from './pages.ts'

export function sendPage(response: ServerResponse, { status, headers, html }: Page): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
  })
  response.end(html)
}
