import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { networkOf } from '@sallyport/service'
import type { DoorResponse } from '../door-response.ts'

/** So many requests of one connection may be under way at once: who sends more before there are answers is no browser. */
const mostRequestsAtOnce = 64

/** The connections of a door: how many there are, from where, and what is under way on each. */
export class Connections {
  readonly #mostPerAddress: number
  /** As TCP sees them; those in the middle of a TLS handshake included. */
  readonly #sockets = new Set<Socket>()
  readonly #perNetwork = new Map<string, number>()
  /** As HTTP sees them, with the answers that are owed. Lists, since what was in a set keeps the collector busy long after. */
  readonly #owed = new Map<Socket, DoorResponse[]>()
  /** Those that have had their last answer. */
  readonly #over = new WeakSet<Socket>()
  #draining = false
  /** Whether an address may have as many as it likes, because it speaks for many. */
  isExempt: (address: string) => boolean = () => false

  constructor(mostPerAddress: number) {
    this.#mostPerAddress = mostPerAddress
  }

  get size(): number {
    return this.#sockets.size
  }

  /** Counts a connection of TCP, or cuts it when its address, or its IPv6 network, has too many. */
  count(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const network = networkOf(address)
    const others = this.#perNetwork.get(network) ?? 0
    if (others >= this.#mostPerAddress && !this.isExempt(address)) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    this.#perNetwork.set(network, others + 1)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      const left = (this.#perNetwork.get(network) ?? 1) - 1
      if (left > 0) this.#perNetwork.set(network, left)
      else this.#perNetwork.delete(network)
    })
  }

  /** Requests may come over this socket now. */
  open(socket: Socket): void {
    this.#owed.set(socket, [])
    socket.once('close', () => this.#owed.delete(socket))
  }

  /**
   * An answer is owed. `too-many` are on this connection, so that this one has to be a refusal; or the connection is over,
   * and nobody hears an answer.
   */
  owe(socket: Socket, response: DoorResponse): 'owed' | 'too-many' | 'over' {
    const owed = this.#owed.get(socket)
    if (!owed || this.#over.has(socket)) return 'over'
    owed.push(response)
    response.once('close', () => {
      owed.splice(owed.indexOf(response), 1)
      // A connection whose last answer began before the door closed would be kept for nobody.
      if (this.#draining && owed.length === 0) socket.destroySoon()
    })
    if (this.#draining) response.say('connection', 'close')
    return owed.length > mostRequestsAtOnce ? 'too-many' : 'owed'
  }

  /** This is the last answer on its connection: what the client has sent behind its request already is not looked at. */
  endWith(socket: Socket, response: DoorResponse): void {
    this.#over.add(socket)
    response.say('connection', 'close')
  }

  /** Whether an answer is owed on this connection. */
  owes(socket: Socket): boolean {
    return (this.#owed.get(socket)?.length ?? 0) > 0
  }

  /** Whether the answer to this request alone is owed on its connection, and has not begun. */
  owesOnly({ socket }: IncomingMessage): boolean {
    const owed = this.#owed.get(socket)
    return owed?.length === 1 && owed[0]?.headersSent === false
  }

  /** Tells the clients that are waiting for an answer that it is the last. */
  drain(): void {
    this.#draining = true
    for (const owed of this.#owed.values()) {
      for (const response of owed) if (!response.headersSent) response.say('connection', 'close')
    }
  }

  /** Ends the event streams: they never finish by themselves. */
  endStreams(): void {
    for (const owed of this.#owed.values()) for (const response of owed) response.endStream()
  }

  /** Cuts what is left. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
