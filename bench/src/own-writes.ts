import type { ReadReport, Replicas } from '@sallyport/database'
import { median, quantile } from './load.ts'

/** How look-ups of what was just written compare with those of what was there before. */
interface OwnWrites {
  readonly before: number[]
  readonly after: number[]
  readonly reports: ReadReport[]
}

const pairs = 1000

/**
 * What it costs that whoever has written something finds it on every copy (enrollment E-70): one client looks something old
 * up, writes, and looks up what it has written at once, again and again.
 */
export async function measureOwnWrites<Tables>(
  replicas: Pick<Replicas<Tables>, 'write'>,
  reports: ReadReport[],
  does: {
    readonly readOld: () => Promise<void>
    readonly write: (turn: number) => Promise<void>
    readonly readNew: (turn: number) => Promise<void>
  },
): Promise<string[]> {
  const times: OwnWrites = { before: [], after: [], reports: [] }
  for (let turn = 0; turn < pairs; turn += 1) {
    // Copies take turns: in this order each of them has both kinds.
    const isOldFirst = turn % 2 === 0
    if (isOldFirst) times.before.push(await timed(does.readOld))
    await replicas.write(() => does.write(turn))
    reports.length = 0
    times.after.push(await timed(() => does.readNew(turn)))
    times.reports.push(...reports)
    if (!isOldFirst) times.before.push(await timed(does.readOld))
  }
  return describe(times)
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function describe({ before, after, reports }: OwnWrites): string[] {
  const waits = reports.flatMap(({ waitedMs }) => (waitedMs > 0 ? [waitedMs] : []))
  const copies = Map.groupBy(reports, ({ copy = 'nobody' }) => copy)
  const shares = [...copies].map(([copy, { length }]) => `${copy} ${length}`).sort()
  const line = (title: string, times: readonly number[]) =>
    `    ${title.padEnd(26)}p50 ${median(times).toFixed(2)} ms   p99 ${quantile(times, 0.99).toFixed(2)} ms`
  return [
    `  one client that writes and looks up at once, ${pairs} times`,
    line('what was there before', before),
    line('what it has just written', after),
    `    waited for a copy         ${waits.length} times${waits.length > 0 ? `, ${median(waits).toFixed(2)} ms each (median)` : ''}; decided by ${shares.join(', ')}`,
  ]
}
