import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Download } from './account-pages/account-page.ts'
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

/** Sends a file that nobody else keeps. One that breaks off breaks the connection: nobody takes a part of it for the whole. */
export function sendDownload(response: ServerResponse, { download, headers }: Download): void {
  response.writeHead(200, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers })
  pipeline(download, response).catch(() => response.destroy())
}

/** Sends the browser on to another address, whatever it sent here. */
export function seeOther(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store', 'content-length': '0' }).end()
}
