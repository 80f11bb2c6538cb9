import type { ImportCounts } from '@sallyport/identity/transfer'
import { SingleBar } from 'cli-progress'

/** How far an import has come, on standard error. */
export interface Progress {
  show(counts: ImportCounts, bytesRead: number): void
  stop(): void
}

/** So much time lies between two lines where there is no terminal, in milliseconds. */
const pauseMs = 2000

/** A bar on a terminal when the size of the file is known; lines otherwise. */
export function createProgress(totalBytes: number | undefined): Progress {
  const startedAt = performance.now()
  const rateOf = ({ read }: ImportCounts): number => Math.round((read * 1000) / (performance.now() - startedAt))
  return process.stderr.isTTY && totalBytes !== undefined ? createBar(totalBytes, rateOf) : createLines(rateOf)
}

function createBar(totalBytes: number, rateOf: (counts: ImportCounts) => number): Progress {
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {read} lines, {rate} a second, {refused} refused | {eta_formatted} to go',
    hideCursor: true,
    etaBuffer: 50,
  })
  bar.start(totalBytes, 0, { read: 0, rate: 0, refused: 0 })
  return {
    show(counts, bytesRead) {
      bar.update(bytesRead, { read: counts.read, rate: rateOf(counts), refused: counts.refused })
    },
    stop: () => bar.stop(),
  }
}

function createLines(rateOf: (counts: ImportCounts) => number): Progress {
  let shownAt = performance.now()
  return {
    show(counts) {
      if (performance.now() - shownAt < pauseMs) return
      shownAt = performance.now()
      process.stderr.write(`… ${counts.read} lines, ${rateOf(counts)} a second, ${counts.refused} refused\n`)
    },
    stop: () => undefined,
  }
}

/** The same for a number of things that is known. */
export function countUp(total: number, what: string): { show(done: number): void; stop(): void } {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({ format: `{bar} {value} of {total} ${what} | {eta_formatted} to go`, hideCursor: true })
    bar.start(total, 0)
    return { show: (done) => bar.update(done), stop: () => bar.stop() }
  }
  let shownAt = performance.now()
  return {
    show(done) {
      if (performance.now() - shownAt < pauseMs) return
      shownAt = performance.now()
      process.stderr.write(`… ${done} of ${total} ${what}\n`)
    },
    stop: () => undefined,
  }
}

/** How many records of each part were written, on standard error: lines now and then, for nobody knows how many there are. */
export function countRecords() {
  const counts = new Map<string, number>()
  let shownAt = performance.now()
  let isStopped = false
  const summary = (): string => [...counts].map(([part, count]) => `${part} ${count}`).join(', ')
  return {
    add(part: string, count: number): void {
      counts.set(part, (counts.get(part) ?? 0) + count)
      if (isStopped || performance.now() - shownAt < pauseMs) return
      shownAt = performance.now()
      process.stderr.write(`… ${summary()}\n`)
    },
    stop: () => void (isStopped = true),
    summary: () => `records exported: ${summary()}`,
  }
}
