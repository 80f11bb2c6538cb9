import { within } from '@sallyport/database'
import { Rejection } from '@sallyport/kernel'
import type { Logger } from 'pino'
import type { Attempt, Guesses } from './guesses.ts'

/** The database is taken for hung when it has not answered for so long, in milliseconds. */
const limitMs = 500

/**
 * Counts attempts in the database as long as it answers, and otherwise in what stands in for it: nobody has to wait for a
 * database that is away.
 */
export function withStandIn({
  guesses,
  standIn,
  isThere,
  log,
}: {
  readonly guesses: Pick<Guesses, 'begin'>
  readonly standIn: Pick<Guesses, 'begin'>
  /** Whether the database is there, as far as is known. */
  readonly isThere: () => boolean
  readonly log: Logger
}): Pick<Guesses, 'begin'> {
  const explain = (error: unknown): void => log.warn({ err: error }, 'an attempt to sign in is not counted')

  return {
    async begin(username, address) {
      if (!isThere()) return standIn.begin(username, address)
      const beginning = guesses.begin(username, address)
      try {
        return lenient(await within(limitMs, beginning), explain)
      } catch (error) {
        if (error instanceof Rejection) throw error
        // One that begins later gives up its turn.
        beginning.then(
          (late) => late.done(),
          () => undefined,
        )
        log.warn({ err: error }, 'an attempt to sign in is counted in memory')
        return standIn.begin(username, address)
      }
    },
  }
}

/** What was decided stands, also when it cannot be counted. */
function lenient(attempt: Attempt, explain: (error: unknown) => void): Attempt {
  return {
    failed: () => within(limitMs, attempt.failed()).catch(explain),
    succeeded: () => within(limitMs, attempt.succeeded()).catch(explain),
    done: () => attempt.done(),
  }
}
