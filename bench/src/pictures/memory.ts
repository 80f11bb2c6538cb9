import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 250
const settlingMs = 3000

/** What a process holds in memory, in MB, while something goes on. */
export interface MemoryCourse {
  readonly start: number
  readonly peak: number
  /** Each tenth of the time, by its highest. */
  readonly tenths: readonly number[]
  /** A while after it is over. */
  readonly end: number
}

export async function watchMemory(pid: number, work: () => Promise<void>): Promise<MemoryCourse> {
  const start = await residentMb(pid)
  const seen = [start]
  const timer = setInterval(() => void residentMb(pid).then((mb) => seen.push(mb)), everyMs)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  await sleep(settlingMs)
  const tenths = Array.from({ length: 10 }, (_, index) => {
    const share = seen.slice(Math.floor((index * seen.length) / 10), Math.ceil(((index + 1) * seen.length) / 10))
    return Math.max(...share)
  })
  return { start, peak: Math.max(...seen), tenths, end: await residentMb(pid) }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000
}
