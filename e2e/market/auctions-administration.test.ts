import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  call,
  type Door,
  expectInvalid,
  listOf,
  methodNotAllowed,
  notAuthenticated,
  notFound,
  objectOf,
  outcome,
  refusal,
  validationErrors,
} from '../support/http.ts'
import {
  asAdmin,
  auctionOf,
  closeAuction,
  copiesOf,
  deleteAuction,
  expectInvalidPath,
  lead,
  noIds,
  openAuction,
  patchAuction,
  playerWith,
  sale,
  salesOf,
  spellingsOf,
  tuxOf,
} from '../support/market.ts'
import { adminToken, newToken, type Player, registerPlayer } from '../support/people.ts'

const unauthorized = refusal(403, 'Unauthorized')
const cannotActivate = refusal(400, 'Cannot activate an inactive auction')
const notActive = refusal(404, 'Auction does not exist or is not active')
const closed = { status: 200, body: { detail: 'Success!' } }

let seller: Player
let ada: Player
let bob: Player

beforeAll(async () => {
  ;[seller, ada, bob] = await Promise.all([registerPlayer(), playerWith(500), playerWith(500)])
})

describe('an auction that an administrator closes', () => {
  it('§9 pays the seller and delivers the gacha before the answer', async () => {
    const [dora, emil] = [await registerPlayer(), await playerWith(50)]
    const id = await openAuction(dora)
    await lead(ada, id, 10)
    await lead(emil, id, 20)
    expect(outcome(await patchAuction(id, false))).toStrictEqual(closed)
    expect([await copiesOf(dora), await copiesOf(emil)]).toStrictEqual([0, 1])
    expect([await tuxOf(dora), await tuxOf(emil)]).toStrictEqual([20, 30])
    for (const player of [dora, emil]) expect(await salesOf(player)).toStrictEqual([sale(id, emil, dora, 20)])
    expect((await salesOf(ada)).map(({ auction_id }) => auction_id)).not.toContain(id)
    expect(await auctionOf(id)).toMatchObject({
      active: false,
      current_winning_player_id: emil.uid,
      current_winning_bid: 20,
    })
  })

  it('§9 without bids gives the copy back and books nothing', async () => {
    const dora = await registerPlayer()
    const id = await openAuction(dora)
    expect(await copiesOf(dora)).toBe(0)
    expect(outcome(await patchAuction(id, false))).toStrictEqual(closed)
    expect([await copiesOf(dora), await tuxOf(dora), await salesOf(dora)]).toStrictEqual([1, 0, []])
    expect(await auctionOf(id)).toMatchObject({
      active: false,
      current_winning_player_id: null,
      current_winning_bid: 0,
    })
  })

  it('§2 may be closed by every spelling of false and of its id', async () => {
    for (const status of [false, 0, 'false', 'False', '0', 'off', 'NO', 'f', 'n']) {
      expect(outcome(await patchAuction(await openAuction(seller), status)), String(status)).toStrictEqual(closed)
    }
    const id = await openAuction(seller)
    expect(outcome(await patchAuction(encodeURIComponent(spellingsOf(id)[2] ?? ''), false))).toStrictEqual(closed)
    const other = await openAuction(seller)
    expect(outcome(await asAdmin('PATCH', `auctions/${other}`, { status: false, active: true }))).toStrictEqual(closed)
  })

  it('§8 is 404 the second time, and for what never was', async () => {
    const id = await openAuction(seller)
    await closeAuction(id)
    for (const asked of [id, id, randomUUID()])
      expect(outcome(await patchAuction(asked, false))).toStrictEqual(notActive)
    const deleted = await openAuction(seller)
    await deleteAuction(seller, deleted)
    expect(outcome(await patchAuction(deleted, false))).toStrictEqual(notActive)
  })

  it('§8 is never reopened: true is 400, whatever the auction', async () => {
    const [running, ended] = [await openAuction(seller), await openAuction(seller)]
    await closeAuction(ended)
    for (const status of [true, 1, 'true', 'on', 'YES', '1']) {
      for (const id of [running, ended, randomUUID()]) {
        expect(outcome(await patchAuction(id, status))).toStrictEqual(cannotActivate)
      }
    }
    expect([(await auctionOf(running))['active'], (await auctionOf(ended))['active']]).toStrictEqual([true, false])
  })

  it('§8 is refused by fields, then by role', async () => {
    const id = await openAuction(seller)
    expectInvalid(await asAdmin('PATCH', `auctions/${id}`, {}), 'body.status')
    for (const status of ['', 'maybe', 2, 0.5, null, [], {}]) {
      expectInvalid(await patchAuction(id, status), 'body.status')
    }
    for (const none of noIds) expectInvalidPath(await patchAuction(none, false))
    validationErrors(await asAdmin('PATCH', `auctions/${id}`))
    for (const token of [seller.token, await newToken(seller, 'admin')]) {
      for (const status of [true, false]) {
        for (const asked of [id, randomUUID()]) {
          const refused = await call('admin', 'PATCH', `/auction/auctions/${asked}`, { token, json: { status } })
          expect(outcome(refused)).toStrictEqual(unauthorized)
        }
      }
      expectInvalid(await call('admin', 'PATCH', `/auction/auctions/${id}`, { token, json: {} }), 'body.status')
    }
    const stranger = await call('admin', 'PATCH', `/auction/auctions/${id}`, { json: {} })
    expect(outcome(stranger)).toStrictEqual(notAuthenticated)
    const options = { rawBody: '{"status":', contentType: 'application/json' }
    const malformed = await call('admin', 'PATCH', `/auction/auctions/${id}`, options)
    expect(validationErrors(malformed).map(({ type }) => type)).toStrictEqual(['json_invalid'])
    expect(await auctionOf(id)).toMatchObject({ active: true })
  })
})

describe('the statistics', () => {
  const statistics = async () => {
    const answer = await asAdmin('GET', 'stats/auctions')
    expect(answer.status, answer.text).toBe(200)
    return objectOf(answer.body)
  }

  it('§8 are the bids of the last day, how many they are, and their mean', async () => {
    const [open, ended] = [await openAuction(seller), await openAuction(seller)]
    const made = [await lead(ada, open, 10), await lead(bob, ended, 5), await lead(bob, open, 11)]
    await closeAuction(ended)
    const found = await statistics()
    expect(Object.keys(found).sort()).toStrictEqual(['avg', 'bids', 'count'])
    const bids = listOf(found['bids'])
    expect(found['count']).toBe(bids.length)
    const mean = bids.reduce((sum, { value }) => sum + Number(value), 0) / bids.length
    expect(found['avg']).toBeCloseTo(mean, 9)
    expect(bids.filter(({ bid_id }) => made.some((id) => id === bid_id))).toStrictEqual([
      { bid_id: made[0], player_id: ada.uid, time: expect.any(Number), auction_id: open, value: 10 },
      { bid_id: made[1], player_id: bob.uid, time: expect.any(Number), auction_id: ended, value: 5 },
      { bid_id: made[2], player_id: bob.uid, time: expect.any(Number), auction_id: open, value: 11 },
    ])
    const yesterday = Date.now() / 1000 - 86_400 - 60
    expect(bids.filter(({ time }) => Number(time) < yesterday)).toStrictEqual([])
  })

  it('§8 have no bids of deleted auctions', async () => {
    const id = await openAuction(seller)
    await lead(ada, id, 10)
    await deleteAuction(seller, id)
    expect(listOf((await statistics())['bids']).filter(({ auction_id }) => auction_id === id)).toStrictEqual([])
  })

  it('§8 are for administrators alone', async () => {
    for (const token of [ada.token, await newToken(ada, 'admin')]) {
      expect(outcome(await call('admin', 'GET', '/auction/stats/auctions', { token }))).toStrictEqual(unauthorized)
    }
    expect(outcome(await call('admin', 'GET', '/auction/stats/auctions'))).toStrictEqual(notAuthenticated)
  })
})

describe('methods', () => {
  const id = randomUUID()

  it.each([
    ['public', 'GET', `/auction/auctions/${id}`],
    ['public', 'PATCH', `/auction/auctions/${id}`],
    ['public', 'PUT', `/auction/auctions/${id}`],
    ['public', 'POST', `/auction/auctions/${id}`],
    ['public', 'DELETE', '/auction/auctions'],
    ['public', 'PATCH', '/auction/auctions'],
    ['public', 'PUT', '/auction/auctions'],
    ['public', 'DELETE', `/auction/auctions/${id}/bids`],
    ['public', 'PUT', `/auction/auctions/${id}/bids`],
    ['admin', 'PUT', '/auction/auctions'],
    ['admin', 'DELETE', '/auction/auctions'],
    ['admin', 'POST', `/auction/auctions/${id}`],
    ['admin', 'PUT', `/auction/auctions/${id}`],
    ['admin', 'DELETE', `/auction/auctions/${id}/bids`],
    ['admin', 'PATCH', `/auction/auctions/${id}/bids`],
    ['admin', 'POST', '/auction/stats/auctions'],
    ['admin', 'DELETE', '/auction/stats/auctions'],
  ] as [Door, string, string][])('§2 on the %s door %s %s is 405', async (door, method, path) => {
    for (const options of [{}, { token: await adminToken() }, { rawBody: '{', contentType: 'application/json' }]) {
      expect(outcome(await call(door, method, path, options))).toStrictEqual(methodNotAllowed)
    }
  })

  it.each([
    ['public', '/auction/stats/auctions'],
    ['public', `/auction/auctions/${id}/bids/${id}`],
    ['public', '/auction/bids'],
    ['public', '/auction/admin/auctions'],
    ['public', `/auction/admin/auctions/${id}`],
    ['public', '/auction/admin/stats/auctions'],
    ['admin', '/auction/stats'],
    ['admin', `/auction/auctions/users/${id}`],
    ['admin', '/auction/admin/auctions'],
  ] as [Door, string][])('§2 the %s door has no %s', async (door, path) => {
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      expect(outcome(await call(door, method, path, { token: await adminToken() }))).toStrictEqual(notFound)
    }
  })

  it('§14 who plays on the market is registered within the house only', async () => {
    for (const door of ['public', 'admin'] as const) {
      const json = { uid: randomUUID() }
      const answer = await call(door, 'POST', '/auction/auctions/users', { token: await adminToken(), json })
      expect([404, 405]).toContain(answer.status)
    }
  })
})
