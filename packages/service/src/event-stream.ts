import { Readable } from 'node:stream'
import type { EventSource, ServerSentEvent } from '@sallyport/contracts'

/** Proxies on the way give up a connection on which nothing comes; half of the shortest usual limit, in milliseconds. */
const heartbeatMs = 15_000
/** A revoked or expired token ends its stream within this time, in milliseconds. */
const checkMs = 1000
/** After a cut the client comes back by itself, in milliseconds. */
const retryMs = 2000
/** So much may wait for a client that reads slowly, in bytes; what it missed it sees again when it comes back. */
const backlogLimitBytes = 1024 * 1024

export const eventStreamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // Proxies that gather answers would hold the events back.
  'x-accel-buffering': 'no',
}

/**
 * An answer that goes on until the client leaves, reads too slowly, or may not hear any more.
 *
 * @param mayHear whether the caller's token is still good
 */
export function streamEvents(source: EventSource, mayHear: () => Promise<boolean>): Readable {
  const stream = new Readable({ read: () => undefined })
  const send = (text: string): void => {
    if (stream.readableLength + text.length > backlogLimitBytes) stream.destroy()
    else stream.push(text)
  }
  send(`retry: ${retryMs}\n\n`)
  const leave = source.subscribe((event) => send(format(event)))
  const heartbeat = setInterval(() => send(':\n\n'), heartbeatMs)
  const check = setInterval(() => {
    mayHear().then((may) => may || end(), end)
  }, checkMs)
  let left = false
  const cleanUp = (): void => {
    if (left) return
    left = true
    leave()
    clearInterval(heartbeat)
    clearInterval(check)
  }
  // Nothing may come behind the end, although it may be read much later.
  const end = (): void => {
    if (left) return
    cleanUp()
    stream.push(null)
  }
  stream.once('close', cleanUp)
  return stream
}

function format({ event, data }: ServerSentEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

export function isEventSource(body: unknown): body is EventSource {
  return typeof body === 'object' && body !== null && typeof Reflect.get(body, 'subscribe') === 'function'
}
