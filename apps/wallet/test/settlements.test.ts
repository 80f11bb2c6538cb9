import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AlreadySold, HoldConflict, OwnSale } from '../src/holds/rejections.ts'
import type { Settlement } from '../src/holds/settlements.ts'
import { parseTux, tuxToNumber } from '../src/ledger/money.ts'
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

async function stateOf(id: HoldId): Promise<string | undefined> {
  return (await wallet.db.selectFrom('hold').select('state').where('id', '=', id).executeTakeFirst())?.state
}

const sell = (hold: HoldId, seller: string, auctionId = newId<AuctionId>()): Settlement => ({
  hold,
  sale: { seller, auctionId },
})

describe('releasing holds', () => {
  it('§5 gives each back once', async () => {
    const uid = await wallet.playerWith(100)
    const holds = [await wallet.hold(uid, 30), await wallet.hold(uid, 20)].map((hold) => ({ hold }))
    for (let time = 0; time < 2; time += 1) {
      expect(await wallet.holds.settle([...holds, ...holds])).toEqual(Array.from({ length: 4 }, () => 'released'))
      expect(await tuxOf(uid)).toBe(100)
    }
  })

  it('§5 takes an id out of use under which there is no hold, with a sale or without', async () => {
    const seller = await wallet.playerWith(0)
    const [first, second] = [newId<HoldId>(), newId<HoldId>()]
    for (let time = 0; time < 2; time += 1)
      expect(await wallet.holds.settle([{ hold: first }, sell(second, seller), { hold: first }])).toEqual([
        'released',
        'released',
        'released',
      ])
    expect(await Promise.all([first, second].map(stateOf))).toEqual(['released', 'released'])
    expect(await tuxOf(seller)).toBe(0)
  })
})

describe('paying out of holds', () => {
  it('§9 pays the seller once, and is in the history of both', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(7)]
    const auctionId = newId<AuctionId>()
    const settlement = sell(await wallet.hold(buyer, 60), seller, auctionId)
    wallet.clock.moveSeconds(60)
    for (let time = 0; time < 2; time += 1) expect(await wallet.holds.settle([settlement])).toEqual(['captured'])
    expect(await wallet.holds.settle([{ hold: settlement.hold }])).toEqual(['captured'])
    expect([await tuxOf(buyer), await tuxOf(seller)]).toEqual([40, 67])
    const sale = { kind: 'sale', auctionId, buyer, seller, amount: parseTux(60) }
    for (const uid of [buyer, seller]) {
      const history = await wallet.ledger.history(uid)
      expect(history).toHaveLength(2)
      expect(history[1]).toMatchObject({ ...sale, at: wallet.clock.now() })
    }
    await wallet.ledger.closePlayer(seller)
    expect((await wallet.ledger.history(buyer))[1]).toMatchObject(sale)
    expect(await wallet.holds.settle([settlement])).toEqual(['captured'])
  })

  it('§7 pays many at once, also those who buy and sell in the same batch', async () => {
    const players = await Promise.all(Array.from({ length: 5 }, () => wallet.playerWith(100)))
    const settlements: Settlement[] = []
    // Everybody buys of everybody else, for 1 to 4 TUX.
    for (const [index, buyer] of players.entries())
      for (const distance of [1, 2, 3, 4])
        settlements.push(sell(await wallet.hold(buyer, distance), players[(index + distance) % players.length] ?? ''))
    const gone = await wallet.playerWith(100)
    settlements.splice(3, 0, sell(await wallet.hold(players[0] ?? '', 50), gone), { hold: newId<HoldId>() })
    await wallet.ledger.closePlayer(gone)
    const captured = Array.from({ length: 20 }, () => 'captured')
    expect(await wallet.holds.settle(settlements)).toEqual(captured.toSpliced(3, 0, 'seller-gone', 'released'))
    expect(await Promise.all(players.map(tuxOf))).toEqual([100, 100, 100, 100, 100])
    const sales = await wallet.db
      .selectFrom('transfer')
      .select('hold_id')
      .where('uid', 'in', players)
      .where('kind', '=', 'sale')
      .orderBy('sequence')
      .execute()
    // The history is in the order of the settlements.
    expect(sales.map((sale) => sale.hold_id)).toEqual(settlements.toSpliced(3, 2).map(({ hold }) => hold))
    await expectBalancedBooks(wallet.db)
  })

  it('§5 refuses another seller or another auction, and the rest of the batch with it', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const auctionId = newId<AuctionId>()
    const hold = await wallet.hold(buyer, 60)
    const other = await wallet.hold(buyer, 10)
    await wallet.holds.settle([sell(hold, seller, auctionId)])
    for (const wrong of [sell(hold, await wallet.playerWith(0), auctionId), sell(hold, seller)])
      await expect(wallet.holds.settle([sell(other, seller), { hold: other }, wrong])).rejects.toThrow(HoldConflict)
    expect([await stateOf(other), await tuxOf(seller)]).toEqual(['open', 60])
  })

  it('§7 pays for no auction twice, in one batch or in two, and refuses the rest of the batch with it', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const holds = [await wallet.hold(buyer, 20), await wallet.hold(buyer, 30), await wallet.hold(buyer, 1)]
    const [first = newId(), second = newId(), third = newId()] = holds
    const auctionId = newId<AuctionId>()
    const twice = [sell(third, seller), sell(first, seller, auctionId), sell(second, seller, auctionId)]
    await expect(wallet.holds.settle(twice)).rejects.toThrow(AlreadySold)
    await wallet.holds.settle([sell(first, seller, auctionId)])
    await expect(wallet.holds.settle(twice.toReversed())).rejects.toThrow(AlreadySold)
    expect(await Promise.all(holds.map(stateOf))).toEqual(['captured', 'open', 'open'])
    expect([await tuxOf(buyer), await tuxOf(seller)]).toEqual([49, 20])
  })

  it('§11 pays nobody when the bidder has gone', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const hold = await wallet.hold(buyer, 60)
    await wallet.ledger.closePlayer(buyer)
    expect(await stateOf(hold)).toBe('released')
    expect(await wallet.holds.settle([sell(hold, seller)])).toEqual(['released'])
    expect(await tuxOf(seller)).toBe(0)
  })

  it('§11 gives the bidder everything back when the seller has gone, and says the same again', async () => {
    const buyer = await wallet.playerWith(100)
    const closed = await wallet.playerWith(0)
    await wallet.ledger.closePlayer(closed)
    for (const seller of [closed, newId<AccountId>(), 'nobody']) {
      const settlement = sell(await wallet.hold(buyer, 60), seller)
      for (let time = 0; time < 2; time += 1) expect(await wallet.holds.settle([settlement])).toEqual(['seller-gone'])
      expect(await wallet.holds.settle([{ hold: settlement.hold }])).toEqual(['released'])
      await expect(wallet.holds.settle([sell(settlement.hold, buyer)])).rejects.toThrow(HoldConflict)
    }
    expect(await tuxOf(buyer)).toBe(100)
  })

  it('§7 refuses a bidder who is the seller', async () => {
    const uid = await wallet.playerWith(100)
    const hold = await wallet.hold(uid, 60)
    await expect(wallet.holds.settle([sell(hold, uid)])).rejects.toThrow(OwnSale)
    expect(await stateOf(hold)).toBe('open')
  })

  it('takes a hold of nothing', async () => {
    const [buyer, seller] = [await wallet.playerWith(0), await wallet.playerWith(0)]
    expect(await wallet.holds.settle([sell(await wallet.hold(buyer, 0), seller)])).toEqual(['captured'])
  })
})

describe('closing a player', () => {
  it('§11 takes back what was held too', async () => {
    const uid = await wallet.playerWith(100)
    const holds = [await wallet.hold(uid, 30), await wallet.hold(uid, 20)]
    await wallet.ledger.closePlayer(uid)
    expect(await Promise.all(holds.map(stateOf))).toEqual(['released', 'released'])
    const accounts = await wallet.db.selectFrom('account').select(['balance', 'held']).where('uid', '=', uid).execute()
    expect(accounts).toEqual([
      { balance: 0n, held: 0n },
      { balance: 0n, held: 0n },
    ])
  })
})
