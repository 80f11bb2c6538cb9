import { setTimeout as sleep } from 'node:timers/promises'
import { type AuctionId, NotNow } from '../auctions/auction.ts'
import type { Offer } from './bid.ts'

/** What the decision about an offer came to; `occupied` when another process is at the auction, so that it must wait. */
export type Verdict<Answer> = Answer | 'occupied'

/**
 * Brings order into what happens to auctions in this process: for one auction, everything happens in the order of its
 * arrival. Offers that wait are decided together, whatever auctions they are for, because a commit costs the same for
 * one as for a hundred.
 */
export interface BidQueue<Answer> {
  /** @throws {NotNow} when too much is waiting, or it takes too long */
  offer(offer: Offer): Promise<Answer>
  /** Does something else with an auction, once what came before is done; what comes later waits. @throws {NotNow} */
  alone<T>(auctionId: AuctionId, work: () => Promise<T>): Promise<T>
  /** Waits for everything that is under way. */
  idle(): Promise<void>
}

export interface BidQueueOptions<Answer> {
  /** Decides offers, one verdict for each, in their order. */
  readonly decide: (offers: readonly Offer[]) => Promise<readonly Verdict<Answer>[]>
  /** So many offers are decided together at most. */
  readonly batchLimit: number
  /** So many batches are under way at once at most: while one waits for the disk, the next is made. */
  readonly batchesAtOnce: number
  /** So much may wait; what is more is refused at once. */
  readonly queueLimit: number
  /** So long something may wait, in milliseconds. */
  readonly patienceMs: number
}

/** How long to leave an auction alone that another process is at, in milliseconds. */
const occupiedDelayMs = 5

interface Waiting<Answer> {
  readonly auctionId: AuctionId
  /** In `performance.now()`. */
  readonly deadline: number
  readonly task:
    | { readonly offer: Offer; readonly answer: (verdict: Answer) => void }
    | { readonly run: () => Promise<void> }
  readonly fail: (error: unknown) => void
}

type WaitingOffer<Answer> = Waiting<Answer> & { readonly task: { readonly offer: Offer } }

export function createBidQueue<Answer>(options: BidQueueOptions<Answer>): BidQueue<Answer> {
  const { decide, batchLimit, batchesAtOnce, queueLimit, patienceMs } = options
  /** Auctions that something is under way for. */
  const busy = new Set<AuctionId>()
  const underWay = new Set<Promise<void>>()
  let waiting: Waiting<Answer>[] = []
  let batches = 0
  let scheduled = false

  function add(auctionId: AuctionId, task: Waiting<Answer>['task'], fail: Waiting<Answer>['fail']): void {
    if (waiting.length >= queueLimit) {
      fail(new NotNow())
      return
    }
    waiting.push({ auctionId, task, fail, deadline: performance.now() + patienceMs })
    schedule()
  }

  /** A moment later, so that requests that came together are decided together. */
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      pump()
    })
  }

  function pump(): void {
    const batch = takeReady()
    if (batch.length > 0) track(decideTogether(batch))
  }

  /** Starts what is to be done alone, and returns the offers that can be decided now. */
  function takeReady(): WaitingOffer<Answer>[] {
    const now = performance.now()
    const batch: WaitingOffer<Answer>[] = []
    const left: Waiting<Answer>[] = []
    const passedOver = new Set<AuctionId>()
    const inBatch = new Set<AuctionId>()
    const room = batches < batchesAtOnce ? batchLimit : 0
    for (const entry of waiting) {
      const { auctionId, task } = entry
      if (now > entry.deadline) entry.fail(new NotNow())
      else if (busy.has(auctionId) || passedOver.has(auctionId)) left.push(entry)
      else if (isOffer(entry) && batch.length < room) {
        batch.push(entry)
        inBatch.add(auctionId)
      } else if ('run' in task && !inBatch.has(auctionId)) {
        busy.add(auctionId)
        track(task.run().finally(() => release([auctionId])))
      } else {
        passedOver.add(auctionId)
        left.push(entry)
      }
    }
    waiting = left
    return batch
  }

  async function decideTogether(batch: readonly WaitingOffer<Answer>[]): Promise<void> {
    const auctions = [...new Set(batch.map(({ auctionId }) => auctionId))]
    for (const auctionId of auctions) busy.add(auctionId)
    batches += 1
    const occupied: WaitingOffer<Answer>[] = []
    try {
      const verdicts = await decide(batch.map(({ task }) => task.offer))
      for (const [index, entry] of batch.entries()) {
        const verdict = verdicts[index]
        if (verdict === 'occupied' || verdict === undefined) occupied.push(entry)
        else if ('answer' in entry.task) entry.task.answer(verdict)
      }
    } catch (error) {
      for (const entry of batch) entry.fail(error)
    } finally {
      batches -= 1
    }
    // Before those that came later.
    waiting = [...occupied, ...waiting]
    const stillBusy = new Set(occupied.map(({ auctionId }) => auctionId))
    release(auctions.filter((auctionId) => !stillBusy.has(auctionId)))
    if (stillBusy.size === 0) return
    await sleep(occupiedDelayMs)
    release([...stillBusy])
  }

  function release(auctions: readonly AuctionId[]): void {
    for (const auctionId of auctions) busy.delete(auctionId)
    if (waiting.length > 0) schedule()
  }

  function track(work: Promise<void>): void {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
  }

  return {
    offer: (offer) =>
      new Promise((answer, fail) => {
        add(offer.auctionId, { offer, answer }, fail)
      }),
    alone: (auctionId, work) =>
      new Promise((resolve, reject) => {
        add(auctionId, { run: () => work().then(resolve, reject) }, reject)
      }),
    async idle() {
      while (waiting.length > 0 || underWay.size > 0) {
        await Promise.allSettled(underWay)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

function isOffer<Answer>(entry: Waiting<Answer>): entry is WaitingOffer<Answer> {
  return 'offer' in entry.task
}
