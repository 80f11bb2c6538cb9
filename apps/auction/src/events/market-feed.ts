import type { EventSource, ServerSentEvent } from '@sallyport/contracts'
import { type AccountId, Rejection } from '@sallyport/kernel'
import type { Logger } from 'pino'
import type { Auction } from '../auctions/auction.ts'

/** What players see of the market, as it changes. */
export interface MarketFeed {
  /** The active auctions now, and what changes about them from then on. @throws {TooManyStreams} */
  watch(by: AccountId): EventSource
}

export interface MarketFeedParts {
  /** Reads every active auction. */
  readonly readActive: () => Promise<readonly Auction[]>
  /** Turns an auction into what a player may see of it. */
  readonly toEvent: (auction: Auction) => unknown
  readonly log: Logger
}

const lookEveryMs = 250
/** A look may not keep the database busy for more than a tenth of the time. */
const restFactor = 9
const streamsLimit = 1000
const streamsPerAccount = 5

interface Watcher {
  readonly tell: (event: ServerSentEvent) => void
  /** Has been told what there is. */
  started: boolean
}

/**
 * One pair of eyes for all who watch: while anybody does, the active auctions are read again and again and compared with
 * what was there before. So changes that another process makes are seen too, and none is missed or told twice.
 */
export function createMarketFeed({ readActive, toEvent, log }: MarketFeedParts): MarketFeed {
  const watchers = new Set<Watcher>()
  const streams = new Map<AccountId, number>()
  let known = new Map<string, Auction>()
  let looking = false

  function changesTo(active: ReadonlyMap<string, Auction>): ServerSentEvent[] {
    const changed = [...active.values()].filter((auction) => known.get(auction.id)?.highestBid !== auction.highestBid)
    const ended = [...known.keys()].filter((id) => !active.has(id))
    return [
      ...changed.map((auction) => ({ event: 'auction', data: toEvent(auction) })),
      ...ended.map((id) => ({ event: 'ended', data: { id } })),
    ]
  }

  async function look(): Promise<void> {
    // Whoever comes while this is read may know of something newer, and is shown what is read next.
    const present = [...watchers]
    const active = new Map((await readActive()).map((auction) => [auction.id, auction]))
    const changes = changesTo(active)
    known = active
    let snapshot: ServerSentEvent | undefined
    for (const watcher of present) {
      if (!watchers.has(watcher)) continue
      if (watcher.started) for (const change of changes) watcher.tell(change)
      else {
        snapshot ??= { event: 'snapshot', data: { auctions: [...active.values()].map(toEvent) } }
        watcher.started = true
        watcher.tell(snapshot)
      }
    }
  }

  async function keepLooking(): Promise<void> {
    const began = performance.now()
    await look().catch((error: unknown) =>
      log.warn({ err: error }, 'the auctions could not be read for those who watch'),
    )
    const took = performance.now() - began
    if (watchers.size === 0) {
      looking = false
      known = new Map()
      return
    }
    setTimeout(() => void keepLooking(), Math.max(lookEveryMs, took * restFactor)).unref()
  }

  return {
    watch(by) {
      const own = streams.get(by) ?? 0
      if (own >= streamsPerAccount || watchers.size >= streamsLimit) throw new TooManyStreams()
      return {
        subscribe(tell) {
          const watcher: Watcher = { tell, started: false }
          watchers.add(watcher)
          streams.set(by, (streams.get(by) ?? 0) + 1)
          if (!looking) {
            looking = true
            void keepLooking()
          }
          return () => {
            if (!watchers.delete(watcher)) return
            const left = (streams.get(by) ?? 1) - 1
            if (left === 0) streams.delete(by)
            else streams.set(by, left)
          }
        },
      }
    },
  }
}

/** This account, or everybody together, watches often enough. */
export class TooManyStreams extends Rejection {
  override name = 'TooManyStreams'
  readonly code = 'too-many-streams'
  readonly reason = 'too-many'
  constructor() {
    super(`an account may watch ${streamsPerAccount} times at once`)
  }
}
