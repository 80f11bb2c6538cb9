import { type AccountId, newId } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import {
  type Auction,
  type AuctionId,
  AuctionOver,
  checkListing,
  checkRemoval,
  InvalidEndTime,
  InvalidStartingPrice,
  isActive,
  type Listing,
  UnknownPlayer,
} from './auction.ts'

const noon = 1_785_585_600
const listing: Listing = { seller: newId<AccountId>(), gachaName: 'Ubuntu', startingPrice: 10, endTime: noon + 60 }
const auction: Auction = { id: newId<AuctionId>(), ...listing, state: 'open', leader: undefined, highestBid: 0 }

describe('putting something up', () => {
  it('§8 takes a price of nothing and an end a moment ahead', () => {
    checkListing({ ...listing, startingPrice: 0, endTime: noon + 1 }, { now: noon + 0.999, known: true })
  })

  it('§8 is refused in this order: stranger, price, time', () => {
    const wrong = { ...listing, startingPrice: -1, endTime: noon }
    expect(() => checkListing(wrong, { now: noon, known: false })).toThrow(UnknownPlayer)
    expect(() => checkListing(wrong, { now: noon, known: true })).toThrow(InvalidStartingPrice)
    expect(() => checkListing({ ...wrong, startingPrice: 0 }, { now: noon, known: true })).toThrow(InvalidEndTime)
  })
})

describe('taking it back', () => {
  it('§9 is possible until the end, not from it on', () => {
    checkRemoval(auction, auction.endTime - 0.001)
    expect(() => checkRemoval(auction, auction.endTime)).toThrow(AuctionOver)
  })

  it.each(['closing', 'closed'] as const)('§9 is not possible once it is %s', (state) => {
    expect(() => checkRemoval({ ...auction, state }, noon)).toThrow(AuctionOver)
  })
})

it('§9 an auction is active until the last effect of its end is there', () => {
  const states = ['creating', 'open', 'closing', 'closed', 'deleting'] as const
  expect(states.filter(isActive)).toEqual(['open', 'closing'])
})
