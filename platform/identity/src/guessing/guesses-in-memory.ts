import type { Clock } from '@sallyport/kernel'
import { networkOf } from '@sallyport/service'
import { keysOf } from './guess-store.ts'
import { type Guesses, tooMany } from './guesses.ts'
import { clientsPace, forgetAfterMs, type Pace, pauseAfter, usualPace } from './pace.ts'

interface Count {
  readonly attempts: number
  readonly retryAt: Date
  readonly forgetAt: Date
}

/** So many are kept; the one that was tried least lately is forgotten first. */
const mostKept = 10_000

/**
 * Slows down whoever guesses passwords while the database that attempts are counted in is away. Every attempt counts before
 * it is judged, and no more once it has succeeded.
 */
export function createGuessesInMemory({ clock }: { readonly clock: Clock }): Pick<Guesses, 'begin'> {
  const counts = new Map<string, Count>()

  function recall(key: string, now: Date): Count | undefined {
    const count = counts.get(key)
    return count && count.forgetAt > now ? count : undefined
  }

  function set(key: string, attempts: number, pace: Pace, now: Date): void {
    counts.delete(key)
    if (attempts <= 0) return
    const retryAt = new Date(now.getTime() + pauseAfter(attempts, pace))
    counts.set(key, { attempts, retryAt, forgetAt: new Date(now.getTime() + forgetAfterMs) })
    const [oldest] = counts.keys()
    if (counts.size > mostKept && oldest !== undefined) counts.delete(oldest)
  }

  return {
    async begin(username, address) {
      const now = clock.now()
      const keys = keysOf(username, networkOf(address))
      const [pair, client] = [keys.pair.toString('base64'), keys.client.toString('base64')]
      for (const key of [pair, client]) {
        const count = recall(key, now)
        if (count && count.retryAt > now) throw tooMany(count.retryAt, now)
      }
      set(pair, (recall(pair, now)?.attempts ?? 0) + 1, usualPace, now)
      set(client, (recall(client, now)?.attempts ?? 0) + 1, clientsPace, now)
      return {
        async failed() {
          // Counted already.
        },
        async succeeded() {
          counts.delete(pair)
          set(client, (recall(client, now)?.attempts ?? 0) - 1, clientsPace, now)
        },
        done() {
          // Nothing is held.
        },
      }
    },
  }
}
