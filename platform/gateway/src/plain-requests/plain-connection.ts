import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { DoorResponse } from '../door-response.ts'
import { beginsPlainHead, PlainHeadReader } from './plain-head.ts'
import { PlainRequest } from './plain-request.ts'
import { PlainResponse } from './plain-response.ts'

export interface PlainLimits {
  readonly headersTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly idleTimeoutMs: number
  /** How often {@link PlainConnection.check} is called. */
  readonly checkEveryMs: number
  readonly mostHeaders: number
  readonly mostHeaderBytes: number
}

/** Who has a plain connection. */
export interface PlainHost {
  readonly limits: PlainLimits
  answer(request: IncomingMessage, response: DoorResponse): void
  /** Something else came than a plain request. The connection is somebody else's now, and those bytes come over it first. */
  handOver(connection: PlainConnection, socket: Socket, bytes: Buffer): void
  closed(connection: PlainConnection): void
}

/**
 * A connection of a client of which only plain requests have come so far, one at a time. It does for these alone what Node's
 * server does for all, at less than half of the cost; with the first other one it is given up, before a byte of that was used.
 */
export class PlainConnection {
  readonly #socket: Socket
  readonly #host: PlainHost
  readonly #reader: PlainHeadReader
  /** The beginning of a head, or what came before an answer was over, in latin1. */
  #held = ''
  #request: PlainRequest | undefined
  #response: PlainResponse | undefined
  #hasAnswered = false
  /** The answer under way is the last, or there was one: what comes now is not looked at. */
  #isLast = false
  /** The answer that was under way when it was looked at last. */
  #lastSeen: PlainResponse | undefined
  /** Whether it is closed when nothing moves on it. */
  #isWatched = false
  /** How often it has been looked at since it began to wait for the client. */
  #checks = 0

  constructor(socket: Socket, host: PlainHost) {
    this.#socket = socket
    this.#host = host
    this.#reader = new PlainHeadReader(host.limits.mostHeaders)
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain).on('error', this.#onError)
    socket.on('timeout', this.#onTimeout).on('close', this.#onClose)
  }

  /**
   * Closes it when the client lets it wait for too long. An answer that is still under way since the last time is watched
   * from now on: a socket with a timeout costs something at every read and write, and nearly no answer needs one.
   */
  check(): void {
    const { keepAliveTimeoutMs, headersTimeoutMs, idleTimeoutMs, checkEveryMs } = this.#host.limits
    if (this.#response) {
      if (this.#response === this.#lastSeen && !this.#isWatched) this.#watch(idleTimeoutMs)
      this.#lastSeen = this.#response
      return
    }
    // The first time may have been at once.
    const waitedMs = this.#checks * checkEveryMs
    this.#checks += 1
    if (this.#isLast || (this.#hasAnswered && this.#held === '')) {
      // Of who does not read the last answer either.
      if (waitedMs >= keepAliveTimeoutMs) this.#socket.destroy()
    } else if (waitedMs >= headersTimeoutMs) {
      this.#isLast = true
      this.#socket.write(`HTTP/1.1 408 ${STATUS_CODES[408]}\r\nConnection: close\r\n\r\n`)
      this.#socket.destroySoon()
    }
  }

  #watch(idleTimeoutMs: number): void {
    this.#isWatched = idleTimeoutMs > 0
    this.#socket.setTimeout(idleTimeoutMs)
  }

  /** The answer under way is the last; half a request may come whole. */
  drain(): void {
    if (!this.#response && this.#held !== '') {
      this.#handOver(this.#held)
      return
    }
    this.#isLast = true
    if (!this.#response) this.#socket.destroySoon()
    else if (!this.#response.headersSent) this.#response.say('connection', 'close')
  }

  /** Ends an answer that would never end by itself. */
  endStream(): void {
    this.#response?.endStream()
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#isLast && !this.#response) return
    const { limits } = this.#host
    const isNext = this.#held !== ''
    const text = this.#held + bytes.toString('latin1')
    if (this.#response) {
      this.#held = text
      if (text.length > limits.mostHeaderBytes) this.#socket.pause()
      return
    }
    const head = text.length <= limits.mostHeaderBytes ? this.#reader.read(text) : undefined
    if (head) {
      this.#held = ''
      this.#enter(new PlainRequest(this.#socket, head))
    } else if (!isNext && text.length <= limits.mostHeaderBytes && beginsPlainHead(text)) {
      this.#held = text
      this.#checks = 0
    } else {
      this.#handOver(text)
    }
  }

  #enter(request: PlainRequest): void {
    const response = new PlainResponse(request, this.#host.limits.keepAliveTimeoutMs)
    this.#request = request
    this.#response = response
    response.assignSocket(this.#socket)
    response.on('finish', this.#onFinish)
    this.#host.answer(request, response)
  }

  readonly #onFinish = (): void => {
    const response = this.#response
    if (!response) return
    const socket = this.#socket
    response.detachSocket(socket)
    // Without a socket that says no more than that it is over.
    response.destroy()
    this.#request?.answered()
    this.#request = undefined
    this.#response = undefined
    this.#hasAnswered = true
    this.#checks = 0
    this.#lastSeen = undefined
    if (this.#isWatched) this.#watch(0)
    if (response.isLast) this.#isLast = true
    if (this.#isLast) socket.destroySoon()
    else if (this.#held !== '') this.#handOver(this.#held)
  }

  #handOver(text: string): void {
    const socket = this.#socket
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain).off('error', this.#onError)
    socket.off('timeout', this.#onTimeout).off('close', this.#onClose)
    this.#host.handOver(this, socket, Buffer.from(text, 'latin1'))
  }

  /** Who has nothing more to say does not listen either. */
  readonly #onEnd = (): void => {
    this.#isLast = true
    // What has been answered by now is for this client all the same.
    this.#response?.release()
    this.#socket.end()
  }

  readonly #onDrain = (): void => {
    const response = this.#response
    if (response && !response.writableEnded && response.writableLength === 0) response.drained()
  }

  readonly #onError = (): void => {
    this.#socket.destroy()
  }

  readonly #onTimeout = (): void => {
    if (this.#response?.emit('timeout', this.#socket) !== true) this.#socket.destroy()
  }

  readonly #onClose = (): void => {
    this.#host.closed(this)
    this.#request?.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  }
}
