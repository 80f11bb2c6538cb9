import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Rejection } from '@sallyport/kernel'
import { CallerPlaces } from '../policy/caller-places.ts'

export interface TunnelLimits {
  readonly most: number
  readonly mostPerCaller: number
  /** A tunnel through which nothing goes for so long is closed, in milliseconds. */
  readonly idleTimeoutMs: number
  /** A revoked or expired token ends its tunnel within this time, in milliseconds. */
  readonly checkEveryMs: number
}

export const usualTunnelLimits: TunnelLimits = {
  most: 1000,
  mostPerCaller: 50,
  idleTimeoutMs: 5 * 60_000,
  checkEveryMs: 1000,
}

/** Somebody has too many tunnels at once. */
export class TooManyTunnels extends Rejection {
  override name = 'TooManyTunnels'
  readonly code = 'too-many-tunnels'
  readonly reason = 'too-many'

  constructor(most: number) {
    super(`no more than ${most} WebSockets may be open at once`)
  }
}

export interface Tunnel {
  readonly client: Socket
  readonly upstream: Duplex
  /** Whether who opened it still counts; absent where nobody in particular did. */
  readonly mayStay?: (() => Promise<boolean>) | undefined
}

/** The connections that went over to another protocol: bytes go through in both directions, as fast as the slower side reads. */
export class Tunnels {
  readonly #limits: TunnelLimits
  readonly #perCaller: CallerPlaces
  /** Those who have a place, and the tunnel once it is open. */
  readonly #places = new Map<Socket, Tunnel | undefined>()
  #check: NodeJS.Timeout | undefined
  #ended = false

  constructor(limits: TunnelLimits = usualTunnelLimits) {
    this.#limits = limits
    this.#perCaller = new CallerPlaces(limits.mostPerCaller)
  }

  /** How many clients have a place. */
  get size(): number {
    return this.#places.size
  }

  /**
   * Takes a place for a client, until its connection closes or its request was refused after all. Answers `full` when
   * there is none.
   *
   * @throws {TooManyTunnels} when the caller has as many as may be
   */
  takePlace(client: Socket, caller: string, response: ServerResponse): 'taken' | 'full' {
    if (this.#ended || this.#places.size >= this.#limits.most) return 'full'
    const giveBack = this.#perCaller.take(caller)
    if (!giveBack) throw new TooManyTunnels(this.#limits.mostPerCaller)
    this.#places.set(client, undefined)
    const leave = (): void => {
      if (this.#places.delete(client)) giveBack()
    }
    client.once('close', leave)
    // An answer that ends is a refusal, whose client may take its time to leave.
    response.once('finish', leave)
    return 'taken'
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
    this.#ended = true
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
