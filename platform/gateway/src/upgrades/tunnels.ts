import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface TunnelLimits {
  readonly most: number
  /** A tunnel through which nothing goes for so long is closed, in milliseconds. */
  readonly idleTimeoutMs: number
  /** A revoked or expired token ends its tunnel within this time, in milliseconds. */
  readonly checkEveryMs: number
}

export const usualTunnelLimits: TunnelLimits = { most: 1000, idleTimeoutMs: 5 * 60_000, checkEveryMs: 1000 }

export interface Tunnel {
  readonly client: Socket
  readonly upstream: Duplex
  /** Whether who opened it still counts; absent where nobody in particular did. */
  readonly mayStay?: (() => Promise<boolean>) | undefined
}

/** The connections that went over to another protocol: bytes go through in both directions, as fast as the slower side reads. */
export class Tunnels {
  readonly #limits: TunnelLimits
  /** Those who have a place, and the tunnel once it is open. */
  readonly #places = new Map<Socket, Tunnel | undefined>()
  #check: NodeJS.Timeout | undefined

  constructor(limits: TunnelLimits = usualTunnelLimits) {
    this.#limits = limits
  }

  /** How many clients have a place. */
  get size(): number {
    return this.#places.size
  }

  /** Takes a place for a client, until its connection closes. Answers false when there is none. */
  takePlace(client: Socket): boolean {
    if (this.#places.size >= this.#limits.most) return false
    this.#places.set(client, undefined)
    client.once('close', () => this.#places.delete(client))
    return true
  }

  /** Lets bytes through. The client has a place. */
  open(tunnel: Tunnel): void {
    const { client, upstream } = tunnel
    this.#places.set(client, tunnel)
    upstream.on('error', () => client.destroy())
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroySoon())
    // What goes in either direction moves both timers of a socket, so one side's is enough.
    client.setTimeout(this.#limits.idleTimeoutMs, () => client.destroy())
    client.pipe(upstream)
    upstream.pipe(client)
    this.#check ??= setInterval(() => this.#judge(), this.#limits.checkEveryMs).unref()
  }

  /** Ends all of them. Nothing is said in the protocol inside, which is not known here. */
  end(): void {
    clearInterval(this.#check)
    for (const [client, tunnel] of this.#places) {
      tunnel?.upstream.end()
      client.destroySoon()
    }
  }

  #judge(): void {
    for (const [client, tunnel] of this.#places) {
      tunnel?.mayStay?.().then(
        (may) => may || client.destroy(),
        () => client.destroy(),
      )
    }
  }
}
