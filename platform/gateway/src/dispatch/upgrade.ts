import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Reply } from '@sallyport/contracts'
import { Client, type Dispatcher as Undici } from 'undici'
import { writeReply } from '../write-reply.ts'
import { takeOver } from './call-headers.ts'
import type { Dispatch, Turn } from './dispatcher.ts'
import { failureOf, isUndelivered, NoAnswer } from './failure.ts'
import { connectorTo } from './instance.ts'

/** Told of the connection to a service that agreed to speak WebSocket, and of the headers it agreed with. */
export type Accepted = (headers: IncomingHttpHeaders, upstream: Duplex) => void

/** How long an instance may take until there is a connection, and all of them until one answers, in milliseconds. */
const connectTimeoutMs = 2000
const answerTimeoutMs = 10_000
/** So many instances are asked at most. */
const mostTries = 10

/**
 * Asks an instance to speak WebSocket from now on, over a connection that is made for it, and the next one when there is
 * none. It answers with that connection, on which everything that comes is of that protocol, or as it would answer any
 * request.
 */
export class Upgrade implements Undici.DispatchHandler {
  readonly #dispatch: Dispatch
  readonly #nextTurn: () => Turn | undefined
  readonly #accepted: Accepted
  readonly #timer: NodeJS.Timeout
  #turn: Turn
  #client: Client | undefined
  #sent = false
  #over = false
  #tries = 0

  constructor(dispatch: Dispatch, turns: { first: Turn; next: () => Turn | undefined }, accepted: Accepted) {
    this.#dispatch = dispatch
    this.#turn = turns.first
    this.#nextTurn = turns.next
    this.#accepted = accepted
    this.#timer = setTimeout(() => this.#abort(new NoAnswer('no answer began in time')), answerTimeoutMs)
  }

  begin(): void {
    this.#dispatch.response.once('close', () => this.#abort(clientGone))
    this.#ask()
  }

  #ask(): void {
    const { request, record } = this.#dispatch
    record.instance = this.#turn.instance
    this.#tries += 1
    this.#sent = false
    this.#client = new Client(this.#turn.url, {
      connect: connectorTo(connectTimeoutMs),
      headersTimeout: 0,
      bodyTimeout: answerTimeoutMs,
    })
    const options = { path: request.url ?? '/', headers: request.rawHeaders, upgrade: 'websocket' }
    this.#client.dispatch({ method: 'GET', ...options }, this)
  }

  onRequestStart(): void {
    this.#sent = true
  }

  onRequestUpgrade(_controller: unknown, _status: number, headers: IncomingHttpHeaders, connection: Duplex): void {
    this.#answered()
    this.#over = true
    const { response, dialect } = this.#dispatch
    // Nobody looks at this connection any more, so nobody else would hear that it failed.
    connection.on('error', () => connection.destroy())
    if (String(headers['upgrade']).toLowerCase() === 'websocket' && !response.destroyed) {
      this.#accepted(headers, connection)
      return
    }
    connection.destroy()
    if (!response.destroyed) this.#end(dialect.badGateway())
  }

  onResponseStart(controller: Undici.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.#answered()
    const { request, response } = this.#dispatch
    dropRest(request)
    takeOver(headers, response)
    response.writeHead(status)
    response.on('drain', () => controller.resume())
  }

  onResponseData(controller: Undici.DispatchController, chunk: Buffer): void {
    if (!this.#dispatch.response.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#over = true
    this.#dispatch.response.end()
    void this.#client?.close()
  }

  onResponseError(_controller: unknown, error: Error): void {
    const { response, dialect } = this.#dispatch
    const failure = failureOf(error, this.#sent)
    void this.#client?.destroy()
    if (error === clientGone) this.#turn.abandoned()
    else if (!response.headersSent) this.#turn.failed(failure === 'silent' || failure === 'refused' ? failure : 'lost')

    if (response.headersSent || response.destroyed) {
      this.#end()
      response.destroy()
      return
    }
    const next = isUndelivered(failure) && this.#tries < mostTries ? this.#nextTurn() : undefined
    if (next) {
      this.#turn = next
      this.#ask()
    } else if (isUndelivered(failure)) {
      this.#end(dialect.unavailable(1))
    } else {
      this.#end(failure === 'silent' ? dialect.timedOut() : dialect.badGateway())
    }
  }

  #answered(): void {
    clearTimeout(this.#timer)
    this.#turn.answered()
  }

  #end(reply?: Reply): void {
    clearTimeout(this.#timer)
    this.#over = true
    if (!reply) return
    const { request, response } = this.#dispatch
    dropRest(request)
    writeReply(response, reply)
  }

  #abort(error: Error): void {
    if (!this.#over) void this.#client?.destroy(error)
  }
}

/** Reads and drops what a client goes on sending whose upgrade is refused: otherwise it might never read the answer. */
export function dropRest({ socket }: IncomingMessage): void {
  socket.resume()
}

const clientGone = new Error('the client went away')
