import { InstanceHealth } from '@sallyport/service'
import { buildConnector, Pool } from 'undici'

/** How much each instance is given to do, and how long it may take. */
export interface InstanceLimits {
  readonly connections: number
  /** How long a connection may take to come about, in milliseconds. */
  readonly connectMs: number
  /** How long an answer that has begun may pause, in milliseconds. */
  readonly pauseMs: number
}

/** One of the processes of a service, and the connections to it. */
export class Instance {
  /** Such as `gacha.2`: its place in the settings. */
  readonly name: string
  readonly url: string
  readonly health: InstanceHealth
  readonly connections: Pool
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
    this.connections = new Pool(url, {
      connections: limits.connections,
      connect: connectorTo(limits.connectMs),
      bodyTimeout: limits.pauseMs,
    })
  }

  get hasRoom(): boolean {
    return this.calls < this.#limit
  }

  /** Half of the connections are kept for calls that end. */
  get hasRoomForStream(): boolean {
    return this.streams < Math.max(1, Math.floor(this.#limit / 2))
  }
}

/**
 * Makes connections to an instance. Over TLS it has to prove the name in its own address: undici would ask for the one in
 * the request's `Host`, which is the installation's.
 */
export function connectorTo(timeoutMs: number): buildConnector.connector {
  // What was delivered and what was not is known of HTTP/1.1, where a connection has one request at a time.
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false })
  return (options, callback) => connect({ ...options, servername: '' }, callback)
}
