import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { PlainHead } from './plain-head.ts'

/** A request as Node's own server would have made it from the same head. */
export class PlainRequest extends IncomingMessage {
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

  /** There is no body. */
  override _read(): void {
    this.push(null)
  }
}
