import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { call, outcome, refusal } from '../support/http.ts'
import {
  addToCatalogue,
  asAdmin,
  auctionOf,
  closeAuction,
  copiesOf,
  deleteAuction,
  inSeconds,
  lead,
  listedIds,
  openAuction,
  playerWith,
  removeFromCatalogue,
  salesOf,
  setAuction,
  tuxOf,
  untilClosed,
} from '../support/market.ts'
import { adminToken, type Player, registerPlayer, uniqueGachaName } from '../support/people.ts'

const made: string[] = []
let seller: Player
let outbid: Player
let leader: Player
let gacha: string

beforeEach(async () => {
  ;[seller, outbid, leader] = await Promise.all([registerPlayer(), playerWith(50), playerWith(50)])
  gacha = uniqueGachaName()
  made.push(gacha)
  await addToCatalogue(gacha)
})

afterAll(async () => {
  for (const name of made) await removeFromCatalogue(name)
})

/** An auction with two bidders whose gacha is removed while it runs. */
async function bereft(end_time = inSeconds(3600)): Promise<string> {
  const id = await openAuction(seller, { gacha_name: gacha, end_time })
  await lead(outbid, id, 10)
  await lead(leader, id, 20)
  expect((await removeFromCatalogue(gacha)).status).toBe(200)
  return id
}

/** Everybody has all the TUX back, nobody has a copy, and there was no sale. */
async function expectReleased(): Promise<void> {
  expect([await tuxOf(seller), await tuxOf(outbid), await tuxOf(leader)]).toStrictEqual([0, 50, 50])
  for (const player of [seller, outbid, leader]) {
    expect(await copiesOf(player, gacha)).toBe(0)
    expect(await salesOf(player)).toStrictEqual([])
  }
}

describe('an auction whose gacha is removed from the catalogue', () => {
  it('§13 is closed by an administrator with a full release and no delivery', async () => {
    const id = await bereft()
    await closeAuction(id)
    await expectReleased()
    expect(await auctionOf(id)).toMatchObject({ auction_id: id, gacha_name: gacha, active: false })
  })

  it('§13 closes by itself with a full release and no delivery', async () => {
    const id = await bereft(inSeconds(4))
    await untilClosed(id)
    await expectReleased()
  })

  it('§13 stays listed, and takes bids, until then', async () => {
    const id = await bereft()
    expect(await listedIds('public', seller.token, `gacha_name=${gacha}`)).toStrictEqual([id])
    await lead(outbid, id, 30)
    expect(await tuxOf(outbid)).toBe(20)
    await closeAuction(id)
    await expectReleased()
  })

  it('§13 may be deleted, with a full release and no copy back', async () => {
    const first = await bereft()
    expect((await deleteAuction(seller, first)).status).toBe(200)
    await expectReleased()
    await addToCatalogue(gacha)
    const second = await bereft()
    expect((await asAdmin('DELETE', `auctions/${second}`)).status).toBe(200)
    await expectReleased()
  })

  it('§13 without bids closes with nothing', async () => {
    const id = await openAuction(seller, { gacha_name: gacha })
    await removeFromCatalogue(gacha)
    await closeAuction(id)
    await expectReleased()
  })

  it('§13 does not deliver a newer gacha of the same name', async () => {
    const id = await bereft()
    await addToCatalogue(gacha)
    await closeAuction(id)
    await expectReleased()
  })

  it('§9 does not keep other auctions that end with it from closing', async () => {
    const end_time = inSeconds(6)
    const others = [await openAuction(seller, { end_time }), await openAuction(seller, { end_time })]
    const id = await bereft(end_time)
    for (const auction of [...others, id]) await untilClosed(auction)
    expect(await copiesOf(seller)).toBe(2)
    await expectReleased()
  })

  it('§8 cannot be set any more: its copies are gone', async () => {
    await bereft()
    const refused = await setAuction(seller, { gacha_name: gacha })
    expect(outcome(refused)).toStrictEqual(refusal(400, "User's gacha cannot be found."))
  })
})

describe('an auction whose gacha is modified', () => {
  it('§5 delivers it as it is now', async () => {
    const id = await openAuction(seller, { gacha_name: gacha })
    await lead(leader, id, 20)
    // The price of an auction has nothing to do with the rarity (§9).
    const change = { name: gacha, rarity: '5', image: 'another picture' }
    expect((await call('admin', 'PUT', '/distro/gacha', { token: await adminToken(), json: change })).status).toBe(200)
    await closeAuction(id)
    const { uid, token } = leader
    const one = await call('public', 'GET', `/distro/${uid}/gacha/collection/${gacha}`, { token })
    expect(outcome(one)).toStrictEqual({ status: 200, body: { value: 1, ...change } })
    expect(await tuxOf(seller)).toBe(20)
  })
})
