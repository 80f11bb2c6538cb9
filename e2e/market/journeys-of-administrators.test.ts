import { afterAll, describe, expect, it } from 'vitest'
import { call, listOf, objectOf, outcome, textOf } from '../support/http.ts'
import {
  addToCatalogue,
  asAdmin,
  auctionOf,
  bidsOn,
  closeAuction,
  copiesOf,
  deleteAuction,
  give,
  lead,
  listAuctions,
  listedIds,
  openAuction,
  patchAuction,
  playerWith,
  removeFromCatalogue,
  sale,
  tuxOf,
} from '../support/market.ts'
import { administrator } from '../support/global-setup.ts'
import { adminToken, buy, newToken, registerPlayer, uniqueGachaName, uniqueName } from '../support/people.ts'

const made: string[] = []

/** A gacha of this test's own. */
async function newGacha(): Promise<string> {
  const name = uniqueGachaName()
  made.push(name)
  await addToCatalogue(name)
  return name
}

afterAll(async () => {
  for (const name of made) await removeFromCatalogue(name)
})

const ask = async (method: string, path: string, json?: unknown) =>
  call('admin', method, path, { token: await adminToken(), json })
const historyOf = async (uid: string) => objectOf((await ask('GET', `/tux-management/transactions/${uid}`)).body)

describe('an administrator', () => {
  it('A1 signs in and out', async () => {
    const token = await newToken(administrator, 'admin')
    expect((await call('admin', 'GET', '/auction/auctions', { token })).status).toBe(200)
    const out = await call('admin', 'POST', '/auth/logout', { token })
    const message = `Logout successful. The access token of user ${administrator.username} has been invalidated.`
    expect(outcome(out)).toStrictEqual({ status: 200, body: { message } })
    expect((await call('admin', 'GET', '/auction/auctions', { token })).status).toBe(401)
    expect((await ask('GET', '/auction/auctions')).status).toBe(200)
  })

  it('A2 sees all accounts', async () => {
    const { uid, email, username } = await registerPlayer()
    const accounts = listOf(objectOf((await ask('GET', '/auth/accounts')).body)['data'])
    expect(accounts).toContainEqual({ uid, email, username, role: 'user' })
    expect(accounts).toContainEqual(expect.objectContaining({ username: administrator.username, role: 'admin' }))
  })

  it('A3 checks and modifies one account, and its auctions and bids stay its own', async () => {
    const [player, seller, username] = [await playerWith(50), await registerPlayer(), uniqueName('renamed')]
    const id = await openAuction(seller)
    await lead(player, id, 10)
    const before = await ask('GET', `/auth/accounts/${player.uid}`)
    expect(before.body).toMatchObject({ uid: player.uid, username: player.username })
    const changed = await ask('PUT', `/auth/accounts/${player.uid}`, { username })
    expect(outcome(changed)).toMatchObject({ status: 200, body: { uid: player.uid, username } })
    await closeAuction(id)
    const again = { ...player, username, token: await newToken({ ...player, username }) }
    expect([await copiesOf(again), await tuxOf(again)]).toStrictEqual([1, 40])
  })

  it("A4 sees a player's currency history", async () => {
    const player = await registerPlayer()
    await buy(player, 15)
    for (let count = 0; count < 2; count++) {
      await call('public', 'POST', `/distro/${player.uid}/gacha/roll`, { token: player.token })
    }
    const history = await historyOf(player.uid)
    expect(listOf(history['purchase'])).toMatchObject([{ purchased_tux: 15, amount_tux: 15, filled: true }])
    expect(listOf(history['roll']).map(({ filled }) => filled)).toStrictEqual([true, false])
    expect(history['auction']).toStrictEqual([])
  })

  it("A5 sees a player's market history: what was bought and what was sold, and nothing that was undone", async () => {
    const [seller, buyer] = [await registerPlayer(), await playerWith(100)]
    const ids = [await openAuction(seller), await openAuction(seller), await openAuction(seller)] as const
    for (const id of ids) await lead(buyer, id, 20)
    await closeAuction(ids[1])
    await deleteAuction(seller, ids[2])
    await closeAuction(ids[0])
    const sales = [sale(ids[1], buyer, seller, 20), sale(ids[0], buyer, seller, 20)]
    for (const { uid } of [seller, buyer]) expect((await historyOf(uid))['auction']).toStrictEqual(sales)
  })

  it('A6 sees the whole catalogue', async () => {
    const name = await newGacha()
    const all = listOf((await ask('GET', '/distro/gacha/all')).body)
    expect(all.length).toBeGreaterThanOrEqual(22)
    for (const gacha of all) expect(Object.keys(gacha).sort()).toStrictEqual(['id', 'image', 'name', 'rarity'])
    expect(all.map((gacha) => gacha['name'])).toContain(name)
  })

  it('A7 adds a gacha, which can be sold at once, and removes it', async () => {
    const [name, seller, buyer] = [await newGacha(), await registerPlayer(), await playerWith(20)]
    const sold = await openAuction(seller, { gacha_name: name })
    await lead(buyer, sold, 10)
    await closeAuction(sold)
    expect(await copiesOf(buyer, name)).toBe(1)
    const open = await openAuction(seller, { gacha_name: name })
    await lead(buyer, open, 10)
    expect(outcome(await removeFromCatalogue(name))).toStrictEqual({ status: 200, body: { name } })
    expect(await copiesOf(buyer, name)).toBe(0)
    await closeAuction(open)
    expect([await copiesOf(buyer, name), await tuxOf(buyer), await tuxOf(seller)]).toStrictEqual([0, 10, 10])
  })

  it('A8 checks one gacha, and one that is none', async () => {
    const name = await newGacha()
    const seen = await ask('GET', `/distro/gacha/${name}`)
    const body = { id: expect.any(String), name, rarity: '1', image: 'a picture' }
    expect(outcome(seen)).toStrictEqual({ status: 200, body })
    expect(outcome(await ask('GET', '/distro/gacha/Absent'))).toStrictEqual({ status: 200, body: null })
  })

  it('A9 modifies one gacha', async () => {
    const changed = { name: await newGacha(), rarity: '4', image: 'another picture' }
    expect(outcome(await ask('PUT', '/distro/gacha', changed))).toStrictEqual({ status: 200, body: changed })
    const seen = await ask('GET', `/distro/gacha/${changed.name}`)
    expect(outcome(seen)).toStrictEqual({ status: 200, body: { id: expect.any(String), ...changed } })
  })

  it('A10 sees the market, of every player', async () => {
    const [ada, bob, name] = [await registerPlayer(), await registerPlayer(), await newGacha()]
    const ids = [await openAuction(ada, { gacha_name: name }), await openAuction(bob, { gacha_name: name })]
    expect(await listedIds('admin', await adminToken(), `gacha_name=${name}`)).toStrictEqual(ids)
    const found = objectOf((await asAdmin('GET', 'stats/auctions')).body)
    expect(found).toMatchObject({ avg: expect.any(Number), count: expect.any(Number) })
  })

  it('A11 sees one auction with its bids', async () => {
    const [seller, ada, bob] = [await registerPlayer(), await playerWith(50), await playerWith(50)]
    const id = await openAuction(seller)
    const made = [await lead(ada, id, 10), await lead(bob, id, 11), await lead(ada, id, 12)]
    expect(await auctionOf(id)).toMatchObject({ current_winning_player_id: ada.uid, current_winning_bid: 12 })
    expect((await bidsOn(id)).map(({ bid_id, value }) => [bid_id, value])).toStrictEqual([
      [made[0], 10],
      [made[1], 11],
      [made[2], 12],
    ])
  })

  it('A12 modifies one auction: closes it, deletes it, and sets and bids for a player', async () => {
    const [seller, ada] = [await registerPlayer(), await playerWith(50)]
    await give(seller, 'Zorin_OS', 2)
    const ids: string[] = []
    for (let count = 0; count < 2; count++) {
      const json = { player_id: seller.uid, gacha_name: 'Zorin_OS', starting_price: 5, end_time: 4_102_444_800 }
      const auction_id = textOf(await asAdmin('POST', 'auctions', json), 'auction_id')
      const offer = { auction_id, player_id: ada.uid, bid: 10 }
      const placed = await asAdmin('POST', `auctions/${auction_id}/bids`, offer)
      expect(outcome(placed)).toStrictEqual({ status: 201, body: { details: 'Success!' } })
      ids.push(auction_id)
    }
    const [first = '', second = ''] = ids
    expect([await copiesOf(seller, 'Zorin_OS'), await tuxOf(ada)]).toStrictEqual([0, 30])
    expect((await patchAuction(first, true)).status).toBe(400)
    expect((await patchAuction(first, false)).status).toBe(200)
    expect((await asAdmin('DELETE', `auctions/${second}`)).status).toBe(200)
    expect([await copiesOf(seller, 'Zorin_OS'), await copiesOf(ada, 'Zorin_OS')]).toStrictEqual([1, 1])
    expect([await tuxOf(seller), await tuxOf(ada)]).toStrictEqual([10, 40])
  })

  it('A13 sees the history of the market', async () => {
    const [seller, ada, token] = [await registerPlayer(), await playerWith(50), await adminToken()]
    const [sold, unsold] = [await openAuction(seller), await openAuction(seller)]
    await lead(ada, sold, 15)
    await closeAuction(unsold)
    await closeAuction(sold)
    const history = await listAuctions('admin', token, `active=false&player_id=${seller.uid}`)
    expect(history).toMatchObject([
      { auction_id: sold, current_winning_player_id: ada.uid, current_winning_bid: 15, active: false },
      { auction_id: unsold, current_winning_player_id: null, current_winning_bid: 0, active: false },
    ])
    expect(await listedIds('admin', token, `player_id=${seller.uid}`)).toStrictEqual([])
  })
})
