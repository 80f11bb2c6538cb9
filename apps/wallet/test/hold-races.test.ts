import { newId } from '@sallyport/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseTux } from '../src/ledger/money.ts'
import type { AuctionId, HoldId } from '../src/ledger/transfer.ts'
import { createTestWallet, expectBalancedBooks, outcomeOf, type TestWallet, warmUp } from './test-wallet.ts'

let wallet: TestWallet
beforeAll(async () => {
  wallet = await createTestWallet()
})
beforeEach(() => warmUp(wallet))
afterEach(() => expectBalancedBooks(wallet.db))
afterAll(() => wallet.test.drop())

const rounds = 10

async function openHolds(ids: readonly HoldId[]): Promise<number> {
  const open = await wallet.db
    .selectFrom('hold')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'open')
    .execute()
  return open.length
}

describe('§5 holds that arrive together', () => {
  it('64 placements that each replace the one before leave one open, and none waits for ever', async () => {
    const players = await Promise.all(Array.from({ length: 6 }, () => wallet.playerWith(1200)))
    const first = newId<HoldId>()
    await wallet.holds.place({ id: first, uid: players[0] ?? '', amount: parseTux(1), releases: [] })
    const ids = [first]
    // In each wave all replace what is there, and one another's: whichever comes last finds the others placed.
    for (let wave = 0; wave < 8; wave += 1) {
      const earlier = ids.slice(-8)
      const placements = Array.from({ length: 8 }, (_, index) => ({
        id: newId<HoldId>(),
        uid: players[Math.floor(Math.random() * players.length)] ?? '',
        amount: parseTux(wave * 8 + index + 2),
        releases: index % 2 === 0 ? earlier : earlier.toReversed(),
      }))
      await Promise.all(placements.map((placement) => wallet.holds.place(placement)))
      ids.push(...placements.map(({ id }) => id))
    }
    expect(await openHolds(ids)).toBe(8)
    await wallet.holds.place({ id: newId(), uid: players[0] ?? '', amount: parseTux(70), releases: ids.slice(-8) })
    expect(await openHolds(ids)).toBe(0)
  })

  it('64 bids on one auction, one after the other as fast as they come, leave exactly the last open', async () => {
    const players = await Promise.all(Array.from({ length: 4 }, () => wallet.playerWith(1200)))
    const bids = Array.from({ length: 64 }, (_, index) => ({
      id: newId<HoldId>(),
      uid: players[Math.floor(Math.random() * players.length)] ?? '',
      amount: parseTux(index + 1),
    }))
    // Every auction asks in turn, while other auctions of the same players do the same beside it.
    const auction = async (): Promise<HoldId[]> => {
      const ids: HoldId[] = []
      for (const { uid, amount } of bids) {
        const id = newId<HoldId>()
        await wallet.holds.place({ id, uid, amount, releases: ids.slice(-1) })
        ids.push(id)
      }
      return ids
    }
    const chains = await Promise.all([auction(), auction(), auction(), auction()])
    for (const ids of chains) {
      expect(await openHolds(ids)).toBe(1)
      expect(await openHolds(ids.slice(-1))).toBe(1)
    }
  }, 60_000)

  it('never freezes more than there is: of ten holds of 400 TUX three are placed', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(1200)
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () =>
          outcomeOf(wallet.holds.place({ id: newId(), uid, amount: parseTux(400), releases: [] })),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(3)
      expect((await wallet.ledger.balances(uid)).tux).toBe(0n)
    }
  })

  it('places a hold once, however often its id comes', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(100)
      const placement = { id: newId<HoldId>(), uid, amount: parseTux(60), releases: [] }
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(wallet.holds.place(placement))))
      expect(new Set(outcomes)).toEqual(new Set(['done']))
      expect((await wallet.ledger.balances(uid)).tux).toBe(parseTux(40))
    }
  })

  it('leaves no hold open of a player who is closed meanwhile', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(100)
      const ids = Array.from({ length: 6 }, () => newId<HoldId>())
      const place = (id: HoldId): Promise<string> =>
        outcomeOf(wallet.holds.place({ id, uid, amount: parseTux(10), releases: [] }))
      const outcomes = await Promise.all([
        ...ids.slice(0, 3).map(place),
        outcomeOf(wallet.ledger.closePlayer(uid)),
        ...ids.slice(3).map(place),
      ])
      for (const outcome of outcomes) expect(['done', 'UnknownPlayer']).toContain(outcome)
      expect(await openHolds(ids)).toBe(0)
    }
  })

  it('pays or gives back, never both, and says the same to everybody', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
      const capture = { id: newId<HoldId>(), seller, auctionId: newId<AuctionId>() }
      await wallet.holds.place({ id: capture.id, uid: buyer, amount: parseTux(60), releases: [] })
      const outcomes = await Promise.all([
        ...Array.from({ length: 3 }, () => wallet.holds.release(capture.id)),
        ...Array.from({ length: 3 }, () => wallet.holds.capture(capture)),
      ])
      expect(new Set(outcomes).size).toBe(1)
      expect((await wallet.ledger.balances(seller)).tux).toBe(parseTux(outcomes[0] === 'captured' ? 60 : 0))
    }
  })

  it('places or buries, never both', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(100)
      const id = newId<HoldId>()
      const [placed] = await Promise.all([
        outcomeOf(wallet.holds.place({ id, uid, amount: parseTux(60), releases: [] })),
        wallet.holds.release(id),
      ])
      expect(['done', 'HoldConflict']).toContain(placed)
      expect((await wallet.ledger.balances(uid)).tux).toBe(parseTux(100))
    }
  })

  it('sells to one another at once without waiting for ever', async () => {
    const [ada, bob] = [await wallet.playerWith(1200), await wallet.playerWith(1200)]
    const captures = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const [uid, seller] = index % 2 === 0 ? [ada, bob] : [bob, ada]
        const id = newId<HoldId>()
        await wallet.holds.place({ id, uid, amount: parseTux(10), releases: [] })
        return { id, seller, auctionId: newId<AuctionId>() }
      }),
    )
    const outcomes = await Promise.all(captures.map((capture) => wallet.holds.capture(capture)))
    expect(new Set(outcomes)).toEqual(new Set(['captured']))
    expect((await wallet.ledger.balances(ada)).tux).toBe(parseTux(1200))
  })
})
