import { type AccountId, newId } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import type { Auction, AuctionId } from '../auctions/auction.ts'
import { type BidId, hashOf, judgeOffer, type Offer, type Refusal, toRejection } from './bid.ts'

const noon = 1_785_585_600
const [seller, ada, bob] = [newId<AccountId>(), newId<AccountId>(), newId<AccountId>()]
const auction: Auction = {
  id: newId<AuctionId>(),
  seller,
  gachaName: 'Ubuntu',
  startingPrice: 10,
  endTime: noon,
  state: 'open',
  leader: { bidId: newId<BidId>(), player: bob },
  highestBid: 100,
}
const intime = { now: noon - 1, known: true }

describe('an offer', () => {
  it('§9 may be one TUX more, not the same again', () => {
    expect(judgeOffer(auction, { player: ada, amount: 101 }, intime)).toBeUndefined()
    expect(judgeOffer(auction, { player: ada, amount: 100 }, intime)).toBe('too-low')
  })

  it('§9 may equal the starting price when it is the first, and must be at least 1', () => {
    const fresh: Auction = { ...auction, leader: undefined, highestBid: 0 }
    expect(judgeOffer(fresh, { player: ada, amount: 10 }, intime)).toBeUndefined()
    expect(judgeOffer(fresh, { player: ada, amount: 9 }, intime)).toBe('below-start')
    expect(judgeOffer({ ...fresh, startingPrice: 0 }, { player: ada, amount: 0 }, intime)).toBe('too-low')
    expect(judgeOffer({ ...fresh, startingPrice: 0 }, { player: ada, amount: 1 }, intime)).toBeUndefined()
  })

  it('§9 may raise what the same bidder offered before', () => {
    expect(judgeOffer(auction, { player: bob, amount: 101 }, intime)).toBeUndefined()
  })

  it('§9 is too late from the end on, to the moment', () => {
    expect(judgeOffer(auction, { player: ada, amount: 200 }, { now: noon - 0.001, known: true })).toBeUndefined()
    expect(judgeOffer(auction, { player: ada, amount: 200 }, { now: noon, known: true })).toBe('too-late')
  })

  it('§8 is refused in this order', () => {
    const worst = { player: seller, amount: 5 }
    const late = { now: noon, known: false }
    const order: [Auction | undefined, { player: AccountId; amount: number }, typeof late, Refusal][] = [
      [undefined, worst, late, 'not-active'],
      [{ ...auction, state: 'closed' }, worst, late, 'not-active'],
      [auction, worst, late, 'too-late'],
      [auction, worst, { ...late, now: noon - 1 }, 'own-auction'],
      [auction, { ...worst, player: ada }, { ...late, now: noon - 1 }, 'below-start'],
      [auction, { player: ada, amount: 50 }, { ...late, now: noon - 1 }, 'too-low'],
      [auction, { player: ada, amount: 150 }, { ...late, now: noon - 1 }, 'unknown-player'],
    ]
    for (const [at, offer, ground, refusal] of order) expect(judgeOffer(at, offer, ground)).toBe(refusal)
  })

  it('§9 finds an auction that was closed before its end inactive, and one that is closing after it ended', () => {
    const closing: Auction = { ...auction, state: 'closing' }
    expect(judgeOffer(closing, { player: ada, amount: 200 }, intime)).toBe('not-active')
    expect(judgeOffer(closing, { player: ada, amount: 200 }, { now: noon, known: true })).toBe('too-late')
  })

  it('is the same offer again only when auction, bidder and amount are the same', () => {
    const offer: Offer = { id: newId<BidId>(), auctionId: auction.id, player: ada, amount: 101, keyed: true }
    expect(hashOf({ ...offer, id: newId<BidId>() })).toEqual(hashOf(offer))
    for (const other of [{ amount: 102 }, { player: bob }, { auctionId: newId<AuctionId>() }])
      expect(hashOf({ ...offer, ...other })).not.toEqual(hashOf(offer))
  })

  it('is told why it was refused', () => {
    expect(toRejection('not-enough-tux', { player: ada, amount: 7 })).toMatchObject({ reason: 'payment' })
    expect(toRejection('unknown-player', { player: ada, amount: 7 }).message).toContain(ada)
  })
})
