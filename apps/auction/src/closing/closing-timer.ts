import type { Logger } from 'pino'

export interface ClosingTimerParts {
  /** Closes what has ended. */
  readonly closeEnded: () => Promise<void>
  /** How long until the next end, in milliseconds. */
  readonly untilNextEnd: () => Promise<number | undefined>
  /** Whatever else has to be looked after from time to time. */
  readonly sweep: () => Promise<void>
  readonly sweepEveryMs: number
  readonly log: Logger
}

/** Closes auctions when their end comes, and looks after what was left undone. */
export interface ClosingTimer {
  start(): void
  /** An auction ends at this moment, in UNIX seconds; it may be sooner than the next one known. */
  expect(endTime: number): void
  /** Waits for what is under way. */
  stop(): Promise<void>
}

/** An auction that has ended and is still being bid on is looked at again after so long. */
const shortestMs = 5

/*
 * The next end is asked of the database, by its clock and over its index, after each closing and with every sweep: so every
 * process knows of auctions that another one took in.
 */
export function createClosingTimer(parts: ClosingTimerParts): ClosingTimer {
  const { closeEnded, untilNextEnd, sweep, sweepEveryMs, log } = parts
  let timer: NodeJS.Timeout | undefined
  let wakesAt = Number.POSITIVE_INFINITY
  let nextSweep = 0
  let working: Promise<void> | undefined
  let stopped = true

  function wakeAfter(ms: number): void {
    clearTimeout(timer)
    if (stopped) return
    wakesAt = Date.now() + ms
    timer = setTimeout(wake, ms)
  }

  function wake(): void {
    working = work().finally(() => {
      working = undefined
    })
  }

  async function work(): Promise<void> {
    let pause = sweepEveryMs
    try {
      await closeEnded()
      if (performance.now() >= nextSweep) {
        nextSweep = performance.now() + sweepEveryMs
        await sweep()
      }
      pause = Math.max(shortestMs, Math.min(sweepEveryMs, (await untilNextEnd()) ?? sweepEveryMs))
    } catch (error) {
      log.error({ err: error }, 'auctions could not be looked after')
    }
    wakeAfter(pause)
  }

  return {
    start() {
      stopped = false
      wakeAfter(0)
    },
    expect(endTime) {
      const ms = Math.max(0, endTime * 1000 - Date.now())
      if (!working && Date.now() + ms < wakesAt) wakeAfter(ms)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await working
    },
  }
}
