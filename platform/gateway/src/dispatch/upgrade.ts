import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Reply } from '@sallyport/contracts'
import type { AnswerHead } from '../http-client/answer-head.ts'
import { Connection, type Keeper } from '../http-client/connection.ts'
import { targetOf } from '../http-client/connecting.ts'
import { UnsendableRequest } from '../http-client/errors.ts'
import type { Exchange } from '../http-client/exchange.ts'
import { requestHead } from '../http-client/request-head.ts'
import { writeReply } from '../write-reply.ts'
import { headerOf, takeOver } from './call-headers.ts'
import type { Dispatch, Turn } from './dispatcher.ts'
import { failureOf, isUndelivered, NoAnswer } from './failure.ts'

/** Told of the connection to a service that agreed to speak WebSocket, and of the head it agreed with. */
export type Accepted = (head: AnswerHead, upstream: Socket) => void

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
export class Upgrade implements Exchange {
  readonly method = 'GET'
  readonly body = undefined
  head = ''
  readonly #dispatch: Dispatch
  readonly #nextTurn: () => Turn | undefined
  readonly #accepted: Accepted
  readonly #timer: NodeJS.Timeout
  #turn: Turn
  #connection: Connection | undefined
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
    const { request, response, dialect } = this.#dispatch
    const { url = '/', rawHeaders } = request
    try {
      this.head = requestHead({ method: 'GET', target: url, headers: rawHeaders }, undefined, 'websocket')
    } catch (error) {
      if (!(error instanceof UnsendableRequest)) throw error
      this.#turn.abandoned()
      this.#end(dialect.badRequest('The request could not be passed on'))
      return
    }
    response.once('close', () => this.#abort(clientGone))
    this.#ask()
  }

  #ask(): void {
    this.#dispatch.record.instance = this.#turn.instance
    this.#tries += 1
    this.#sent = false
    const limits = { connectMs: connectTimeoutMs, pauseMs: answerTimeoutMs }
    this.#connection = new Connection(targetOf(this.#turn.url), limits, alone, this)
  }

  onConnection(): void {
    this.#sent = true
  }

  onSent(): void {
    // What counts is when an answer begins, wherever the request is.
  }

  onUpgrade(head: AnswerHead, upstream: Socket): void {
    this.#answered()
    this.#over = true
    const { response, dialect } = this.#dispatch
    // Nobody looks at this connection any more, so nobody else would hear that it failed.
    upstream.on('error', () => upstream.destroy())
    if (headerOf(head.headers, 'upgrade')?.toLowerCase() === 'websocket' && !response.destroyed) {
      this.#accepted(head, upstream)
      return
    }
    upstream.destroy()
    if (!response.destroyed) this.#end(dialect.badGateway())
  }

  onHead(head: AnswerHead): void {
    this.#answered()
    const { request, response } = this.#dispatch
    dropRest(request)
    takeOver(head, response)
    // No pool looks after this connection.
    this.#connection?.watch()
    response.on('drain', () => this.#connection?.resume())
  }

  onBody(piece: Buffer): boolean {
    return this.#dispatch.response.write(Buffer.from(piece))
  }

  onEnd(): void {
    this.#over = true
    this.#dispatch.response.end()
  }

  onError(error: Error): void {
    const { response, dialect } = this.#dispatch
    const failure = failureOf(error, this.#sent)
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
    if (!this.#over) this.#connection?.abort(error)
  }
}

/** Reads and drops what a client goes on sending whose upgrade is refused: otherwise it might never read the answer. */
export function dropRest({ socket }: IncomingMessage): void {
  socket.resume()
}

/** A connection that is made for one request is for nobody else. */
const alone: Keeper = { free: (connection) => connection.close(), closed: () => undefined }

const clientGone = new Error('the client went away')
