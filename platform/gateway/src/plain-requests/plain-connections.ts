import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { DoorResponse } from '../door-response.ts'
import { PlainConnection, type PlainHost, type PlainLimits } from './plain-connection.ts'

/** The plain connections of a door. */
export class PlainConnections implements PlainHost {
  readonly limits: PlainLimits
  readonly answer: (request: IncomingMessage, response: DoorResponse) => void
  readonly #takeOver: (socket: Socket) => void
  readonly #all = new Set<PlainConnection>()
  #isDraining = false

  /**
   * @param answer has every plain request
   * @param takeOver has every connection of which something else has come
   */
  constructor(
    limits: PlainLimits,
    answer: (request: IncomingMessage, response: DoorResponse) => void,
    takeOver: (socket: Socket) => void,
  ) {
    this.limits = limits
    this.answer = answer
    this.#takeOver = takeOver
  }

  /** Requests may come over this socket now. */
  open(socket: Socket): void {
    const connection = new PlainConnection(socket, this)
    this.#all.add(connection)
    // Its handshake has lasted until after the door was closed.
    if (this.#isDraining) connection.drain()
  }

  handOver(connection: PlainConnection, socket: Socket, bytes: Buffer): void {
    this.#all.delete(connection)
    socket.pause()
    socket.unshift(bytes)
    this.#takeOver(socket)
    socket.resume()
  }

  closed(connection: PlainConnection): void {
    this.#all.delete(connection)
  }

  check(): void {
    for (const connection of this.#all) connection.check()
  }

  /** Every connection has its last answer now, or none. */
  drain(): void {
    this.#isDraining = true
    for (const connection of this.#all) connection.drain()
  }

  /** Ends the answers that never end by themselves. */
  endStreams(): void {
    for (const connection of this.#all) connection.endStream()
  }
}
