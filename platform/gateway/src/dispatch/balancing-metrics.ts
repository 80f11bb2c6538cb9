import { Counter, Gauge, type Metrics } from '@sallyport/service'
import type { Instance } from './instance.ts'

/** What is counted of the calls to services in other processes. */
export interface BalancingMetrics {
  /** Shows how a pool is whenever somebody looks. */
  watch(pool: WatchedPool): void
  retried(service: string, reason: string): void
  ejected(service: string, instance: string, reason: string): void
  refused(service: string, reason: string): void
}

interface WatchedPool {
  readonly service: string
  readonly instances: readonly Instance[]
  readonly waiting: () => number
}

/** There is one for all pools of a process. */
export function createBalancingMetrics(metrics: Metrics): BalancingMetrics {
  const registers = [metrics]
  const prefix = 'sallyport_upstream'
  const pools: WatchedPool[] = []
  const up: Gauge<'service' | 'instance'> = new Gauge({
    name: `${prefix}_up`,
    help: 'Whether an instance is called (1) or passed over (0).',
    labelNames: ['service', 'instance'],
    registers,
    collect: () => {
      for (const { service, instances } of pools)
        for (const { name, health } of instances) up.set({ service, instance: name }, health.isUp ? 1 : 0)
    },
  })
  const calls: Gauge<'service' | 'instance'> = new Gauge({
    name: `${prefix}_calls`,
    help: 'The calls that are with an instance now.',
    labelNames: ['service', 'instance'],
    registers,
    collect: () => {
      for (const { service, instances } of pools)
        for (const { name, calls: now } of instances) calls.set({ service, instance: name }, now)
    },
  })
  const waiting: Gauge<'service'> = new Gauge({
    name: `${prefix}_waiting`,
    help: 'The calls that wait until a connection is free.',
    labelNames: ['service'],
    registers,
    collect: () => {
      for (const { service, waiting: length } of pools) waiting.set({ service }, length())
    },
  })
  const retries = new Counter({
    name: `${prefix}_retries_total`,
    help: 'Calls that were sent once more, by what became of the try before.',
    labelNames: ['service', 'reason'],
    registers,
  })
  const ejections = new Counter({
    name: `${prefix}_ejections_total`,
    help: 'How often an instance was passed over from then on, by what it had done.',
    labelNames: ['service', 'instance', 'reason'],
    registers,
  })
  const refusals = new Counter({
    name: `${prefix}_refused_total`,
    help: 'Calls for which there was no instance.',
    labelNames: ['service', 'reason'],
    registers,
  })
  return {
    watch: (pool) => void pools.push(pool),
    retried: (service, reason) => retries.inc({ service, reason }),
    ejected: (service, instance, reason) => ejections.inc({ service, instance, reason }),
    refused: (service, reason) => refusals.inc({ service, reason }),
  }
}
