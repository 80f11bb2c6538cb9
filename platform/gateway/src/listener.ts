import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problemDetails } from '@sallyport/contracts'
import type { RequestHandler } from './door.ts'
import { writeReply } from './write-reply.ts'

/** A door cannot listen where it should. */
export class DoorBlocked extends Error {
  override name = 'DoorBlocked'
  readonly door: 'public' | 'admin'

  constructor(door: 'public' | 'admin', where: string, cause: Error) {
    const code: unknown = Reflect.get(cause, 'code')
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : cause.message
    super(`the ${door} door cannot listen on ${where}: ${reason}`, { cause })
    this.door = door
  }
}

/** An address that is taken before there is anything to answer with. */
export interface Listener {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** From now on requests go to this handler; before, they met 503. */
  answerWith(handler: RequestHandler): void
  /** Takes no new connection, lets the requests under way finish, at most so long. */
  close(graceMs: number): Promise<void>
}

/** A client has this long to send its headers, and this long for its whole request, in milliseconds. */
const headersTimeout = 10_000
const requestTimeout = 30_000
/** Longer than the 60 s after which proxies in front usually give up an idle connection. */
const keepAliveTimeout = 65_000
/** A connection on which nothing moves any more is closed: also of a client that does not read its answers. */
const idleTimeoutMs = 70_000
/** How often the limits are looked at. */
const connectionsCheckingInterval = 5000
const mostConnections = 10_000

/** Takes an address; port 0 means any free one. @throws {DoorBlocked} */
export async function listen(
  door: 'public' | 'admin',
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listener> {
  let answer: RequestHandler = (_request, response) => writeReply(response, problemDetails.unavailable(1))
  let closing = false
  const server = createServer(
    { headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval },
    (request, response) => {
      // A connection that was busy when the door closed is kept alive for nobody once it has its answer.
      response.on('finish', () => {
        if (closing) setImmediate(() => server.closeIdleConnections())
      })
      answer(request, response)
    },
  )
  server.setTimeout(idleTimeoutMs)
  server.maxConnections = mostConnections
  const address = await bind(server, door, host, port)
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${shownHost}:${address.port}`,
    answerWith(handler) {
      answer = handler
    },
    async close(graceMs) {
      closing = true
      const closed = new Promise((resolve) => server.close(resolve))
      const timer = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(timer)
    },
  }
}

function bind(server: Server, door: 'public' | 'admin', host: string, port: number): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>()
  server.once('error', (error) => reject(new DoorBlocked(door, `${host}:${port}`, error)))
  server.listen({ host, port }, () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') resolve(address)
  })
  return promise
}
