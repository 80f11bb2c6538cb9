import { Counter, Gauge, Histogram, type Metrics } from '@sallyport/service'
import type { HashingOrder } from './hashing-process.ts'

/** What is counted of the work of the hashing process. */
export interface HashingMetrics {
  finished(task: HashingOrder['task']): void
  refused(): void
  restarted(): void
  /** How long an order has waited before the process was given it. */
  waited(seconds: number): void
}

export function createHashingMetrics(
  metrics: Metrics,
  state: { readonly waiting: () => number; readonly running: () => number },
): HashingMetrics {
  const registers = [metrics]
  const prefix = 'sallyport_password_hashing'
  const gauge = (name: string, help: string, value: () => number): void => {
    const shown: Gauge = new Gauge({
      name: `${prefix}_${name}`,
      help,
      registers,
      // Asked for when somebody looks.
      collect: () => shown.set(value()),
    })
  }
  gauge('waiting', 'Passwords that wait to be hashed or verified.', state.waiting)
  gauge('running', 'Passwords that are with the hashing process.', state.running)
  const finished = new Counter({
    name: `${prefix}_finished_total`,
    help: 'Passwords that were hashed or verified.',
    labelNames: ['task'],
    registers,
  })
  const refused = new Counter({
    name: `${prefix}_refused_total`,
    help: 'Passwords that were refused because too many waited.',
    registers,
  })
  const restarts = new Counter({
    name: `${prefix}_restarts_total`,
    help: 'How often the hashing process was started again.',
    registers,
  })
  const wait = new Histogram({
    name: `${prefix}_wait_seconds`,
    help: 'How long passwords waited before the hashing process was given them.',
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25],
    registers,
  })
  return {
    finished: (task) => finished.inc({ task }),
    refused: () => refused.inc(),
    restarted: () => restarts.inc(),
    waited: (seconds) => wait.observe(seconds),
  }
}
