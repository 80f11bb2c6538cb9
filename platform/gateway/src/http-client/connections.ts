import { Connection, type ConnectionLimits, type Keeper } from './connection.ts'
import { targetOf } from './connecting.ts'
import { ConnectionsClosed } from './errors.ts'
import type { Exchange } from './exchange.ts'

/** For so long a connection is kept without a request when the other side does not say for how long it keeps it, in milliseconds. */
const usualKeptMs = 4000
/** At most so long. */
const longestKeptMs = 600_000
/** So much earlier than the other side it is given up: a request may be on its way when that closes it. */
const marginMs = 1000
/** How often all connections are looked at, in milliseconds, unless an answer may only pause for less. */
const sweepMs = 1000

interface Free {
  readonly connection: Connection
  readonly untilMs: number
}

/** The connections to one address. How many there may be is for whoever calls to say. */
export class Connections implements Keeper {
  readonly #target: ReturnType<typeof targetOf>
  readonly #limits: ConnectionLimits
  readonly #now: () => number
  readonly #all = new Set<Connection>()
  /** Those that were used last come last, and are used first: the others are given up after some time. */
  #free: Free[] = []
  #sweeper: NodeJS.Timeout | undefined
  #whenClosed: (() => void) | undefined
  #isClosing = false

  /**
   * @param url such as `http://127.0.0.1:9090`
   * @param now milliseconds of a clock that never goes back
   */
  constructor(url: string, limits: ConnectionLimits, now: () => number) {
    this.#target = targetOf(url)
    this.#limits = limits
    this.#now = now
  }

  /** Sends a request over a connection that is free, or over a new one. */
  send(exchange: Exchange): void {
    if (this.#isClosing) {
      exchange.onError(new ConnectionsClosed('no request goes out any more'))
      return
    }
    const free = this.#takeFree()
    if (free) {
      free.send(exchange)
      return
    }
    this.#all.add(new Connection(this.#target, this.#limits, this, exchange))
    this.#sweeper ??= setInterval(() => this.#sweep(), Math.min(sweepMs, this.#limits.pauseMs)).unref()
  }

  free(connection: Connection, keptSeconds: number | undefined): void {
    const keptMs = keptSeconds === undefined ? usualKeptMs : Math.min(keptSeconds * 1000 - marginMs, longestKeptMs)
    if (this.#isClosing || keptMs <= 0) connection.close()
    else this.#free.push({ connection, untilMs: this.#now() + keptMs })
  }

  closed(connection: Connection): void {
    this.#all.delete(connection)
    // Mostly one that was in use, and so is not among these.
    const index = this.#free.findIndex((free) => free.connection === connection)
    if (index >= 0) this.#free.splice(index, 1)
    if (this.#all.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
    this.#whenClosed?.()
  }

  /** Lets the requests under way end, and then has no connection any more. */
  async close(): Promise<void> {
    this.#isClosing = true
    const closed = new Promise<void>((resolve) => {
      this.#whenClosed = resolve
    })
    const free = this.#free
    this.#free = []
    for (const { connection } of free) connection.close()
    if (this.#all.size > 0) await closed
  }

  #takeFree(): Connection | undefined {
    for (let free = this.#free.pop(); free; free = this.#free.pop()) {
      if (free.untilMs > this.#now()) return free.connection
      free.connection.close()
    }
    return undefined
  }

  #sweep(): void {
    const now = this.#now()
    for (const connection of this.#all) connection.check()
    for (const { connection } of this.#free.filter(({ untilMs }) => untilMs <= now)) connection.close()
    this.#free = this.#free.filter(({ untilMs }) => untilMs > now)
  }
}
