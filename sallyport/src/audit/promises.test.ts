import { describe, expect, it } from 'vitest'
import { findBrokenPromises, type Statements } from './promises.ts'

const hold = { id: 'bid', uid: 'ada', tux: 30 }
const right: Statements = {
  commitments: [{ auctionId: 'one', hold, settled: true }],
  holds: [hold],
  openPlayers: new Set(['ada']),
  keptCopies: new Set(['one']),
}

function brokenBy(change: Partial<Statements>): string[] {
  return findBrokenPromises({ ...right, ...change }).map(({ invariant }) => invariant)
}

describe('what services keep for one another (design §5)', () => {
  it('fits when every hold has its bid and every auction its copy', () => {
    expect(brokenBy({})).toEqual([])
  })

  it('does not when TUX are held for no auction', () => {
    expect(brokenBy({ commitments: [{ auctionId: 'one', hold: undefined, settled: true }] })).toEqual(['orphan-hold'])
  })

  it('does not when a leader holds less, or nothing', () => {
    expect(brokenBy({ holds: [{ ...hold, tux: 29 }] })).toEqual(['bid-without-hold'])
    expect(brokenBy({ holds: [] })).toEqual(['bid-without-hold'])
  })

  it('§11 does when the leader who holds nothing is gone', () => {
    expect(brokenBy({ holds: [], openPlayers: new Set() })).toEqual([])
  })

  it('does not when a copy or an auction is without the other', () => {
    expect(brokenBy({ keptCopies: new Set(['one', 'two']) })).toEqual(['orphan-copy'])
    expect(brokenBy({ keptCopies: new Set() })).toEqual(['auction-without-copy'])
  })

  it('is not known yet of an auction that is being worked on', () => {
    expect(
      brokenBy({ commitments: [{ auctionId: 'one', hold, settled: false }], holds: [], keptCopies: new Set() }),
    ).toEqual([])
  })
})
