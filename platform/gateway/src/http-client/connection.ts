import type { Socket } from 'node:net'
import type { AnswerHead } from './answer-head.ts'
import { type Held, releaseAtEndOfTurn } from '../end-of-turn.ts'
import { type AnswerListener, AnswerReader } from './answer-reader.ts'
import { BodySending } from './body-sending.ts'
import { openSocket, type Target } from './connecting.ts'
import { ConnectionLost, GarbledAnswer, ListenerFailed, NoConnection, RequestNotSent } from './errors.ts'
import type { Exchange } from './exchange.ts'

/** Who keeps connections for the next request. */
export interface Keeper {
  /** It is free, for so many seconds as far as the other side has said. */
  free(connection: Connection, keptSeconds: number | undefined): void
  /** It is closed. */
  closed(connection: Connection): void
}

export interface ConnectionLimits {
  /** How long a connection may take to come about, in milliseconds. */
  readonly connectMs: number
  /** How long an answer that has begun may pause, in milliseconds. */
  readonly pauseMs: number
}

/**
 * What comes over any connection is read into this, and is used or copied before the next is read: a buffer for each would
 * cost more than what is done with it.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/** A connection of HTTP/1.1, on which there is one request at a time. */
export class Connection implements AnswerListener, Held {
  readonly #socket: Socket
  readonly #reader = new AnswerReader(this)
  readonly #keeper: Keeper
  readonly #pauseMs: number
  #exchange: Exchange | undefined
  #sending: BodySending | undefined
  #isOpen = false
  #isOver = false
  #isPaused = false
  /** A request waits for the end of this turn of the event loop: nothing of it has gone out. */
  #isHeld = false
  /** What was under way when it was looked at last. */
  #lastSeen: Exchange | undefined
  /** Whether an answer that pauses is given up. */
  #isWatched = false
  /** What the answer's head says of the time after it. */
  #isKept = false
  #keptSeconds: number | undefined

  /** Opens a connection for a first request. */
  constructor(target: Target, limits: ConnectionLimits, keeper: Keeper, first: Exchange) {
    this.#keeper = keeper
    this.#pauseMs = limits.pauseMs
    this.#exchange = first
    this.#socket = openSocket(target, {
      timeoutMs: limits.connectMs,
      connected: () => this.#onConnected(),
      // A connection that goes over to another protocol is one for pieces of any size, which somebody else reads.
      ...(!first.onUpgrade && { onread: { buffer: readBuffer, callback: this.#onRead } }),
    })
    this.#socket.on('data', this.#read).on('end', this.#onEndOfConnection).on('error', this.#onBroken)
    this.#socket.on('close', this.#onClose).on('timeout', this.#onTimeout)
  }

  /** Sends the next request. Only while it is free. */
  send(exchange: Exchange): void {
    this.#exchange = exchange
    exchange.onConnection(this)
    // It may have been for nobody any more.
    if (this.#exchange !== exchange) return
    const { method, head, body } = exchange
    this.#reader.expect(method)
    if (body !== undefined && !Buffer.isBuffer(body)) {
      this.#sending = new BodySending(this.#socket, { head, body }, (error) => this.#onBodySent(error))
      return
    }
    this.#isHeld = true
    this.#socket.cork()
    releaseAtEndOfTurn(this)
    this.#socket.write(head, 'latin1')
    if (body) this.#socket.write(body)
    exchange.onSent()
  }

  /** Has the request go out. */
  release(): void {
    this.#isHeld = false
    this.#socket.uncork()
  }

  /**
   * Watches an answer that is still under way since the last time. Called every second or so: a socket with a timeout costs
   * something at every read and write, and nearly no answer needs one.
   */
  check(): void {
    const exchange = this.#exchange
    if (exchange && exchange === this.#lastSeen && !this.#isWatched) this.watch()
    this.#lastSeen = exchange
  }

  /** From now on the answer under way is given up when it pauses for too long. */
  watch(): void {
    this.#isWatched = true
    this.#socket.setTimeout(this.#pauseMs)
  }

  #unwatch(): void {
    this.#isWatched = false
    this.#socket.setTimeout(0)
  }

  /** Reads on after a piece was too much. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    // The time in which nothing could come does not count.
    if (this.#isWatched) this.watch()
    this.#socket.resume()
  }

  /** Ends the request under way, of which that is told, and the connection with it. */
  abort(error: Error): void {
    this.#fail(error)
  }

  /** Closes it while it is free. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.destroy()
    this.#keeper.closed(this)
  }

  onHead(head: AnswerHead): void {
    this.#isKept = head.isKept
    this.#keptSeconds = head.keptSeconds
    this.#exchange?.onHead(head)
  }

  onBody(piece: Buffer): void {
    if (this.#exchange?.onBody(piece) !== false) return
    this.#isPaused = true
    this.#socket.pause()
  }

  onUpgrade(head: AnswerHead, rest: Buffer): boolean {
    const exchange = this.#exchange
    if (!exchange?.onUpgrade) return false
    this.#exchange = undefined
    this.#isOver = true
    this.#keeper.closed(this)
    const socket = this.#socket.pause().setTimeout(0)
    socket.off('data', this.#read).off('end', this.#onEndOfConnection).off('error', this.#onBroken)
    socket.off('close', this.#onClose).off('timeout', this.#onTimeout)
    exchange.onUpgrade(head, socket)
    if (rest.length > 0) socket.unshift(Buffer.from(rest))
    return true
  }

  onEnd(isClean: boolean): void {
    const exchange = this.#exchange
    if (!exchange) return
    this.#exchange = undefined
    this.#lastSeen = undefined
    if (this.#isWatched) this.#unwatch()
    // An answer may come before its request is whole, of which the rest has to go nowhere.
    const isReusable = isClean && this.#isKept && !this.#sending
    this.#stopSending()
    // The last piece may have been too much, and there is no other to hold back.
    if (isReusable) this.resume()
    if (isReusable) this.#keeper.free(this, this.#keptSeconds)
    else this.close()
    exchange.onEnd()
  }

  #onConnected(): void {
    this.#isOpen = true
    const first = this.#exchange
    if (first) this.send(first)
  }

  readonly #onRead = (length: number): true => {
    this.#read(readBuffer.subarray(0, length))
    return true
  }

  readonly #read = (bytes: Buffer): void => {
    if (!this.#exchange) {
      // Nobody has asked for this.
      this.close()
      return
    }
    if (this.#isHeld) {
      this.#onBroken(new ConnectionLost('an answer came before its request'))
      return
    }
    try {
      this.#reader.read(bytes)
    } catch (error) {
      this.#fail(
        error instanceof GarbledAnswer ? error : new ListenerFailed('the answer was not taken', { cause: error }),
      )
    }
  }

  #onBodySent(error: Error | undefined): void {
    this.#sending = undefined
    if (error) this.#fail(error)
    else this.#exchange?.onSent()
  }

  readonly #onEndOfConnection = (): void => {
    if (!this.#reader.endOfConnection()) this.#onBroken(new ConnectionLost('the other side has closed the connection'))
  }

  readonly #onClose = (): void => {
    this.#onBroken(new ConnectionLost('the connection was closed'))
  }

  readonly #onBroken = (error: Error): void => {
    const isNone = !this.#isOpen && !(error instanceof NoConnection)
    if (isNone) this.#fail(new NoConnection('no connection came about', { cause: error }))
    else if (this.#isHeld) this.#fail(new RequestNotSent('nothing has gone out', { cause: error }))
    else this.#fail(error)
  }

  /** How long an answer may take to begin is for its exchange to say. */
  readonly #onTimeout = (): void => {
    if (this.#exchange && this.#isOpen && !this.#isPaused && !this.#reader.awaitsHead) {
      this.#fail(new ConnectionLost('the answer paused for too long'))
    }
  }

  #fail(error: Error): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#reader.stop()
    this.#stopSending()
    this.close()
    exchange?.onError(error)
  }

  #stopSending(): void {
    this.#sending?.stop()
    this.#sending = undefined
  }
}
