import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AlreadySold, HoldConflict, OwnSale, UnknownHold } from '../src/holds/rejections.ts'
import { parseTux, tuxToNumber } from '../src/ledger/money.ts'
import { NegativeAmount, NotEnoughTux, UnknownPlayer } from '../src/ledger/rejections.ts'
import type { AuctionId, HoldId } from '../src/ledger/transfer.ts'
import { createTestWallet, expectBalancedBooks, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
beforeAll(async () => {
  wallet = await createTestWallet()
})
afterAll(async () => {
  await expectBalancedBooks(wallet.db)
  await wallet.test.drop()
})

const tuxOf = async (uid: string): Promise<number> => tuxToNumber((await wallet.ledger.balances(uid)).tux)

async function place(uid: string, tux: number, releases: readonly HoldId[] = []): Promise<HoldId> {
  const id = newId<HoldId>()
  await wallet.holds.place({ id, uid, amount: parseTux(tux), releases })
  return id
}

async function stateOf(id: HoldId): Promise<string | undefined> {
  return (await wallet.db.selectFrom('hold').select('state').where('id', '=', id).executeTakeFirst())?.state
}

describe('placing a hold', () => {
  it('§7 takes what is held out of the balance, up to the last of it', async () => {
    const uid = await wallet.playerWith(70)
    await place(uid, 60)
    expect(await tuxOf(uid)).toBe(10)
    await expect(place(uid, 11)).rejects.toThrow(NotEnoughTux)
    await place(uid, 10)
    expect(await tuxOf(uid)).toBe(0)
    await expect(wallet.ledger.chargeRoll(uid, newId())).rejects.toThrow(NotEnoughTux)
    expect((await wallet.ledger.history(uid)).at(-1)).toMatchObject({ kind: 'roll', filled: false, after: { tux: 0n } })
  })

  it('§7 leaves what is held out of the history', async () => {
    const uid = await wallet.playerWith(70)
    await place(uid, 50)
    await wallet.ledger.buy(uid, parseTux(1), newId())
    expect((await wallet.ledger.history(uid)).at(-1)).toMatchObject({ after: { tux: parseTux(21) } })
    expect(await wallet.ledger.history(uid)).toHaveLength(2)
  })

  it('§9 gives the previous leader everything back', async () => {
    const [ada, bob] = [await wallet.playerWith(100), await wallet.playerWith(100)]
    const first = await place(ada, 80)
    await place(bob, 81, [first, newId()])
    expect([await tuxOf(ada), await tuxOf(bob)]).toEqual([100, 19])
    expect(await stateOf(first)).toBe('released')
  })

  it('§9 needs only the difference of a leader who raises', async () => {
    const uid = await wallet.playerWith(100)
    const first = await place(uid, 80)
    const second = await place(uid, 100, [first])
    expect(await tuxOf(uid)).toBe(0)
    await expect(place(uid, 101, [second])).rejects.toThrow(NotEnoughTux)
    expect([await stateOf(first), await stateOf(second)]).toEqual(['released', 'open'])
  })

  it('§5 changes nothing when it is refused, the releases included', async () => {
    const [ada, bob] = [await wallet.playerWith(100), await wallet.playerWith(50)]
    const first = await place(ada, 80)
    await expect(place(bob, 81, [first])).rejects.toThrow(NotEnoughTux)
    for (const nobody of [newId(), 'nobody']) await expect(place(nobody, 81, [first])).rejects.toThrow(UnknownPlayer)
    await expect(place(bob, -1, [first])).rejects.toThrow(NegativeAmount)
    await expect(place(bob, Number.MAX_SAFE_INTEGER, [first])).rejects.toThrow(NotEnoughTux)
    expect([await stateOf(first), await tuxOf(ada), await tuxOf(bob)]).toEqual(['open', 20, 50])
  })

  it('§5 gives a retry the first answer, whatever became of the hold, and releases nothing more', async () => {
    const [ada, bob] = [await wallet.playerWith(100), await wallet.playerWith(100)]
    const later = newId<HoldId>()
    const placement = { id: newId<HoldId>(), uid: ada, amount: parseTux(80), releases: [later] }
    await wallet.holds.place(placement)
    await wallet.holds.place({ id: later, uid: bob, amount: parseTux(5), releases: [] })
    await wallet.holds.place(placement)
    expect([await tuxOf(ada), await stateOf(later)]).toEqual([20, 'open'])
    await wallet.holds.release(placement.id)
    await wallet.holds.place(placement)
    expect(await tuxOf(ada)).toBe(100)
    await wallet.ledger.closePlayer(ada)
    await wallet.holds.place(placement)
  })

  it('§5 refuses the same id with other content, and then changes nothing', async () => {
    const [ada, bob] = [await wallet.playerWith(100), await wallet.playerWith(100)]
    const other = await place(bob, 5)
    const placement = { id: newId<HoldId>(), uid: ada, amount: parseTux(10), releases: [] }
    await wallet.holds.place(placement)
    for (const changed of [{ uid: bob }, { amount: parseTux(11) }, { releases: [other] }])
      await expect(wallet.holds.place({ ...placement, ...changed })).rejects.toThrow(HoldConflict)
    expect([await tuxOf(ada), await tuxOf(bob)]).toEqual([90, 95])
  })
})

describe('releasing a hold', () => {
  it('§5 gives it back once', async () => {
    const uid = await wallet.playerWith(100)
    const id = await place(uid, 30)
    for (let time = 0; time < 2; time += 1) expect(await wallet.holds.release(id)).toBe('released')
    expect(await tuxOf(uid)).toBe(100)
  })

  it('§5 keeps a placement that comes later from happening', async () => {
    const uid = await wallet.playerWith(100)
    const id = newId<HoldId>()
    for (let time = 0; time < 2; time += 1) expect(await wallet.holds.release(id)).toBe('released')
    for (const amount of [parseTux(10), parseTux(1000)])
      await expect(wallet.holds.place({ id, uid, amount, releases: [] })).rejects.toThrow(
        new HoldConflict(id, 'released'),
      )
    expect(await wallet.holds.capture({ id, seller: uid, auctionId: newId() })).toBe('released')
    expect(await tuxOf(uid)).toBe(100)
  })
})

describe('capturing a hold', () => {
  it('§9 pays the seller once, and is in the history of both', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(7)]
    const capture = { id: await place(buyer, 60), seller, auctionId: newId<AuctionId>() }
    wallet.clock.moveSeconds(60)
    for (let time = 0; time < 2; time += 1) expect(await wallet.holds.capture(capture)).toBe('captured')
    expect(await wallet.holds.release(capture.id)).toBe('captured')
    expect([await tuxOf(buyer), await tuxOf(seller)]).toEqual([40, 67])
    const sale = { kind: 'sale', auctionId: capture.auctionId, buyer, seller, amount: parseTux(60) }
    for (const uid of [buyer, seller]) {
      const history = await wallet.ledger.history(uid)
      expect(history).toHaveLength(2)
      expect(history[1]).toMatchObject({ ...sale, at: wallet.clock.now() })
    }
    await wallet.ledger.closePlayer(seller)
    expect((await wallet.ledger.history(buyer))[1]).toMatchObject(sale)
    expect(await wallet.holds.capture(capture)).toBe('captured')
  })

  it('§5 refuses another seller or another auction', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const capture = { id: await place(buyer, 60), seller, auctionId: newId<AuctionId>() }
    await wallet.holds.capture(capture)
    for (const changed of [{ seller: await wallet.playerWith(0) }, { auctionId: newId<AuctionId>() }])
      await expect(wallet.holds.capture({ ...capture, ...changed })).rejects.toThrow(HoldConflict)
  })

  it('§7 pays for no auction twice', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const [first, second] = [await place(buyer, 20), await place(buyer, 30)]
    const auctionId = newId<AuctionId>()
    await wallet.holds.capture({ id: first, seller, auctionId })
    await expect(wallet.holds.capture({ id: second, seller, auctionId })).rejects.toThrow(AlreadySold)
    expect([await stateOf(second), await tuxOf(buyer), await tuxOf(seller)]).toEqual(['open', 50, 20])
  })

  it('§11 pays nobody when the bidder has gone', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const capture = { id: await place(buyer, 60), seller, auctionId: newId<AuctionId>() }
    await wallet.ledger.closePlayer(buyer)
    expect(await stateOf(capture.id)).toBe('released')
    expect(await wallet.holds.capture(capture)).toBe('released')
    expect(await tuxOf(seller)).toBe(0)
  })

  it('§11 gives the bidder everything back when the seller has gone, and says the same again', async () => {
    const buyer = await wallet.playerWith(100)
    const closed = await wallet.playerWith(0)
    await wallet.ledger.closePlayer(closed)
    for (const seller of [closed, newId<AccountId>(), 'nobody']) {
      const capture = { id: await place(buyer, 60), seller, auctionId: newId<AuctionId>() }
      for (let time = 0; time < 2; time += 1) expect(await wallet.holds.capture(capture)).toBe('seller-gone')
      expect(await wallet.holds.release(capture.id)).toBe('released')
      await expect(wallet.holds.capture({ ...capture, seller: buyer })).rejects.toThrow(HoldConflict)
    }
    expect(await tuxOf(buyer)).toBe(100)
  })

  it('§7 refuses a bidder who is the seller, and a hold that nobody placed', async () => {
    const uid = await wallet.playerWith(100)
    const id = await place(uid, 60)
    await expect(wallet.holds.capture({ id, seller: uid, auctionId: newId() })).rejects.toThrow(OwnSale)
    expect(await stateOf(id)).toBe('open')
    await expect(wallet.holds.capture({ id: newId(), seller: uid, auctionId: newId() })).rejects.toThrow(UnknownHold)
  })

  it('takes a hold of nothing', async () => {
    const [buyer, seller] = [await wallet.playerWith(0), await wallet.playerWith(0)]
    expect(await wallet.holds.capture({ id: await place(buyer, 0), seller, auctionId: newId() })).toBe('captured')
  })
})

describe('closing a player', () => {
  it('§11 takes back what was held too', async () => {
    const uid = await wallet.playerWith(100)
    const holds = [await place(uid, 30), await place(uid, 20)]
    await wallet.ledger.closePlayer(uid)
    expect(await Promise.all(holds.map(stateOf))).toEqual(['released', 'released'])
    const accounts = await wallet.db.selectFrom('account').select(['balance', 'held']).where('uid', '=', uid).execute()
    expect(accounts).toEqual([
      { balance: 0n, held: 0n },
      { balance: 0n, held: 0n },
    ])
  })
})
