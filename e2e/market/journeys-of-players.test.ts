import { describe, expect, it } from 'vitest'
import { call, listOf, objectOf, outcome, refusal, textOf } from '../support/http.ts'
import {
  auctionOf,
  auctionRequest,
  bid,
  closeAuction,
  copiesOf,
  deleteAccount,
  deleteAuction,
  give,
  lead,
  listAuctions,
  listedIds,
  openAuction,
  playerWith,
  sale,
  salesOf,
  soon,
  stockNames,
  totalTux,
  tuxOf,
  untilClosed,
} from '../support/market.ts'
import { buy, newToken, type Player, registerPlayer, registration, signIn, uniqueName } from '../support/people.ts'

const userinfo = (token: string) => call('public', 'GET', '/auth/userinfo', { token })
const collectionOf = async ({ uid, token }: Player) =>
  listOf((await call('public', 'GET', `/distro/${uid}/gacha/collection`, { token })).body)
const historyOf = async ({ uid, token }: Player) =>
  objectOf((await call('public', 'GET', `/tux-management/transactions/${uid}`, { token })).body)
const roll = ({ uid, token }: Player) => call('public', 'POST', `/distro/${uid}/gacha/roll`, { token })

describe('a player', () => {
  it('P1 creates an account and can play at once', async () => {
    const asked = registration()
    const created = await call('public', 'POST', '/auth/accounts', { json: asked })
    const { username, email } = asked
    expect(outcome(created)).toStrictEqual({
      status: 200,
      body: { uid: expect.any(String), username, email, role: 'user' },
    })
    const player = { ...asked, uid: textOf(created, 'uid'), token: await newToken(asked) }
    expect(await collectionOf(player)).toStrictEqual([])
    expect(await tuxOf(player)).toBe(0)
    expect(await listedIds('public', player.token, `player_id=${player.uid}`)).toStrictEqual([])
    await give(player)
    await openAuction(player)
  })

  it('P2 deletes the account, and what was its own is gone', async () => {
    const [player, seller] = [await playerWith(100), await registerPlayer()]
    const id = await openAuction(seller)
    await lead(player, id, 10)
    await deleteAccount(player)
    expect((await signIn(player)).status).toBe(401)
    expect((await userinfo(player.token)).status).toBe(401)
    await closeAuction(id)
    expect([await copiesOf(seller), await tuxOf(seller)]).toStrictEqual([1, 0])
    const { username, email, password } = player
    expect((await registerPlayer({ username, email, password })).uid).not.toBe(player.uid)
  })

  it('P3 changes name, address and password, and goes on playing', async () => {
    const player = await playerWith(20)
    const [username, path] = [uniqueName('renamed'), `/auth/accounts/${player.uid}`]
    const json = { username, email: `${username}@players.example` }
    expect((await call('public', 'PUT', path, { token: player.token, json })).body).toMatchObject(json)
    const new_password = 'Other-Gr4nite!'
    const passwords = { old_password: player.password, new_password }
    const changed = await call('public', 'POST', `${path}/changePassword`, { token: player.token, json: passwords })
    expect(outcome(changed)).toStrictEqual({ status: 200, body: { message: 'Password successfully updated' } })
    expect((await signIn(player)).status).toBe(401)
    const again = { ...player, token: await newToken({ username, password: new_password }) }
    expect((await roll(again)).status).toBe(200)
    expect(await tuxOf(again)).toBe(10)
  })

  it('P4 signs in and out', async () => {
    const player = await registerPlayer()
    const token = await newToken(player)
    expect((await userinfo(token)).body).toMatchObject({ uid: player.uid })
    const out = await call('public', 'POST', '/auth/logout', { token })
    const message = `Logout successful. The access token of user ${player.username} has been invalidated.`
    expect(outcome(out)).toStrictEqual({ status: 200, body: { message } })
    expect((await call('public', 'GET', '/auction/auctions', { token })).status).toBe(401)
    expect((await userinfo(player.token)).status).toBe(200)
  })

  it('P5 is safe from other players', async () => {
    const [player, thief] = [await playerWith(100), await playerWith(100)]
    await give(player)
    const id = await openAuction(player)
    const other = await openAuction(thief)
    const { uid } = player
    for (const [method, path, json] of [
      ['GET', `/auth/accounts/${uid}`, undefined],
      ['PUT', `/auth/accounts/${uid}`, { username: uniqueName() }],
      ['DELETE', `/auth/accounts/${uid}`, undefined],
      ['POST', `/auth/accounts/${uid}/changePassword`, { old_password: 'x', new_password: 'Gr4nite-Tower?' }],
      ['GET', `/distro/${uid}/gacha/collection`, undefined],
      ['POST', `/distro/${uid}/gacha/roll`, undefined],
      ['GET', `/tux-management/balances/${uid}`, undefined],
      ['GET', `/tux-management/transactions/${uid}`, undefined],
      ['POST', '/tux-management/buy', { amount: 1, user_id: uid }],
      ['POST', '/auction/auctions', auctionRequest(player)],
      ['DELETE', `/auction/auctions/${id}`, undefined],
      ['POST', `/auction/auctions/${other}/bids`, { auction_id: other, player_id: uid, bid: 10 }],
      ['GET', `/auction/auctions/${uid}/bids`, undefined],
    ] as const) {
      const answer = await call('public', method, path, { token: thief.token, json })
      expect([400, 401, 403], `${method} ${path}`).toContain(answer.status)
    }
    expect([await tuxOf(player), await copiesOf(player)]).toStrictEqual([100, 1])
    expect(await auctionOf(id)).toMatchObject({ active: true })
  })

  it('P6 sees the own collection', async () => {
    const player = await registerPlayer()
    await give(player, 'Gentoo', 2)
    await give(player, 'Pop!_OS')
    expect((await collectionOf(player)).map(({ name, value }) => [name, value])).toStrictEqual([
      ['Gentoo', 2],
      ['Pop!_OS', 1],
    ])
  })

  it('P7 sees one gacha of the own collection', async () => {
    const player = await registerPlayer()
    await give(player, 'TempleOS')
    const path = `/distro/${player.uid}/gacha/collection/TempleOS`
    const one = await call('public', 'GET', path, { token: player.token })
    const body = { value: 1, name: 'TempleOS', image: expect.any(String), rarity: '5' }
    expect(outcome(one)).toStrictEqual({ status: 200, body })
  })

  it('P8 sees the catalogue', async () => {
    const { token } = await registerPlayer()
    const all = listOf((await call('public', 'GET', '/distro/user/gacha/all', { token })).body)
    expect(all.length).toBeGreaterThanOrEqual(21)
    expect(all).toContainEqual({ name: 'Pop!_OS', image: expect.any(String) })
  })

  it('P9 sees one gacha of the catalogue', async () => {
    const { token } = await registerPlayer()
    const one = await call('public', 'GET', '/distro/user/gacha/Pop!_OS', { token })
    const body = { id: expect.any(String), name: 'Pop!_OS', rarity: '2', image: expect.any(String) }
    expect(outcome(one)).toStrictEqual({ status: 200, body })
  })

  it('P10 rolls, and has what was won, until the TUX is spent', async () => {
    const player = await playerWith(30)
    const names = await stockNames(player.token)
    // Other tests make and remove gachas meanwhile: only what stays is counted.
    const stays = ({ name }: Record<string, unknown>): boolean => names.includes(String(name))
    const won: Record<string, unknown>[] = []
    for (let count = 0; count < 3; count++) won.push(objectOf((await roll(player)).body))
    const refused = refusal(400, "Error, you don't have enough tux to complete the roll")
    expect(outcome(await roll(player))).toStrictEqual(refused)
    const collection = (await collectionOf(player)).filter(stays)
    expect(collection.reduce((sum, { value }) => sum + Number(value), 0)).toBe(won.filter(stays).length)
    for (const gacha of won.filter(stays)) expect(collection).toContainEqual({ value: expect.any(Number), ...gacha })
  })

  it('P11 buys TUX, and bids with it', async () => {
    const [player, seller] = [await registerPlayer(), await registerPlayer()]
    const id = await openAuction(seller)
    expect((await bid(player, id, 12)).status).toBe(402)
    await buy(player, 12)
    expect(await tuxOf(player)).toBe(12)
    await lead(player, id, 12)
    expect(await tuxOf(player)).toBe(0)
  })

  it('P12 cannot spend what is not there, nor what is held for a bid', async () => {
    const [player, seller] = [await playerWith(15), await registerPlayer()]
    const id = await openAuction(seller)
    await lead(player, id, 10)
    expect((await roll(player)).status).toBe(400)
    expect((await bid(player, await openAuction(seller), 6)).status).toBe(402)
    expect(await tuxOf(player)).toBe(5)
    const tooMuch = await call('public', 'POST', '/tux-management/buy', {
      token: player.token,
      json: { amount: 1200, user_id: player.uid },
    })
    expect(tooMuch.status).toBe(402)
    await deleteAuction(seller, id)
    expect((await roll(player)).status).toBe(200)
    expect(await tuxOf(player)).toBe(5)
  })

  it('P13 sees the market', async () => {
    const [player, seller] = [await registerPlayer(), await registerPlayer()]
    const id = await openAuction(seller, { starting_price: 5 })
    const own = await openAuction(player, { starting_price: 5 })
    const all = await listAuctions('public', player.token, 'starting_price=5')
    for (const auction_id of [id, own])
      expect(all).toContainEqual(expect.objectContaining({ auction_id, active: true }))
  })

  it('P14 sets an auction for a gacha that was rolled', async () => {
    let player: Player
    let gacha_name: string
    do {
      player = await playerWith(10)
      gacha_name = textOf(await roll(player), 'name')
      // One of another test may be removed before it is set.
    } while (!(await stockNames(player.token)).includes(gacha_name))
    const json = auctionRequest(player, { gacha_name, starting_price: 10 })
    const set = await call('public', 'POST', '/auction/auctions', { token: player.token, json })
    expect(outcome(set)).toStrictEqual({ status: 201, body: { auction_id: expect.any(String), ...json } })
    expect(await collectionOf(player)).toStrictEqual([])
  })

  it('P15 bids', async () => {
    const [player, seller] = [await playerWith(50), await registerPlayer()]
    const id = await openAuction(seller, { starting_price: 20 })
    expect((await bid(player, id, 19)).status).toBe(400)
    const placed = await bid(player, id, 20)
    expect(outcome(placed)).toMatchObject({ status: 201, body: { player_id: player.uid, value: 20 } })
    const own = await call('public', 'GET', `/auction/auctions/${player.uid}/bids`, { token: player.token })
    expect(outcome(own)).toStrictEqual({ status: 200, body: [placed.body] })
  })

  it('P16 sees the own history: purchases, rolls and sales', async () => {
    const [player, buyer] = [await playerWith(60), await playerWith(60)]
    await roll(player)
    const sold = await openAuction(player)
    await lead(buyer, sold, 30)
    await closeAuction(sold)
    const bought = await openAuction(buyer)
    await lead(player, bought, 80)
    await closeAuction(bought)
    const history = await historyOf(player)
    expect(Object.keys(history).sort()).toStrictEqual(['auction', 'purchase', 'roll'])
    expect(listOf(history['purchase'])).toMatchObject([{ purchased_tux: 60, filled: true }])
    expect(listOf(history['roll'])).toMatchObject([{ amount_tux: 10, filled: true }])
    expect(history['auction']).toStrictEqual([sale(sold, buyer, player, 30), sale(bought, player, buyer, 80)])
    expect([await tuxOf(player), await tuxOf(buyer)]).toStrictEqual([0, 110])
  })

  it('P17 receives the gacha that was won without asking for it', async () => {
    const [seller, winner] = [await registerPlayer(), await playerWith(100)]
    const id = await openAuction(seller, { gacha_name: 'Slackware', end_time: soon() })
    await lead(winner, id, 70)
    await untilClosed(id)
    expect([await copiesOf(seller, 'Slackware'), await copiesOf(winner, 'Slackware')]).toStrictEqual([0, 1])
  })

  it('P18 receives the TUX of a sale without asking for it', async () => {
    const [seller, winner] = [await registerPlayer(), await playerWith(100)]
    const id = await openAuction(seller, { end_time: soon() })
    await lead(winner, id, 70)
    await untilClosed(id)
    expect([await tuxOf(seller), await tuxOf(winner)]).toStrictEqual([70, 30])
    for (const player of [seller, winner]) expect(await salesOf(player)).toStrictEqual([sale(id, winner, seller, 70)])
  })

  it('P19 has the TUX back when outbid, and when the auction is deleted', async () => {
    const [seller, ada, bob] = [await registerPlayer(), await playerWith(100), await playerWith(100)]
    const id = await openAuction(seller)
    await lead(ada, id, 100)
    expect([await tuxOf(ada), (await bid(bob, id, 100)).status]).toStrictEqual([0, 400])
    await buy(bob, 1)
    await lead(bob, id, 101)
    expect([await tuxOf(ada), await tuxOf(bob)]).toStrictEqual([100, 0])
    await deleteAuction(seller, id)
    expect([await tuxOf(ada), await tuxOf(bob)]).toStrictEqual([100, 101])
  })

  it('P20 finds that no auction was tampered with', async () => {
    const [seller, ada, bob] = [await playerWith(100), await playerWith(100), await playerWith(100)]
    const everybody = [seller, ada, bob]
    const id = await openAuction(seller, { starting_price: 10 })
    // Nobody bids for others, below the price, on an own auction, or after the end; nobody closes but an administrator.
    const forged = { auction_id: id, player_id: ada.uid, bid: 50 }
    const inHerName = await call('public', 'POST', `/auction/auctions/${id}/bids`, { token: bob.token, json: forged })
    expect(inHerName.status).toBe(403)
    expect((await bid(seller, id, 50)).status).toBe(400)
    await lead(ada, id, 20)
    expect((await bid(bob, id, 20)).status).toBe(400)
    expect((await deleteAuction(bob, id)).status).toBe(403)
    for (const door of ['public', 'admin'] as const) {
      const json = { status: false }
      const close = await call(door, 'PATCH', `/auction/auctions/${id}`, { token: bob.token, json })
      expect(close.status).toBe(door === 'public' ? 405 : 403)
    }
    await closeAuction(id)
    expect((await bid(bob, id, 50)).status).toBe(404)
    expect((await deleteAuction(seller, id)).status).toBe(400)
    expect(await auctionOf(id)).toMatchObject({ current_winning_player_id: ada.uid, current_winning_bid: 20 })
    expect([await copiesOf(ada), await totalTux(everybody)]).toStrictEqual([1, 300])
  })
})
