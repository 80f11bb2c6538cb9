import { beforeAll, describe, expect, it } from 'vitest'
import { call, invalidToken, outcome, refusal } from '../support/http.ts'
import {
  asAdmin,
  auctionOf,
  auctionRequest,
  bid,
  bidsOn,
  closeAuction,
  copiesOf,
  deleteAccount,
  deleteAuction,
  give,
  inSeconds,
  lead,
  listedIds,
  openAuction,
  playerWith,
  sale,
  salesOf,
  setAuction,
  tuxOf,
  untilClosed,
} from '../support/market.ts'
import { adminToken, type Player, registerPlayer } from '../support/people.ts'

let watcher: Player

beforeAll(async () => {
  watcher = await playerWith(1000)
})

/** A deleted player, with what was there before: a copy, TUX, an auction and a bid. */
async function deletedPlayer(): Promise<{ gone: Player; auction: string; other: string }> {
  const gone = await playerWith(100)
  await give(gone)
  const auction = await openAuction(gone)
  const other = await openAuction(watcher)
  await lead(gone, other, 10)
  await deleteAccount(gone)
  return { gone, auction, other }
}

describe('a deleted player', () => {
  it('§11 meets 401 everywhere with the old token', async () => {
    const { gone, auction, other } = await deletedPlayer()
    const { uid, token } = gone
    for (const [method, path, json] of [
      ['GET', '/auth/userinfo', undefined],
      ['GET', `/auth/accounts/${uid}`, undefined],
      ['DELETE', `/auth/accounts/${uid}`, undefined],
      ['GET', `/distro/${uid}/gacha/collection`, undefined],
      ['POST', `/distro/${uid}/gacha/roll`, undefined],
      ['GET', `/tux-management/balances/${uid}`, undefined],
      ['POST', '/tux-management/buy', { amount: 1, user_id: uid }],
      ['GET', `/tux-management/transactions/${uid}`, undefined],
      ['GET', '/auction/auctions', undefined],
      ['POST', '/auction/auctions', auctionRequest(gone)],
      ['DELETE', `/auction/auctions/${auction}`, undefined],
      ['POST', `/auction/auctions/${other}/bids`, { auction_id: other, player_id: uid, bid: 20 }],
      ['GET', `/auction/auctions/${uid}/bids`, undefined],
    ] as const) {
      const answer = await call('public', method, path, { token, json })
      expect(outcome(answer), `${method} ${path}`).toStrictEqual(invalidToken)
    }
  })

  it('§11 is unknown to those who ask about the uid', async () => {
    const { gone, other } = await deletedPlayer()
    const { uid } = gone
    const token = await adminToken()
    for (const [method, path, refused] of [
      ['GET', `/auth/accounts/${uid}`, refusal(404, 'Account not found')],
      ['DELETE', `/auth/accounts/${uid}`, refusal(404, 'Account not found')],
      ['GET', `/distro/get/${uid}/collection`, refusal(400, 'User Not present')],
      ['GET', `/tux-management/transactions/${uid}`, refusal(404, 'User does not exists!')],
    ] as const) {
      expect(outcome(await call('admin', method, path, { token })), path).toStrictEqual(refused)
    }
    const noPlayer = refusal(400, 'Player is not existent according knowledge base')
    expect(outcome(await asAdmin('POST', 'auctions', auctionRequest(gone)))).toStrictEqual(noPlayer)
    const wrong = { starting_price: -1, end_time: 0 }
    expect(outcome(await asAdmin('POST', 'auctions', auctionRequest(gone, wrong)))).toStrictEqual(noPlayer)

    const bidFor = async (amount: number) =>
      outcome(await asAdmin('POST', `auctions/${other}/bids`, { auction_id: other, player_id: uid, bid: amount }))
    expect(await bidFor(10)).toStrictEqual(refusal(400, 'Bid must be higher than currently winning bid'))
    for (const amount of [11, 5000]) expect(await bidFor(amount)).toStrictEqual(refusal(400, 'Player does not exists'))
  })

  it('§11 does not keep the auctions of others, nor the own, from the list', async () => {
    const { gone, auction, other } = await deletedPlayer()
    expect(await listedIds('public', watcher.token, `player_id=${gone.uid}`)).toStrictEqual([auction])
    expect(await listedIds('public', watcher.token, `player_id=${watcher.uid}`)).toContain(other)
    const byAdmin = await listedIds('admin', await adminToken(), `player_id=${gone.uid}`)
    expect(byAdmin).toStrictEqual([auction])
  })
})

describe('an auction whose outbid bidder is gone', () => {
  it('§11 goes on as if nothing had happened', async () => {
    const [seller, gone, winner] = [await registerPlayer(), await playerWith(50), await playerWith(50)]
    const id = await openAuction(seller)
    await lead(gone, id, 10)
    await lead(winner, id, 20)
    await deleteAccount(gone)
    expect(await auctionOf(id)).toMatchObject({ active: true, current_winning_player_id: winner.uid })
    expect((await bidsOn(id)).map(({ player_id, value }) => [player_id, value])).toStrictEqual([
      [gone.uid, 10],
      [winner.uid, 20],
    ])
    await closeAuction(id)
    expect([await tuxOf(seller), await tuxOf(winner), await copiesOf(winner)]).toStrictEqual([20, 30, 1])
    expect(await salesOf(seller)).toStrictEqual([sale(id, winner, seller, 20)])
  })
})

describe('an auction whose leader is gone', () => {
  async function opened(seconds = 3600) {
    const [seller, leader] = [await registerPlayer(), await playerWith(50)]
    const id = await openAuction(seller, { end_time: inSeconds(seconds), gacha_name: 'Solus' })
    await lead(leader, id, 10)
    await deleteAccount(leader)
    return { seller, leader, id }
  }

  it('§11 stays listed; closed by an administrator, the copy returns and nobody is paid', async () => {
    const { seller, leader, id } = await opened()
    expect(await auctionOf(id)).toMatchObject({ active: true, current_winning_bid: 10 })
    expect(await listedIds('public', watcher.token, `player_id=${seller.uid}`)).toStrictEqual([id])
    await closeAuction(id)
    expect(await auctionOf(id)).toMatchObject({ active: false })
    expect([await tuxOf(seller), await copiesOf(seller, 'Solus')]).toStrictEqual([0, 1])
    expect(await salesOf(seller)).toStrictEqual([])
    const collection = await call('admin', 'GET', `/distro/get/${leader.uid}/collection`, { token: await adminToken() })
    expect(outcome(collection)).toStrictEqual(refusal(400, 'User Not present'))
  })

  it('§11 ends by itself with the same outcome', async () => {
    const { seller, id } = await opened(4)
    await untilClosed(id)
    expect([await tuxOf(seller), await copiesOf(seller, 'Solus'), await salesOf(seller)]).toStrictEqual([0, 1, []])
  })

  it('§11 takes higher bids, and is sold to the one who made them', async () => {
    const { seller, id } = await opened()
    const winner = await playerWith(50)
    const tooLow = refusal(400, 'Bid must be higher than currently winning bid')
    expect(outcome(await bid(winner, id, 10))).toStrictEqual(tooLow)
    await lead(winner, id, 11)
    expect(await tuxOf(winner)).toBe(39)
    await closeAuction(id)
    expect([await tuxOf(seller), await copiesOf(seller, 'Solus')]).toStrictEqual([11, 0])
    expect([await tuxOf(winner), await copiesOf(winner, 'Solus')]).toStrictEqual([39, 1])
    expect(await salesOf(winner)).toStrictEqual([sale(id, winner, seller, 11)])
  })

  it('§9 may be deleted by its seller, who has the copy back', async () => {
    const { seller, id } = await opened()
    expect((await deleteAuction(seller, id)).status).toBe(200)
    expect([await tuxOf(seller), await copiesOf(seller, 'Solus')]).toStrictEqual([0, 1])
  })
})

describe('an auction whose seller is gone', () => {
  async function opened(seconds = 3600) {
    const [seller, leader] = [await registerPlayer(), await playerWith(50)]
    const id = await openAuction(seller, { end_time: inSeconds(seconds), gacha_name: 'Manjaro' })
    return { seller, leader, id }
  }

  it('§11 with bids stays listed and biddable; at the close the leader is released and gets nothing', async () => {
    const { seller, leader, id } = await opened()
    await lead(watcher, id, 10)
    await deleteAccount(seller)
    expect(await listedIds('public', leader.token, `player_id=${seller.uid}`)).toStrictEqual([id])
    await lead(leader, id, 20)
    expect(await tuxOf(leader)).toBe(30)
    await closeAuction(id)
    expect(await auctionOf(id)).toMatchObject({ active: false })
    expect([await tuxOf(leader), await copiesOf(leader, 'Manjaro'), await salesOf(leader)]).toStrictEqual([50, 0, []])
  })

  it('§11 with bids ends by itself with the same outcome', async () => {
    const { seller, leader, id } = await opened(4)
    await lead(leader, id, 20)
    await deleteAccount(seller)
    await untilClosed(id)
    expect([await tuxOf(leader), await copiesOf(leader, 'Manjaro'), await salesOf(leader)]).toStrictEqual([50, 0, []])
  })

  it('§11 without bids is closed, and its copy discarded', async () => {
    for (const seconds of [3600, 4]) {
      const { seller, id } = await opened(seconds)
      await deleteAccount(seller)
      expect(await listedIds('public', watcher.token, `player_id=${seller.uid}`)).toStrictEqual([id])
      if (seconds > 60) await closeAuction(id)
      else await untilClosed(id)
      expect(await auctionOf(id)).toMatchObject({ active: false, current_winning_player_id: null })
    }
  })

  it('§9 may be deleted by an administrator, with a full release', async () => {
    const { seller, leader, id } = await opened()
    await lead(leader, id, 20)
    await deleteAccount(seller)
    expect((await asAdmin('DELETE', `auctions/${id}`)).status).toBe(200)
    expect([await tuxOf(leader), await copiesOf(leader, 'Manjaro')]).toStrictEqual([50, 0])
    expect(await listedIds('public', watcher.token, `player_id=${seller.uid}`)).toStrictEqual([])
  })

  it('§11 closes when its leader is gone as well', async () => {
    const { seller, leader, id } = await opened()
    await lead(leader, id, 20)
    await Promise.all([deleteAccount(seller), deleteAccount(leader)])
    await closeAuction(id)
    expect(await auctionOf(id)).toMatchObject({ active: false })
  })
})

describe('the past of a deleted player', () => {
  it('§11 stays in the histories of others, by the old uid', async () => {
    const [gone, seller, winner] = [await playerWith(50), await registerPlayer(), await playerWith(50)]
    const bought = await openAuction(seller)
    await lead(gone, bought, 10)
    await closeAuction(bought)
    const sold = await openAuction(gone)
    await lead(winner, sold, 20)
    await closeAuction(sold)
    await deleteAccount(gone)
    expect(await salesOf(seller)).toStrictEqual([sale(bought, gone, seller, 10)])
    expect(await salesOf(winner)).toStrictEqual([sale(sold, winner, gone, 20)])
    expect([await tuxOf(seller), await tuxOf(winner)]).toStrictEqual([10, 30])
    expect(await auctionOf(bought)).toMatchObject({ current_winning_player_id: gone.uid, active: false })
  })

  it('§4 is not that of who takes the name next', async () => {
    const gone = await playerWith(50)
    const id = await openAuction(watcher)
    await lead(gone, id, 10)
    await openAuction(gone)
    await deleteAccount(gone)
    const { username, email, password } = gone
    const heir = await registerPlayer({ username, email, password })
    const own = await call('public', 'GET', `/auction/auctions/${heir.uid}/bids`, { token: heir.token })
    expect(outcome(own)).toStrictEqual({ status: 200, body: [] })
    expect(await listedIds('public', heir.token, `player_id=${heir.uid}`)).toStrictEqual([])
    expect(outcome(await setAuction(heir))).toStrictEqual(refusal(400, "User's gacha cannot be found."))
    await give(heir)
    expect((await setAuction(heir)).status).toBe(201)
  })
})
