import type { Clock } from '@sallyport/kernel'
import { LRUCache } from 'lru-cache'
import type { Counter, CounterState, Taken } from './quota-store.ts'

/** What this gateway knows of windows: what the store said last, and what it counted itself while that was away. */
export interface WindowMemory {
  /** Whether a window is known to be used up, and for how long it still is. */
  spent(counter: Counter): CounterState | undefined
  /** Counts a call here alone, going on from what is known. */
  take(counters: readonly Counter[]): Taken
  /** Keeps what the store said, which it was asked at this time. */
  learn(counters: readonly Counter[], states: readonly CounterState[], askedAtMs: number): void
}

/** So many windows are known; the one that was used least lately is forgotten, and the store asked of it again. */
const mostWindows = 100_000

interface Window {
  readonly used: number
  readonly endsAtMs: number
}

export function createWindowMemory(clock: Clock): WindowMemory {
  const windows = new LRUCache<string, Window>({ max: mostWindows })
  const nowMs = (): number => clock.now().getTime()

  function current({ key }: Counter, now: number): Window | undefined {
    const known = windows.get(key)
    return known && known.endsAtMs > now ? known : undefined
  }

  return {
    spent(counter) {
      const now = nowMs()
      const known = current(counter, now)
      return known && known.used >= counter.limit ? { used: known.used, endsInMs: known.endsAtMs - now } : undefined
    },
    take(counters) {
      const now = nowMs()
      const before = counters.map(
        (counter) => current(counter, now) ?? { used: 0, endsAtMs: now + counter.seconds * 1000 },
      )
      const isTaken = before.every(({ used }, index) => used < (counters[index]?.limit ?? 0))
      const states = before.map(({ used, endsAtMs }, index) => {
        const window = { used: isTaken ? used + 1 : used, endsAtMs }
        const counter = counters[index]
        if (isTaken && counter) windows.set(counter.key, window)
        return { used: window.used, endsInMs: endsAtMs - now }
      })
      return { isTaken, states }
    },
    learn(counters, states, askedAtMs) {
      for (const [index, { key }] of counters.entries()) {
        const state = states[index]
        // The store looked at its clock after it was asked, so nobody is refused here when its window is over there.
        if (state) windows.set(key, { used: state.used, endsAtMs: askedAtMs + state.endsInMs })
      }
    },
  }
}
