import type { ServerResponse } from 'node:http'
import type { Page } from './pages.ts'

/** Sends a page that nobody keeps. */
export function sendPage(response: ServerResponse, { status, headers, html }: Page): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
  })
  response.end(html)
}

/** Sends the browser on to another address, whatever it sent here. */
export function seeOther(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store', 'content-length': '0' }).end()
}
