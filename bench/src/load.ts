/** How a benchmark is run. */
export interface Load {
  readonly rounds: number
  readonly seconds: number
  readonly clients: number
  /** For the benchmarks that run once and long, where they are not to run as long as usual. */
  readonly minutes?: number
  /** Of several sides, those whose names contain this. */
  readonly only?: string
}

export interface Outcome {
  readonly perSecond: number
  /** Milliseconds of single calls. */
  readonly p50: number
  readonly p99: number
}

/** Lets so many clients call one after the other until the time is up; a call that fails ends the benchmark. */
export function callInParallel(
  { seconds, clients }: Pick<Load, 'seconds' | 'clients'>,
  call: () => Promise<void>,
): Promise<Outcome> {
  return measure(turnsFor(seconds), clients, call)
}

/** Lets so many clients work through the items, each taking the next; a call that fails ends the benchmark. */
export function callForEach<Item>(
  items: readonly Item[],
  clients: number,
  call: (item: Item) => Promise<void>,
): Promise<Outcome> {
  return measure(items.values(), clients, call)
}

/** The same where the answers count and not the time, in the order of the items. */
export async function collectForEach<Item, Result>(
  items: readonly Item[],
  clients: number,
  call: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<number, Result>()
  await callForEach([...items.entries()], clients, async ([index, item]) => {
    results.set(index, await call(item))
  })
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Each figure of several rounds by its median. */
export function medianOutcome(outcomes: readonly Outcome[]): Outcome {
  return {
    perSecond: median(outcomes.map(({ perSecond }) => perSecond)),
    p50: median(outcomes.map(({ p50 }) => p50)),
    p99: median(outcomes.map(({ p99 }) => p99)),
  }
}

function* turnsFor(seconds: number): Generator<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) yield
}

async function measure<Item>(
  items: Iterator<Item>,
  clients: number,
  call: (item: Item) => Promise<void>,
): Promise<Outcome> {
  const times: number[] = []
  const began = performance.now()
  const client = async (): Promise<void> => {
    for (let next = items.next(); !next.done; next = items.next()) {
      const start = performance.now()
      await call(next.value)
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const elapsedSeconds = (performance.now() - began) / 1000
  return { perSecond: times.length / elapsedSeconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}
