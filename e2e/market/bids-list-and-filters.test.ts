import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, expectInvalid, listOf, notAuthenticated, type Outcome, outcome, refusal } from '../support/http.ts'
import {
  asAdmin,
  bid,
  bidsOn,
  closeAuction,
  expectInvalidPath,
  lead,
  noIds,
  openAuction,
  playerWith,
  spellingsOf,
} from '../support/market.ts'
import { adminToken, adminUid, newToken, type Player, registerPlayer } from '../support/people.ts'

/*
 * Ada and bob bid in turns on two auctions, in this order:
 * ada 10 on first, bob 20 on first, ada 5 on second, ada 30 on first, bob 6 on second. The second is closed then.
 */
const notValid = refusal(403, 'Player_id not valid')
const unauthorized = refusal(403, 'Unauthorized')
let seller: Player
let ada: Player
let bob: Player
let first: string
let second: string
let [ada10, bob20, ada5, ada30, bob6] = ['', '', '', '', '']

beforeAll(async () => {
  ;[seller, ada, bob] = await Promise.all([registerPlayer(), playerWith(100), playerWith(100)])
  first = await openAuction(seller)
  second = await openAuction(seller)
  ada10 = await lead(ada, first, 10)
  bob20 = await lead(bob, first, 20)
  ada5 = await lead(ada, second, 5)
  ada30 = await lead(ada, first, 30)
  bob6 = await lead(bob, second, 6)
  expect((await bid(bob, first, 30)).status).toBe(400)
  await closeAuction(second)
})

const own = (player: Player, query = '', of: string = player.uid) =>
  call('public', 'GET', `/auction/auctions/${of}/bids?${query}`, { token: player.token })
const onFirst = (query: string) => asAdmin('GET', `auctions/${first}/bids?${query}`)
const idsOf = ({ status, body }: Outcome) => [status, listOf(body).map(({ bid_id }) => bid_id)]

describe("a player's own bids", () => {
  it('§8 are those of the caller alone, on all auctions, the outbid and the closed too', async () => {
    expect(idsOf(await own(ada))).toStrictEqual([200, [ada10, ada5, ada30]])
    expect(idsOf(await own(bob))).toStrictEqual([200, [bob20, bob6]])
    expect(outcome(await own(seller))).toStrictEqual({ status: 200, body: [] })
  })

  it('§8 show exactly five fields each', async () => {
    expect((await own(ada)).body).toStrictEqual([
      { bid_id: ada10, player_id: ada.uid, time: expect.any(Number), auction_id: first, value: 10 },
      { bid_id: ada5, player_id: ada.uid, time: expect.any(Number), auction_id: second, value: 5 },
      { bid_id: ada30, player_id: ada.uid, time: expect.any(Number), auction_id: first, value: 30 },
    ])
  })

  it('§8 are filtered by each field, combined with AND', async () => {
    const time = String(listOf((await own(ada, `bid_id=${ada5}`)).body)[0]?.['time'])
    for (const [query, expected] of [
      [`bid_id=${ada30}`, [ada30]],
      [`bid_id=${bob20}`, []],
      [`bid_id=${randomUUID()}`, []],
      [`auction_id=${first}`, [ada10, ada30]],
      [`auction_id=${second}`, [ada5]],
      [`auction_id=${randomUUID()}`, []],
      [`player_id=${ada.uid}`, [ada10, ada5, ada30]],
      [`player_id=${bob.uid}`, []],
      ['bid=30', [ada30]],
      ['bid=20', []],
      ['bid=0', []],
      ['time=0', []],
      [`time=${time}&bid=5`, [ada5]],
      [`auction_id=${first}&bid=10`, [ada10]],
      [`auction_id=${second}&bid=10`, []],
      [`bid_id=${ada10}&auction_id=${first}&player_id=${ada.uid}&bid=10`, [ada10]],
    ] as const) {
      expect(idsOf(await own(ada, query)), query).toStrictEqual([200, expected])
    }
  })

  it('§13 are never those of others, whatever is filtered by', async () => {
    for (const query of [`player_id=${bob.uid}`, `auction_id=${first}`, `bid_id=${bob20}`, 'value=20', 'user_id=x']) {
      for (const { player_id } of listOf((await own(ada, query)).body)) expect(player_id).toBe(ada.uid)
    }
  })

  it('§2 take ids in every spelling and numbers as texts, and ignore other keys', async () => {
    for (const [index, spelling] of spellingsOf(ada.uid).entries()) {
      const query = `auction_id=${encodeURIComponent(spellingsOf(second)[index] ?? '')}&value=1&limit=0`
      expect(idsOf(await own(ada, query, encodeURIComponent(spelling)))).toStrictEqual([200, [ada5]])
    }
    for (const value of ['30.0', '%2030', '+30']) expect((await own(ada, `bid=${value}`)).status).toBe(200)
    expect(idsOf(await own(ada, 'bid=30.0'))).toStrictEqual([200, [ada30]])
  })

  it('§8 are nobody else’s: 403, before negative filters and after 422', async () => {
    for (const of of [bob.uid, randomUUID(), first]) {
      expect(outcome(await own(ada, '', of))).toStrictEqual(notValid)
      expect(outcome(await own(ada, 'bid=-1', of))).toStrictEqual(notValid)
      expectInvalid(await own(ada, 'bid=x', of), 'query.bid')
    }
    const token = await adminToken()
    const byAdmin = await call('public', 'GET', `/auction/auctions/${ada.uid}/bids`, { token })
    expect(outcome(byAdmin)).toStrictEqual(notValid)
    const ofAdmin = await call('public', 'GET', `/auction/auctions/${await adminUid()}/bids`, { token })
    expect(outcome(ofAdmin)).toStrictEqual({ status: 200, body: [] })
  })

  it.each(['bid', 'time'])('§8 are refused for a negative %s with 400', async (name) => {
    for (const value of ['-1', '-1.0', String(-Number.MAX_SAFE_INTEGER)]) {
      expect(outcome(await own(ada, `${name}=${value}`))).toStrictEqual(refusal(400, `${name} must be >=0`))
      expect(outcome(await onFirst(`${name}=${value}`))).toStrictEqual(refusal(400, `${name} must be >=0`))
    }
    for (const value of ['0', '-0', String(Number.MAX_SAFE_INTEGER)]) {
      expect(outcome(await own(ada, `${name}=${value}`)), value).toStrictEqual({ status: 200, body: [] })
    }
  })

  it('§2 are refused for what is no id and no number with 422', async () => {
    for (const name of ['bid_id', 'auction_id', 'player_id']) {
      for (const value of [...noIds, '']) {
        for (const answer of [await own(ada, `${name}=${value}`), await onFirst(`${name}=${value}`)]) {
          expectInvalid(answer, `query.${name}`)
        }
      }
    }
    for (const name of ['bid', 'time']) {
      for (const value of ['', 'ten', '1.5', '9007199254740992', 'NaN', '1e3']) {
        for (const answer of [await own(ada, `${name}=${value}`), await onFirst(`${name}=${value}`)]) {
          expectInvalid(answer, `query.${name}`)
        }
      }
    }
    for (const id of noIds) {
      expectInvalidPath(await own(ada, '', id))
      expectInvalidPath(await asAdmin('GET', `auctions/${id}/bids`))
    }
  })

  it('§2 want a token', async () => {
    for (const path of [`/auction/auctions/${ada.uid}/bids`, '/auction/auctions/x/bids?bid=x']) {
      const answer = await call('public', 'GET', path)
      expect(outcome(answer)).toStrictEqual(notAuthenticated)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })
})

describe('the bids on an auction', () => {
  it('§8 are shown to an administrator, of this auction alone, everybody’s, the oldest first', async () => {
    expect((await bidsOn(first)).map(({ bid_id }) => bid_id)).toStrictEqual([ada10, bob20, ada30])
    expect(await bidsOn(second)).toStrictEqual([
      { bid_id: ada5, player_id: ada.uid, time: expect.any(Number), auction_id: second, value: 5 },
      { bid_id: bob6, player_id: bob.uid, time: expect.any(Number), auction_id: second, value: 6 },
    ])
  })

  it('§8 are none where there is no auction, and none where nobody has bid', async () => {
    for (const id of [randomUUID(), await openAuction(seller)]) {
      expect(outcome(await asAdmin('GET', `auctions/${id}/bids`))).toStrictEqual({ status: 200, body: [] })
    }
  })

  it('§8 are filtered by each field, combined with AND', async () => {
    for (const [query, expected] of [
      [`bid_id=${bob20}`, [bob20]],
      [`bid_id=${bob6}`, []],
      [`auction_id=${first}`, [ada10, bob20, ada30]],
      [`auction_id=${second}`, []],
      [`player_id=${ada.uid}`, [ada10, ada30]],
      [`player_id=${seller.uid}`, []],
      ['bid=20', [bob20]],
      ['bid=6', []],
      [`bid=30&player_id=${ada.uid}`, [ada30]],
      [`bid=30&player_id=${bob.uid}`, []],
      ['time=1', []],
      ['limit=1&value=20', [ada10, bob20, ada30]],
    ] as const) {
      expect(idsOf(await onFirst(query)), query).toStrictEqual([200, expected])
    }
  })

  it('§8 are 403 for players, before negative filters and after 422', async () => {
    for (const token of [ada.token, await newToken(ada, 'admin')]) {
      for (const id of [first, ada.uid, randomUUID()]) {
        const path = `/auction/auctions/${id}/bids`
        expect(outcome(await call('admin', 'GET', path, { token }))).toStrictEqual(unauthorized)
        expect(outcome(await call('admin', 'GET', `${path}?bid=-1`, { token }))).toStrictEqual(unauthorized)
        expectInvalid(await call('admin', 'GET', `${path}?bid=x`, { token }), 'query.bid')
      }
    }
    expect(outcome(await call('admin', 'GET', `/auction/auctions/${first}/bids`))).toStrictEqual(notAuthenticated)
  })
})
