import type { Logger } from 'pino'

/** Ctrl-C ends everything within five seconds: what has not ended by then is left as it is. */
const deadlineMs = 4500

/**
 * Ends the process when it is told to, in order. npm passes on a Ctrl-C that the terminal has delivered already, so a
 * second signal is no sign of impatience.
 */
export function stopOnSignals(
  stop: () => Promise<void>,
  log: Logger,
  limitMs = deadlineMs,
): { now(exitCode: number): void } {
  let stopping = false
  const now = (exitCode: number): void => {
    if (stopping) return
    stopping = true
    setTimeout(() => {
      log.error('not everything has stopped in time')
      process.exit(1)
    }, limitMs).unref()
    stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', () => now(0))
  process.on('SIGTERM', () => now(0))
  return { now }
}
