import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

export interface ProgressLimits {
  /** So much of a body has to come on average, over so many milliseconds, until the whole of it is there. */
  readonly leastBodyBytesPerSecond: number
  readonly bodyTimeoutMs: number
}

interface Receiving {
  readonly request: IncomingMessage
  /** Since when, and of how many bytes of the connection on, its client has been watched. */
  sinceMs: number
  bytes: number
}

/** Watches the bodies that are on their way. However large one is, it may take its time as long as it goes on. */
export class BodyProgress {
  readonly #limits: ProgressLimits
  readonly #receiving = new Map<Socket, Receiving>()

  constructor(limits: ProgressLimits) {
    this.#limits = limits
  }

  /** Watches a request that has just begun, if it has a body. */
  watch(request: IncomingMessage): void {
    const { headers, socket } = request
    if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return
    const one = { request, sinceMs: performance.now(), bytes: socket.bytesRead }
    this.#receiving.set(socket, one)
    request.once('close', () => {
      if (this.#receiving.get(socket) === one) this.#receiving.delete(socket)
    })
  }

  /** The requests whose bodies come too slowly now; they are watched no longer. */
  takeTooSlow(): IncomingMessage[] {
    const { leastBodyBytesPerSecond, bodyTimeoutMs } = this.#limits
    const now = performance.now()
    const tooSlow: IncomingMessage[] = []
    for (const [socket, one] of this.#receiving) {
      const { request, sinceMs, bytes } = one
      if (request.complete) {
        this.#receiving.delete(socket)
        continue
      }
      // With a full buffer it is not the client that is slow.
      const isHeldUp = request.readableLength >= request.readableHighWaterMark
      if (!isHeldUp && now - sinceMs < bodyTimeoutMs) continue
      if (!isHeldUp && socket.bytesRead - bytes < (leastBodyBytesPerSecond * (now - sinceMs)) / 1000) {
        this.#receiving.delete(socket)
        tooSlow.push(request)
      } else {
        one.sinceMs = now
        one.bytes = socket.bytesRead
      }
    }
    return tooSlow
  }
}
