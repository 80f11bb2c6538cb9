import type { Socket } from 'node:net'
import { RequestStalled } from './errors.ts'
import type { BodyTaker, PiecewiseBody } from './exchange.ts'

/** A request whose body comes in pieces, on its way out. */
export class BodySending implements BodyTaker {
  readonly #socket: Socket
  readonly #body: PiecewiseBody
  readonly #done: (error?: Error) => void
  /** The head, until it has gone out. */
  #head: string
  #stall: NodeJS.Timeout | undefined
  #over = false

  /** @param done told once that all of it has gone out, or why it does not */
  constructor(socket: Socket, { head, body }: { head: string; body: PiecewiseBody }, done: (error?: Error) => void) {
    this.#socket = socket
    this.#head = head
    this.#body = body
    this.#done = done
    body.start(this)
  }

  piece(piece: Buffer): boolean {
    if (this.#over || piece.length === 0) return true
    const socket = this.#socket
    socket.cork()
    this.#writeHead()
    if (this.#body.isChunked) socket.write(`${piece.length.toString(16)}\r\n`, 'latin1')
    const hasRoom = socket.write(piece)
    if (this.#body.isChunked) socket.write('\r\n', 'latin1')
    socket.uncork()
    if (!hasRoom) this.#waitForRoom()
    return hasRoom
  }

  end(): void {
    if (this.#over) return
    this.#writeHead()
    if (this.#body.isChunked) this.#socket.write('0\r\n\r\n', 'latin1')
    this.#end()
  }

  broken(error: Error): void {
    if (!this.#over) this.#end(error)
  }

  /** The rest of it is not to go out. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#endWait()
    this.#body.stop()
  }

  #writeHead(): void {
    if (this.#head !== '') this.#socket.write(this.#head, 'latin1')
    this.#head = ''
  }

  #waitForRoom(): void {
    this.#socket.once('drain', this.#onRoom)
    this.#stall = setTimeout(() => {
      this.#end(new RequestStalled('nothing of the request was taken for too long'))
    }, this.#body.stallMs)
  }

  readonly #onRoom = (): void => {
    this.#endWait()
    this.#body.resume()
  }

  #endWait(): void {
    clearTimeout(this.#stall)
    this.#socket.off('drain', this.#onRoom)
  }

  #end(error?: Error): void {
    this.#over = true
    this.#endWait()
    if (error) this.#body.stop()
    this.#done(error)
  }
}
