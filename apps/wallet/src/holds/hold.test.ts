import { type AccountId, newId } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import { fiat, parseTux, tux } from '../ledger/money.ts'
import { type AuctionId, decideSale, type HoldId } from '../ledger/transfer.ts'
import {
  answerCapture,
  canHold,
  type Capture,
  checkSamePlacement,
  type Hold,
  hashOfCapture,
  hashOfPlacement,
  type Placement,
} from './hold.ts'
import { HoldConflict, OwnSale } from './rejections.ts'

const placement: Placement = {
  id: newId<HoldId>(),
  uid: newId<AccountId>(),
  amount: parseTux(60),
  releases: [newId<HoldId>(), newId<HoldId>()],
}
const capture: Capture = { id: placement.id, seller: newId<AccountId>(), auctionId: newId<AuctionId>() }
const placed = { uid: placement.uid, amount: placement.amount, requestHash: hashOfPlacement(placement) }
const open: Hold = { state: 'open', placed, captureHash: undefined }

describe('a placement', () => {
  it('§9 needs what it freezes, less what it gives back', () => {
    const balances = { tux: parseTux(10), fiat: fiat(0n) }
    expect(canHold(balances, parseTux(50), parseTux(60))).toBe(true)
    expect(canHold(balances, parseTux(50), tux(parseTux(60) + 1n))).toBe(false)
  })

  it('§5 is the same in any order of its releases, and with other content another', () => {
    checkSamePlacement(open, { ...placement, releases: placement.releases.toReversed() })
    for (const changed of [{ uid: newId<AccountId>() }, { amount: parseTux(61) }, { releases: [] }])
      expect(() => checkSamePlacement(open, { ...placement, ...changed })).toThrow(HoldConflict)
  })

  it('§5 comes too late for an id that was released', () => {
    const tombstone: Hold = { state: 'released', placed: undefined, captureHash: undefined }
    expect(() => checkSamePlacement(tombstone, placement)).toThrow(new HoldConflict(placement.id, 'released'))
  })
})

describe('a capture', () => {
  const captureHash = hashOfCapture(capture)

  it('§5 has the first answer once the hold has ended', () => {
    expect(answerCapture(open, capture)).toEqual(placed)
    expect(answerCapture({ ...open, state: 'captured', captureHash }, capture)).toBe('captured')
    expect(answerCapture({ ...open, state: 'released', captureHash }, capture)).toBe('seller-gone')
    expect(answerCapture({ ...open, state: 'released' }, capture)).toBe('released')
  })

  it('§5 is refused after another one', () => {
    for (const state of ['captured', 'released'] as const)
      for (const changed of [{ seller: newId() }, { auctionId: newId<AuctionId>() }])
        expect(() => answerCapture({ ...open, state, captureHash }, { ...capture, ...changed })).toThrow(HoldConflict)
  })

  it('§7 never pays a bidder who is the seller', () => {
    expect(() => answerCapture(open, { ...capture, seller: placement.uid })).toThrow(OwnSale)
  })

  it('§9 moves all of it to the seller and leaves the rest of the buyer alone', () => {
    const buyer = { tux: parseTux(10), fiat: fiat(0n) }
    expect(decideSale(buyer, parseTux(60))).toEqual({
      state: 'booked',
      entries: [
        { account: 'player', currency: 'tux', amount: parseTux(-60) },
        { account: 'seller', currency: 'tux', amount: parseTux(60) },
      ],
      after: buyer,
    })
  })
})
