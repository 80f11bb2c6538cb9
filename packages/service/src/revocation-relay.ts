import { type Clock, newId, toUnixSeconds } from '@sallyport/kernel'
import type { Revocation } from './revocation-list.ts'
import type { FeedPage } from './revocation-polling.ts'

/** Hands on what was heard to those who cannot hear it themselves, as a feed of its own. */
export interface RevocationRelay {
  hear(revocations: readonly Revocation[]): void
  /** What comes after a place in this feed. */
  read(after: number): FeedPage
}

const pageSize = 1000
const sweepSeconds = 60

/** The feed begins anew with the process, and forgets what concerns no token any more. */
export function createRevocationRelay(clock: Clock): RevocationRelay {
  const feed: string = newId()
  /** In the order of their sequence. */
  const inForce = new Map<string, Revocation>()
  let sequence = 0
  let nextSweep = 0

  function sweep(now: number): void {
    if (now < nextSweep) return
    nextSweep = now + sweepSeconds
    for (const [name, { until }] of inForce) if (until < now) inForce.delete(name)
  }

  return {
    hear(revocations) {
      for (const one of revocations) {
        const name = `${one.kind}:${one.id}`
        // Much is heard twice; nobody has to hear it twice from here.
        if ((inForce.get(name)?.until ?? 0) >= one.until) continue
        inForce.delete(name)
        inForce.set(name, { ...one, sequence: (sequence += 1) })
      }
      sweep(toUnixSeconds(clock.now()))
    },
    read(after) {
      // Most who ask have heard everything.
      if (after >= sequence) return { feed, revocations: [] }
      const later = inForce.values().filter((one) => one.sequence > after)
      return { feed, revocations: [...later.take(pageSize)] }
    },
  }
}
