import type { IncomingMessage } from 'node:http'

/** Puts a header into a request that was cleaned before: what its client said under this name is no longer there. */
export function say(request: IncomingMessage, name: string, value: string): void {
  request.headers[name] = value
  request.rawHeaders.push(name, value)
}
