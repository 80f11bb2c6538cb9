import type { Logger } from 'pino'
import type { BalancingMetrics } from './balancing-metrics.ts'
import { Call } from './call.ts'
import type { Dispatcher } from './dispatcher.ts'
import { InstancePool, type PoolLimits } from './pool.ts'

export interface OverHttpOptions {
  readonly service: string
  /** Where its instances are, such as `http://127.0.0.1:9090`. */
  readonly urls: readonly string[]
  readonly metrics: BalancingMetrics
  readonly log: Logger
  readonly limits?: Partial<PoolLimits>
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

const defaultLimits: PoolLimits = {
  connections: 1000,
  waiting: 1000,
  connectMs: 2000,
  tryMs: 10_000,
  totalMs: 10_000,
  pauseMs: 30_000,
}

/** Streams requests to the instances of a service in other processes and their answers back, on connections that are kept. */
export function overHttpDispatcher(options: OverHttpOptions): Dispatcher {
  const { limits, now = () => performance.now() } = options
  const pool = new InstancePool({ ...options, now, limits: { ...defaultLimits, ...limits } })
  return {
    dispatch: (dispatch) => new Call(pool, dispatch).begin(),
    turn: () => pool.turn(),
    instances: () => pool.instances(),
    close: () => pool.close(),
  }
}
