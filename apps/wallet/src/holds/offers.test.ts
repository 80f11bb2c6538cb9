import { type AccountId, newId } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import { parseTux } from '../ledger/money.ts'
import type { AuctionId, HoldId } from '../ledger/transfer.ts'
import { decideOffers, hashOfOffers, type Offer, type OfferBatch, type OfferGrounds } from './offers.ts'

const [ada, bob, eve] = [newId<AccountId>(), newId<AccountId>(), newId<AccountId>()]
const [emblem, crest] = [newId<AuctionId>(), newId<AuctionId>()]

const offer = (uid: string, amount: number, lot = emblem): Offer => ({
  id: newId<HoldId>(),
  lot,
  uid,
  amount: parseTux(amount),
})

/** Ada leads on the emblem with 80 TUX and has 20 left, Bob has 100, Eve nothing. */
const adasHold = newId<HoldId>()
const standing = [{ lot: emblem, hold: adasHold, amount: parseTux(80) }]
const grounds: OfferGrounds = {
  free: new Map([
    [ada, parseTux(20)],
    [bob, parseTux(100)],
    [eve, parseTux(0)],
  ]),
  open: new Map([[adasHold, { uid: ada, amount: parseTux(80) }]]),
}
const decide = (offers: readonly Offer[], given: Partial<OfferGrounds> = {}, stands = standing) =>
  decideOffers({ id: newId(), offers, standing: stands }, { ...grounds, ...given })

describe('an offer', () => {
  it('§9 must be higher than what stands', () => {
    for (const amount of [0, 79, 80]) expect(decide([offer(bob, amount)]).outcomes).toEqual(['too-low'])
    const higher = offer(bob, 81)
    expect(decide([higher])).toEqual({ outcomes: ['held'], placed: [higher], released: [adasHold] })
  })

  it('§9 may be nothing at all where nothing stands, once', () => {
    expect(decide([offer(eve, 0, crest), offer(bob, 0, crest)])).toMatchObject({
      outcomes: ['held', 'too-low'],
      released: [],
    })
  })

  it('§7 needs the TUX, to the last millionth', () => {
    expect(decide([offer(bob, 100), offer(bob, 101)]).outcomes).toEqual(['held', 'not-enough-tux'])
    const short = new Map([[bob, parseTux(99.999999)]])
    expect(decide([offer(bob, 100)], { free: short })).toEqual({
      outcomes: ['not-enough-tux'],
      placed: [],
      released: [],
    })
  })

  it('§7 counts what the leader has frozen on the same lot, and on no other', () => {
    expect(decide([offer(ada, 100)]).outcomes).toEqual(['held'])
    expect(decide([offer(ada, 100.000001)]).outcomes).toEqual(['not-enough-tux'])
    expect(decide([offer(ada, 21, crest)]).outcomes).toEqual(['not-enough-tux'])
  })

  it('§8 is refused in order: too low, then who it is, then what they have', () => {
    for (const nobody of [newId(), 'nobody', '']) {
      expect(decide([offer(nobody, 80)]).outcomes).toEqual(['too-low'])
      expect(decide([offer(nobody, 1e9)]).outcomes).toEqual(['unknown-player'])
    }
  })

  it('§11 has to beat what stands although its player has gone, who gets nothing back', () => {
    const gone = { free: new Map([[bob, parseTux(100)]]), open: new Map() }
    const higher = offer(bob, 81)
    expect(decide([offer(bob, 80), offer(ada, 90), higher], gone)).toEqual({
      outcomes: ['too-low', 'unknown-player', 'held'],
      placed: [higher],
      released: [],
    })
  })
})

describe('offers that come together', () => {
  it('§9 outbid one another, and only the last of a lot is placed', () => {
    const last = offer(ada, 83)
    expect(decide([offer(bob, 81), offer(bob, 82), offer(eve, 82), last])).toEqual({
      outcomes: ['held', 'held', 'too-low', 'held'],
      placed: [last],
      released: [adasHold],
    })
  })

  it('§9 may use at once what was outbid a moment before, and not what was not', () => {
    expect(decide([offer(ada, 100, crest), offer(bob, 81), offer(ada, 100, crest)]).outcomes).toEqual([
      'not-enough-tux',
      'held',
      'held',
    ])
    expect(decide([offer(bob, 81), offer(ada, 82), offer(bob, 100, crest)]).outcomes).toEqual(['held', 'held', 'held'])
  })

  it('§7 give back once what is listed twice', () => {
    const twice = [...standing, { lot: crest, hold: adasHold, amount: parseTux(1) }]
    const outcomes = decide([offer(bob, 81), offer(bob, 2, crest), offer(ada, 100.000001)], {}, twice).outcomes
    expect(outcomes).toEqual(['held', 'held', 'not-enough-tux'])
  })

  it('§5 are the same batch only with the same content in the same order', () => {
    const batch: OfferBatch = { id: newId(), offers: [offer(ada, 90), offer(bob, 91)], standing }
    expect(hashOfOffers({ ...batch, id: newId() })).toEqual(hashOfOffers(batch))
    for (const other of [
      { ...batch, offers: batch.offers.toReversed() },
      { ...batch, offers: batch.offers.slice(1) },
      { ...batch, offers: batch.offers.map((one) => ({ ...one, amount: parseTux(92) })) },
      { ...batch, offers: batch.offers.map((one) => ({ ...one, uid: eve })) },
      { ...batch, offers: batch.offers.map((one) => ({ ...one, lot: crest })) },
      { ...batch, standing: [] },
    ])
      expect(hashOfOffers(other)).not.toEqual(hashOfOffers(batch))
  })
})
