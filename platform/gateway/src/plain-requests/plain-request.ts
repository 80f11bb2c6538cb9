import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { PlainHead } from './plain-head.ts'

/** A request as Node's own server would have made it from the same head. */
export class PlainRequest extends IncomingMessage {
  #isAnswered = false

  constructor(socket: Socket, { method, target, rawHeaders, headers }: PlainHead) {
    super(socket)
    this.httpVersion = '1.1'
    this.httpVersionMajor = 1
    this.httpVersionMinor = 1
    this.method = method
    this.url = target
    this.rawHeaders = rawHeaders
    this.headers = headers
    this.complete = true
  }

  /** Ends it, if anybody has waited for that without reading. */
  answered(): void {
    this.#isAnswered = true
    const isAwaited = this.listenerCount('end') > 0 || this.listenerCount('close') > 0
    if (isAwaited && this.readableFlowing === null) this.resume()
  }

  /** After its answer the connection is there for others. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#isAnswered) done(error)
    else super._destroy(error, done)
  }

  /** There is no body. */
  override _read(): void {
    this.push(null)
  }
}
