import { InstanceHealth } from '@sallyport/service'
import type { ConnectionLimits } from '../http-client/connection.ts'
import { Connections } from '../http-client/connections.ts'

/** How much each instance is given to do, and how long it may take. */
export interface InstanceLimits extends ConnectionLimits {
  readonly connections: number
}

/** One of the processes of a service, and the connections to it. */
export class Instance {
  /** Such as `gacha.2`: its place in the settings. */
  readonly name: string
  readonly url: string
  readonly health: InstanceHealth
  readonly connections: Connections
  readonly #limit: number
  /** The calls that are with it now. */
  calls = 0
  /** Those of them whose answers go on until their clients leave. */
  streams = 0

  constructor(name: string, url: string, limits: InstanceLimits, now: () => number) {
    this.name = name
    this.url = url
    this.health = new InstanceHealth(now)
    this.#limit = limits.connections
    this.connections = new Connections(url, limits, now)
  }

  get hasRoom(): boolean {
    return this.calls < this.#limit
  }

  /** Half of the connections are kept for calls that end. */
  get hasRoomForStream(): boolean {
    return this.streams < Math.max(1, Math.floor(this.#limit / 2))
  }
}
