import type { Outcome } from './load.ts'

/** Calls that one client made, and calls that many made at once, in the rounds of a benchmark. */
export interface AloneAndTogether {
  readonly alone: Outcome
  readonly together: Outcome
}

export function latency({ p50, p99 }: Pick<Outcome, 'p50' | 'p99'>): string {
  return `p50 ${milliseconds(p50)}   p99 ${milliseconds(p99)}`
}

/** A line for one client's latency, and one for the throughput of many. */
export function describe(clients: number, { alone, together }: AloneAndTogether): string[] {
  return [
    `  one client   ${latency(alone)}`,
    `  ${clients} clients   ${together.perSecond.toFixed(0)}/s   ${latency(together)}`,
  ]
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`
}
