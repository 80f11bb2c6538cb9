/** How a benchmark is run. */
export interface Load {
  readonly rounds: number
  readonly seconds: number
  readonly clients: number
}

export interface Outcome {
  readonly perSecond: number
  /** Milliseconds of single calls. */
  readonly p50: number
  readonly p99: number
}

/** Lets so many clients call one after the other until the time is up; a call that fails ends the benchmark. */
export async function callInParallel(
  { seconds, clients }: Pick<Load, 'seconds' | 'clients'>,
  call: () => Promise<void>,
): Promise<Outcome> {
  const times: number[] = []
  const began = performance.now()
  const end = began + seconds * 1000
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const start = performance.now()
      await call()
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const elapsedSeconds = (performance.now() - began) / 1000
  return { perSecond: times.length / elapsedSeconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
