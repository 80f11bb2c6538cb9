import type { Clock } from '@sallyport/kernel'
import { networkOf } from '@sallyport/service'
import { keysOf } from './guess-store.ts'
import { createAttemptTurns, type Guesses, tooMany } from './guesses.ts'
import { clientsPace, forgetAfterMs, type Pace, pauseAfter, usualPace } from './pace.ts'

interface Count {
  readonly attempts: number
  readonly retryAt: Date
  readonly forgetAt: Date
}

/** So many are kept; the one that was tried least lately is forgotten first. */
const mostKept = 10_000

/**
 * Slows down whoever guesses passwords while the database that attempts are counted in is away. As there, so many
 * attempts are judged at once, and whoever has failed already is counted before the next one is judged.
 */
export function createGuessesInMemory({ clock }: { readonly clock: Clock }): Pick<Guesses, 'begin'> {
  const counts = new Map<string, Count>()
  const turns = createAttemptTurns()

  function recall(key: string, now: Date): Count | undefined {
    const known = counts.get(key)
    return known && known.forgetAt > now ? known : undefined
  }

  function count(key: string, pace: Pace, now: Date): void {
    const attempts = (recall(key, now)?.attempts ?? 0) + 1
    counts.delete(key)
    const retryAt = new Date(now.getTime() + pauseAfter(attempts, pace))
    counts.set(key, { attempts, retryAt, forgetAt: new Date(now.getTime() + forgetAfterMs) })
    const [oldest] = counts.keys()
    if (counts.size > mostKept && oldest !== undefined) counts.delete(oldest)
  }

  /** Counts an attempt where there is something to count. @throws {TooManyAttempts} */
  function admit(pair: string, client: string): { readonly isCounted: boolean } {
    const now = clock.now()
    for (const key of [pair, client]) {
      const before = recall(key, now)
      if (before && before.retryAt > now) throw tooMany(before.retryAt, now)
    }
    const isCounted = recall(pair, now) !== undefined
    if (isCounted) count(pair, usualPace, now)
    return { isCounted }
  }

  return {
    async begin(username, address) {
      const keys = keysOf(username, networkOf(address))
      const [pair, client] = [keys.pair.toString('base64'), keys.client.toString('base64')]
      const done = await turns.take(pair)
      try {
        const { isCounted } = admit(pair, client)
        return {
          done,
          async failed() {
            const now = clock.now()
            if (!isCounted) count(pair, usualPace, now)
            count(client, clientsPace, now)
          },
          async succeeded() {
            if (isCounted) counts.delete(pair)
          },
        }
      } catch (error) {
        done()
        throw error
      }
    },
  }
}
