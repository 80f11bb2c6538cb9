import { collectDefaultMetrics, type PrometheusContentType, Registry } from '@prometheus-io/client'

export { Counter, Gauge, Histogram } from '@prometheus-io/client'

/** Where a process keeps what it counts about itself. There is one in a process, and each part adds what is its own. */
export type Metrics = Registry<PrometheusContentType>

/** With what is worth knowing of any process: processor, memory, event loop, garbage collection. */
export function createMetrics(): Metrics {
  const metrics = emptyMetrics()
  collectDefaultMetrics({ register: metrics })
  return metrics
}

/** With nothing yet. */
export function emptyMetrics(): Metrics {
  return new Registry<PrometheusContentType>()
}
