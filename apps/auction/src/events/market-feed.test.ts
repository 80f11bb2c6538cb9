import { type AccountId, newId } from '@sallyport/kernel'
import pino from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import type { Auction, AuctionId } from '../auctions/auction.ts'
import { createMarketFeed } from './market-feed.ts'

const before: Auction = {
  id: newId<AuctionId>(),
  seller: newId<AccountId>(),
  gachaName: 'Ubuntu',
  startingPrice: 0,
  endTime: 4_000_000_000,
  state: 'open',
  leader: undefined,
  highestBid: 0,
}
const after: Auction = { ...before, highestBid: 12 }

it('shows whoever comes what there is from then on, not what was being read already', async () => {
  const reads: ((auctions: readonly Auction[]) => void)[] = []
  const feed = createMarketFeed({
    readActive: () => new Promise((resolve) => reads.push(resolve)),
    toEvent: ({ highestBid }) => highestBid,
    log: pino({ level: 'silent' }),
  })
  const seenBy = (): unknown[] => {
    const events: unknown[] = []
    onTestFinished(feed.watch(newId<AccountId>()).subscribe((event) => events.push(event)))
    return events
  }
  const early = seenBy()
  expect(reads).toHaveLength(1)
  const late = seenBy()
  reads[0]?.([before])
  await expect.poll(() => early).toEqual([{ event: 'snapshot', data: { auctions: [0] } }])
  expect(late).toEqual([])
  await expect.poll(() => reads.length).toBe(2)
  reads[1]?.([after])
  await expect.poll(() => late).toEqual([{ event: 'snapshot', data: { auctions: [12] } }])
  expect(early.at(-1)).toEqual({ event: 'auction', data: 12 })
})
