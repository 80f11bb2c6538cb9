import { createServer as createHttpServer, IncomingMessage, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { problem, problemDetails, type Reply } from '@sallyport/contracts'
import { DoorResponse } from '../door-response.ts'
import { BodyProgress, type ProgressLimits } from './body-progress.ts'
import { Connections } from './connections.ts'
import { isWellFramed } from './framing.ts'
import { PlainConnections } from '../plain-requests/plain-connections.ts'
import type { Certificate } from '../tls/certificate.ts'
import { secureContextOf } from '../tls/secure-context.ts'
import { textOf, writeReply } from '../write-reply.ts'

export type ListenerName = 'public door' | 'admin door' | 'redirect to https'

/** A door cannot listen where it should. */
export class DoorBlocked extends Error {
  override name = 'DoorBlocked'

  constructor(what: ListenerName, where: string, cause: Error) {
    const code: unknown = Reflect.get(cause, 'code')
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : cause.message
    super(`the ${what} cannot listen on ${where}: ${reason}`, { cause })
  }
}

/** What answers at an address. */
export interface Handler {
  request(request: IncomingMessage, response: DoorResponse): void
  /** Whether a request for another protocol is granted one; if not, it is answered like any other. */
  readonly grantsUpgrade?: (request: IncomingMessage) => boolean
  /** From here on the connection is the handler's. The response is for a refusal; `head` came after the request already. */
  readonly upgrade?: (request: IncomingMessage, response: DoorResponse, head: Buffer) => void
  /** What a client hears whose body comes too slowly. */
  readonly tooSlow?: (request: IncomingMessage) => Reply
  /** Whether an address speaks for many clients. */
  readonly isProxy?: (address: string) => boolean
}

/** An address that is taken before there is anything to answer with. */
export interface Listener {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** How many connections are open. */
  readonly openConnections: () => number
  /** From now on requests go to this handler; before, they met 503. */
  answerWith(handler: Handler): void
  /** Shows this certificate from the next connection on. Only where the listener began with one. */
  useCertificate(certificate: Certificate): void
  /** Takes no new connection, lets the requests under way finish, at most so long. */
  close(graceMs: number): Promise<void>
}

/** What clients may take of a door; times in milliseconds. */
export interface ConnectionLimits extends ProgressLimits {
  /** For the headers of a request. */
  readonly headersTimeoutMs: number
  readonly handshakeTimeoutMs: number
  /** Between requests. */
  readonly keepAliveTimeoutMs: number
  /** A connection on which nothing moves any more is closed: also of a client that does not read its answers. */
  readonly idleTimeoutMs: number
  /** How often the limits are looked at. */
  readonly checkEveryMs: number
  readonly mostConnections: number
  readonly mostConnectionsPerAddress: number
  readonly mostHeaders: number
  readonly mostHeaderBytes: number
}

const usualLimits: ConnectionLimits = {
  headersTimeoutMs: 10_000,
  leastBodyBytesPerSecond: 500,
  bodyTimeoutMs: 30_000,
  handshakeTimeoutMs: 10_000,
  // Longer than the 60 s after which proxies in front usually give up an idle connection.
  keepAliveTimeoutMs: 65_000,
  idleTimeoutMs: 70_000,
  checkEveryMs: 5000,
  mostConnections: 10_000,
  mostConnectionsPerAddress: 2000,
  mostHeaders: 100,
  mostHeaderBytes: 16 * 1024,
}

/** Event streams that nobody has ended by then are ended by a door that closes, in milliseconds. */
const streamGraceMs = 200

export interface ListenerOptions {
  readonly host: string
  /** 0 means any free one. */
  readonly port: number
  /** With one the listener speaks TLS, and nothing else. */
  readonly certificate?: Certificate | undefined
  readonly limits?: Partial<ConnectionLimits>
}

/** Takes an address. @throws {DoorBlocked} */
export async function listen(
  name: ListenerName,
  { host, port, certificate, limits: chosen }: ListenerOptions,
): Promise<Listener> {
  const limits = { ...usualLimits, ...chosen }
  let handler: Handler = { request: (_request, response) => writeReply(response, problemDetails.unavailable(1)) }
  const connections = new Connections(limits.mostConnectionsPerAddress)
  const bodies = new BodyProgress(limits)
  const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean => rawHeaders.length > 2 * limits.mostHeaders

  const options = {
    IncomingMessage,
    ServerResponse: DoorResponse,
    headersTimeout: limits.headersTimeoutMs,
    // A body may take as long as it goes on.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    maxHeaderSize: limits.mostHeaderBytes,
    shouldUpgradeCallback: (request: IncomingMessage) =>
      // While answers are owed for what was asked before, the connection is not free to change.
      !connections.owes(request.socket) && !hasTooManyHeaders(request) && handler.grantsUpgrade?.(request) === true,
  }
  const answer = (request: IncomingMessage, response: DoorResponse): void => {
    const { socket } = request
    const owed = connections.owe(socket, response)
    if (owed === 'over') return
    const refusal =
      (owed === 'too-many' && problemDetails.unavailable(1)) ||
      (hasTooManyHeaders(request) && problem(431, 'Too many headers'))
    if (refusal || !isWellFramed(request)) connections.endWith(socket, response)
    bodies.watch(request)
    if (refusal) writeReply(response, refusal)
    else handler.request(request, response)
  }
  const secure =
    certificate &&
    createHttpsServer(
      { ...options, ...secureContextOf(certificate), handshakeTimeout: limits.handshakeTimeoutMs },
      answer,
    )
  const server = secure ?? createHttpServer(options, answer)
  // Node would drop what is too much and say nothing; the whole of it is refused instead.
  server.maxHeadersCount = 0
  server.maxConnections = limits.mostConnections
  server.setTimeout(limits.idleTimeoutMs)
  const handToNode = takeConnections(server, secure ? 'secureConnection' : 'connection')
  const plain = new PlainConnections(
    limits,
    (request, response) => handler.request(request, response),
    (socket) => {
      connections.open(socket)
      handToNode(socket)
    },
  )
  server.on('connection', (socket) => connections.count(socket))
  server.on(secure ? 'secureConnection' : 'connection', (socket) => plain.open(socket))
  server.on('upgrade', (request: IncomingMessage, _socket, head) => {
    handler.upgrade?.(request, answerToUpgrade(request), head)
  })

  const progress = setInterval(() => {
    plain.check()
    for (const request of bodies.takeTooSlow()) {
      const { socket } = request
      // Behind an answer that is owed, or has begun, there is no room for another.
      if (connections.owesOnly(request)) socket.write(textOf(handler.tooSlow?.(request) ?? problemDetails.tooSlow()))
      socket.destroySoon()
    }
  }, limits.checkEveryMs).unref()

  const address = await bind(server, name, host, port)
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `${secure ? 'https' : 'http'}://${shownHost}:${address.port}`,
    openConnections: () => connections.size,
    answerWith(next) {
      handler = next
      if (next.isProxy) connections.isExempt = next.isProxy
    },
    useCertificate(next) {
      secure?.setSecureContext(secureContextOf(next))
    },
    async close(graceMs) {
      const closed = new Promise((resolve) => server.close(resolve))
      connections.drain()
      plain.drain()
      setTimeout(() => {
        connections.endStreams()
        plain.endStreams()
      }, streamGraceMs).unref()
      const timer = setTimeout(() => connections.cut(), graceMs)
      await closed
      clearTimeout(timer)
      clearInterval(progress)
    },
  }
}

/** Takes connections in the place of Node's server. @returns hands it one, as if that had just come */
function takeConnections(server: Server, event: 'connection' | 'secureConnection'): (socket: Socket) => void {
  const listeners = server.listeners(event)
  server.removeAllListeners(event)
  return (socket) => {
    for (const listener of listeners) Reflect.apply(listener, server, [socket])
  }
}

/** After its refusal the client of an upgrade has so long to stop sending, in milliseconds. */
const lingerMs = 1000

/** Node answers an upgrade in no way, and has let go of the connection. */
function answerToUpgrade(request: IncomingMessage): DoorResponse {
  const { socket } = request
  socket.on('error', () => socket.destroy())
  const response = new DoorResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  socket.on('drain', () => response.emit('drain'))
  // A refusal: who is still sending would not hear it from a connection that is closed at once.
  response.once('finish', () => {
    socket.once('end', () => socket.destroy()).end()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  })
  return response
}

function bind(server: Server, name: ListenerName, host: string, port: number): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>()
  server.once('error', (error) => reject(new DoorBlocked(name, `${host}:${port}`, error)))
  server.listen({ host, port }, () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') resolve(address)
  })
  return promise
}
