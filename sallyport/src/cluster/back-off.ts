/** How long a process that ended by itself waits until it is started again, in milliseconds. */
export interface BackOff {
  /** @param ranMs how long it had worked */
  next(ranMs: number): number
}

const firstMs = 250
const longestMs = 30_000
/** A process that has worked for so long is healthy again, whatever came before. */
const healthyAfterMs = 60_000

/** Doubles with each end: a process that cannot start does not take the machine for itself. */
export function createBackOff(): BackOff {
  let delayMs = firstMs
  return {
    next(ranMs) {
      const delay = ranMs >= healthyAfterMs ? firstMs : delayMs
      delayMs = Math.min(longestMs, delay * 2)
      return delay
    },
  }
}
