import { type AccountId, newId } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import { type AuctionId, NotNow } from '../auctions/auction.ts'
import type { BidId, Offer } from './bid.ts'
import { type BidQueueOptions, createBidQueue, type Verdict } from './bid-queue.ts'

const player = newId<AccountId>()
const [one, two, three] = [newId<AuctionId>(), newId<AuctionId>(), newId<AuctionId>()]

function offer(auctionId: AuctionId, amount: number): Offer {
  return { id: newId<BidId>(), auctionId, player, amount, keyed: false }
}

/** A queue whose batches wait until they are let go; each answer is the amount that was offered. */
function setUp(options: Partial<BidQueueOptions<number>> = {}) {
  const batches: {
    readonly offers: readonly Offer[]
    finish(verdicts?: readonly Verdict<number>[]): void
    fail(): void
  }[] = []
  const queue = createBidQueue<number>({
    decide(offers) {
      const decided = Promise.withResolvers<readonly Verdict<number>[]>()
      const finish = (verdicts: readonly Verdict<number>[] = offers.map(({ amount }) => amount)): void =>
        decided.resolve(verdicts)
      batches.push({ offers, finish, fail: () => decided.reject(new Error('no')) })
      return decided.promise
    },
    batchLimit: 10,
    batchesAtOnce: 2,
    queueLimit: 100,
    patienceMs: 60_000,
    ...options,
  })
  const amounts = () => batches.map(({ offers }) => offers.map(({ amount }) => amount))
  return { batches, queue, amounts, reached: (count: number) => expect.poll(() => batches.length).toBe(count) }
}

describe('the queue of bids (design §5)', () => {
  it('decides together what comes together, for any auctions, in order of arrival', async () => {
    const { batches, queue, amounts, reached } = setUp()
    const answers = Promise.all([offer(one, 1), offer(two, 2), offer(one, 3)].map((wish) => queue.offer(wish)))
    await reached(1)
    expect(amounts()).toEqual([[1, 2, 3]])
    batches[0]?.finish()
    expect(await answers).toEqual([1, 2, 3])
  })

  it('decides offers on one auction one batch after the other, and others meanwhile', async () => {
    const { batches, queue, amounts, reached } = setUp()
    const first = queue.offer(offer(one, 1))
    await reached(1)
    const later = Promise.all([queue.offer(offer(one, 2)), queue.offer(offer(two, 3)), queue.offer(offer(one, 4))])
    await reached(2)
    expect(amounts()).toEqual([[1], [3]])
    batches[0]?.finish()
    await first
    await reached(3)
    expect(amounts()[2]).toEqual([2, 4])
    batches[1]?.finish()
    batches[2]?.finish()
    expect(await later).toEqual([2, 3, 4])
  })

  it('has no more batches under way, and none larger, than it may', async () => {
    const { batches, queue, amounts, reached } = setUp({ batchLimit: 2, batchesAtOnce: 1 })
    const answers = Promise.all([1, 2, 3].map((amount) => queue.offer(offer(one, amount))))
    await reached(1)
    const other = queue.offer(offer(two, 9))
    batches[0]?.finish()
    await reached(2)
    expect(amounts()).toEqual([
      [1, 2],
      [3, 9],
    ])
    batches[1]?.finish()
    expect([await answers, await other]).toEqual([[1, 2, 3], 9])
  })

  it('lets nothing else happen to an auction meanwhile, in order with the bids', async () => {
    const { batches, queue, amounts, reached } = setUp()
    const done: string[] = []
    const first = queue.offer(offer(one, 1)).then(() => done.push('first'))
    await reached(1)
    const alone = queue.alone(one, async () => void done.push('alone'))
    const second = queue.offer(offer(one, 2)).then(() => done.push('second'))
    batches[0]?.finish()
    await Promise.all([first, alone])
    await reached(2)
    batches[1]?.finish()
    await second
    expect(done).toEqual(['first', 'alone', 'second'])
    expect(amounts()).toEqual([[1], [2]])
  })

  it('asks again, before all that came later, about an auction that another process is at', async () => {
    const { batches, queue, amounts, reached } = setUp()
    const first = queue.offer(offer(one, 1))
    await reached(1)
    const second = queue.offer(offer(one, 2))
    batches[0]?.finish(['occupied'])
    await reached(2)
    expect(amounts()[1]).toEqual([1, 2])
    batches[1]?.finish()
    expect([await first, await second]).toEqual([1, 2])
  })

  it('tells of a failure those whom it concerns, and goes on', async () => {
    const { batches, queue, reached } = setUp()
    const failing = queue.offer(offer(one, 1))
    await reached(1)
    const fine = queue.offer(offer(one, 2))
    batches[0]?.fail()
    await expect(failing).rejects.toThrow('no')
    await reached(2)
    batches[1]?.finish()
    expect(await fine).toBe(2)
    await expect(queue.alone(two, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    expect(await queue.alone(two, async () => 'next')).toBe('next')
  })

  it('refuses what is more than it can hold, and what has waited too long', async () => {
    const { batches, queue, reached } = setUp({ queueLimit: 1 })
    const first = queue.offer(offer(one, 1))
    await expect(queue.offer(offer(two, 2))).rejects.toThrow(NotNow)
    await reached(1)
    batches[0]?.finish()
    await first

    const hasty = setUp({ patienceMs: 0 })
    void hasty.queue.offer(offer(one, 1)).catch(() => undefined)
    await expect(hasty.queue.offer(offer(three, 2))).rejects.toThrow(NotNow)
  })

  it('is idle when everything is done', async () => {
    const { batches, queue, reached } = setUp()
    const answer = queue.offer(offer(one, 1))
    await reached(1)
    let idle = false
    const waiting = queue.idle().then(() => (idle = true))
    expect(idle).toBe(false)
    batches[0]?.finish()
    await Promise.all([answer, waiting])
  })
})
