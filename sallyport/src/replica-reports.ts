import type { ReplicasOptions } from '@sallyport/database'
import { Counter, Histogram, type Metrics } from '@sallyport/service'
import type { Logger } from 'pino'

/** Counts the reads of a database that has standbys, and logs when a copy comes or goes. */
export function reportReplicas({
  metrics,
  log,
}: {
  readonly metrics: Metrics
  readonly log: Logger
}): Required<Pick<ReplicasOptions, 'onRead' | 'onChange'>> {
  const registers = [metrics]
  const prefix = 'sallyport_replica'
  const reads = new Counter({
    name: `${prefix}_reads_total`,
    help: 'Reads by the copy that decided them; "none" when no copy could.',
    labelNames: ['copy'],
    registers,
  })
  const fallbacks = new Counter({
    name: `${prefix}_fallbacks_total`,
    help: 'Copies that were asked and could not decide, so that another one was.',
    registers,
  })
  const waits = new Histogram({
    name: `${prefix}_wait_seconds`,
    help: 'How long reads waited for a copy to see what they had to see.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25],
    registers,
  })
  return {
    onRead({ copy = 'none', passedOver, waitedMs }) {
      reads.inc({ copy })
      if (passedOver > 0) fallbacks.inc(passedOver)
      waits.observe(waitedMs / 1000)
    },
    onChange({ name, isUp, reason }) {
      if (isUp) log.info({ copy: name }, 'a copy of the database is there')
      else log.warn({ copy: name, reason }, 'a copy of the database is gone')
    },
  }
}
