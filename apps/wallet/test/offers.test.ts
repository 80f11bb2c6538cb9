import { newId, parseId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Offer, OfferBatch, OfferBatchId } from '../src/holds/offers.ts'
import { OffersConflict } from '../src/holds/rejections.ts'
import { parseTux, tuxToNumber } from '../src/ledger/money.ts'
import { NotEnoughTux } from '../src/ledger/rejections.ts'
import type { AuctionId, HoldId } from '../src/ledger/transfer.ts'
import { serveWallet } from './surface-fixture.ts'
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

const offerOf = (uid: string, tux: number, lot: AuctionId): Offer => ({
  id: newId<HoldId>(),
  lot,
  uid,
  amount: parseTux(tux),
})
const batchOf = (offers: readonly Offer[], standing: OfferBatch['standing'] = []): OfferBatch => ({
  id: newId<OfferBatchId>(),
  offers,
  standing,
})

describe('placing offers', () => {
  it('§7 takes what is held out of the balance, up to the last of it', async () => {
    const uid = await wallet.playerWith(70)
    const offers = [60, 11, 10].map((tux) => offerOf(uid, tux, newId<AuctionId>()))
    expect(await wallet.holds.placeOffers(batchOf(offers))).toEqual(['held', 'not-enough-tux', 'held'])
    expect(await tuxOf(uid)).toBe(0)
    await expect(wallet.ledger.chargeRoll(uid, newId())).rejects.toThrow(NotEnoughTux)
    expect((await wallet.ledger.history(uid)).at(-1)).toMatchObject({ kind: 'roll', filled: false, after: { tux: 0n } })
  })

  it('§7 leaves what is held out of the history', async () => {
    const uid = await wallet.playerWith(70)
    await wallet.hold(uid, 50)
    await wallet.ledger.buy(uid, parseTux(1), newId())
    expect((await wallet.ledger.history(uid)).at(-1)).toMatchObject({ after: { tux: parseTux(21) } })
    expect(await wallet.ledger.history(uid)).toHaveLength(2)
  })

  it('§9 gives the previous leader everything back, who may use it in the same batch', async () => {
    const [ada, bob, lot] = [await wallet.playerWith(100), await wallet.playerWith(100), newId<AuctionId>()]
    const first = offerOf(ada, 80, lot)
    await wallet.holds.placeOffers(batchOf([first]))
    const standing = [{ lot, hold: first.id, amount: first.amount }]
    const offers = [offerOf(bob, 80, lot), offerOf(bob, 81, lot), offerOf(ada, 99, newId<AuctionId>())]
    expect(await wallet.holds.placeOffers(batchOf(offers, standing))).toEqual(['too-low', 'held', 'held'])
    expect([await tuxOf(ada), await tuxOf(bob), await stateOf(first.id)]).toEqual([1, 19, 'released'])
  })

  it('§9 needs only the difference of a leader who raises', async () => {
    const [uid, lot] = [await wallet.playerWith(100), newId<AuctionId>()]
    const [first, second] = [offerOf(uid, 80, lot), offerOf(uid, 100, lot)]
    await wallet.holds.placeOffers(batchOf([first]))
    const standing = [{ lot, hold: first.id, amount: first.amount }]
    const more = batchOf([second, offerOf(uid, 101, lot)], standing)
    expect(await wallet.holds.placeOffers(more)).toEqual(['held', 'not-enough-tux'])
    expect([await tuxOf(uid), await stateOf(first.id), await stateOf(second.id)]).toEqual([0, 'released', 'open'])
  })

  it('§9 writes nothing down of what was outbid within the batch', async () => {
    const [ada, bob, lot] = [await wallet.playerWith(100), await wallet.playerWith(100), newId<AuctionId>()]
    const offers = [10, 20, 30, 40].map((tux, index) => offerOf(index % 2 === 0 ? ada : bob, tux, lot))
    expect(await wallet.holds.placeOffers(batchOf(offers))).toEqual(['held', 'held', 'held', 'held'])
    expect(await Promise.all(offers.map(({ id }) => stateOf(id)))).toEqual([undefined, undefined, undefined, 'open'])
    expect([await tuxOf(ada), await tuxOf(bob)]).toEqual([100, 60])
  })

  it('§11 has to beat the offer of a player who has gone, who gets nothing back', async () => {
    const [ada, bob, lot] = [await wallet.playerWith(100), await wallet.playerWith(100), newId<AuctionId>()]
    const hold = await wallet.hold(ada, 60)
    await wallet.ledger.closePlayer(ada)
    const standing = [{ lot, hold, amount: parseTux(60) }]
    const offers = [offerOf(bob, 60, lot), offerOf(ada, 70, lot), offerOf(bob, 61, lot)]
    expect(await wallet.holds.placeOffers(batchOf(offers, standing))).toEqual(['too-low', 'unknown-player', 'held'])
    expect(await tuxOf(bob)).toBe(39)
  })

  it('§7 knows who is there, and refuses more than anybody has', async () => {
    const uid = await wallet.playerWith(1)
    const offers = [newId(), 'nobody', "'; drop table hold", '\0'].map((nobody) => offerOf(nobody, 1, newId()))
    const all = [...offers, offerOf(uid, Number.MAX_SAFE_INTEGER, newId()), offerOf(uid, 0, newId())]
    const nobody = offers.map(() => 'unknown-player')
    expect(await wallet.holds.placeOffers(batchOf(all))).toEqual([...nobody, 'not-enough-tux', 'held'])
  })

  it('§5 gives a retry the first answer, whatever became of the holds, and does nothing more', async () => {
    const [ada, bob, lot] = [await wallet.playerWith(100), await wallet.playerWith(100), newId<AuctionId>()]
    const batch = batchOf([offerOf(ada, 80, lot), offerOf(bob, 90, lot), offerOf(ada, 1000, newId())])
    const outcomes = ['held', 'held', 'not-enough-tux']
    for (let time = 0; time < 2; time += 1) expect(await wallet.holds.placeOffers(batch)).toEqual(outcomes)
    expect([await tuxOf(ada), await tuxOf(bob)]).toEqual([100, 10])
    await wallet.holds.settle(batch.offers.map(({ id }) => ({ hold: id })))
    await wallet.ledger.buy(ada, parseTux(1000), newId())
    expect(await wallet.holds.placeOffers(batch)).toEqual(outcomes)
    await wallet.ledger.closePlayer(ada)
    expect(await wallet.holds.placeOffers(batch)).toEqual(outcomes)
    expect(await tuxOf(bob)).toBe(100)
  })

  it('§5 refuses the same id with other content, and then changes nothing', async () => {
    const uid = await wallet.playerWith(100)
    const batch = batchOf([offerOf(uid, 10, newId())])
    await wallet.holds.placeOffers(batch)
    for (const offers of [[offerOf(uid, 10, newId())], [...batch.offers, offerOf(uid, 1, newId())]])
      await expect(wallet.holds.placeOffers({ ...batch, offers })).rejects.toThrow(new OffersConflict('batch'))
    expect(await tuxOf(uid)).toBe(90)
  })

  it('§5 refuses an offer whose id was used or taken out of use, and then changes nothing', async () => {
    const [uid, buried, lot] = [await wallet.playerWith(100), newId<HoldId>(), newId<AuctionId>()]
    const first = offerOf(uid, 10, lot)
    await wallet.holds.placeOffers(batchOf([first]))
    expect(await wallet.holds.settle([{ hold: buried }])).toEqual(['released'])
    const standing = [{ lot, hold: first.id, amount: first.amount }]
    for (const id of [first.id, buried]) {
      const late = batchOf([offerOf(uid, 20, lot), { ...offerOf(uid, 1, newId()), id }], standing)
      for (let time = 0; time < 2; time += 1)
        await expect(wallet.holds.placeOffers(late)).rejects.toThrow(new OffersConflict('hold'))
    }
    expect([await tuxOf(uid), await stateOf(first.id), await stateOf(buried)]).toEqual([90, 'open', 'released'])
  })
})

describe('the answers to batches', () => {
  const keptBatches = async (): Promise<OfferBatchId[]> =>
    (await wallet.db.selectFrom('offer_batch').select('id').execute()).flatMap(({ id }) => parseId(id) ?? [])

  it('§5 are kept for a day and then forgotten, and the holds stay', async () => {
    const uid = await wallet.playerWith(100)
    const [old, recent] = [batchOf([offerOf(uid, 10, newId())]), batchOf([offerOf(uid, 20, newId())])]
    await wallet.holds.placeOffers(old)
    wallet.clock.moveSeconds(1)
    await wallet.holds.placeOffers(recent)
    wallet.clock.moveSeconds(24 * 60 * 60)
    await wallet.holds.forgetOldBatches()
    expect(await keptBatches()).toEqual([recent.id])
    await expect(wallet.holds.placeOffers(old)).rejects.toThrow(new OffersConflict('hold'))
    expect(await tuxOf(uid)).toBe(70)
  })

  it('are forgotten when the wallet starts, many at a time, all of them', async () => {
    const hash = Buffer.alloc(32)
    await sql`insert into offer_batch
      select gen_random_uuid(), ${hash}, '{}', ${wallet.clock.now()}::timestamptz - make_interval(days => 2)
      from generate_series(1, 4001)`.execute(wallet.db)
    const uid = await wallet.playerWith(10)
    const recent = batchOf([offerOf(uid, 1, newId())])
    await wallet.holds.placeOffers(recent)
    const { service } = await serveWallet(wallet)
    await service.start()
    await service.stop()
    expect(await keptBatches()).toContain(recent.id)
    expect((await keptBatches()).length).toBeLessThanOrEqual(2)
  })
})
