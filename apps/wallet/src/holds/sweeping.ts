import type { Logger } from 'pino'

/** Work that is done again and again until it is stopped. */
export interface Sweeping {
  /** Waits for what is under way. */
  stop(): Promise<void>
}

const hourMs = 60 * 60 * 1000

/** Sweeps at once and then every hour; one that fails is only logged, since the next does its work too. */
export function sweepHourly(sweep: () => Promise<void>, log: Logger): Sweeping {
  let underWay = Promise.resolve()
  const next = (): void => {
    underWay = underWay
      .then(sweep)
      .catch((error: unknown) => log.warn({ err: error }, 'sweeping batches of offers failed'))
  }
  next()
  const timer = setInterval(next, hourMs)
  return {
    async stop() {
      clearInterval(timer)
      await underWay
    },
  }
}
