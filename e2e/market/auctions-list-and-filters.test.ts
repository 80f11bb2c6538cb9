import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bothDoors,
  call,
  type Door,
  expectInvalid,
  listOf,
  notAuthenticated,
  outcome,
  refusal,
} from '../support/http.ts'
import {
  addToCatalogue,
  asAdmin,
  auctionOf,
  closeAuction,
  deleteAuction,
  expectInvalidPath,
  inSeconds,
  lead,
  listAuctions,
  listedIds,
  noIds,
  openAuction,
  playerWith,
  removeFromCatalogue,
  spellingsOf,
} from '../support/market.ts'
import { adminToken, newToken, type Player, registerPlayer, uniqueGachaName } from '../support/people.ts'

/*
 * Two sellers set five auctions, in this order:
 * first (ada, her own gacha, from 10, led by carl with 25), second (ada, Debian, from 0), third (bob, her gacha, from 10),
 * closed (ada, Debian, sold to carl for 5) and deleted (ada, Debian, with a bid of dora).
 */
const gacha = uniqueGachaName()
const firstEnd = inSeconds(5000)
const [auctionOfNobody, unauthorized] = [randomUUID(), refusal(403, 'Unauthorized')]
const onlyActive = refusal(403, 'Active field must be set to True for player to use this endpoint')
let ada: Player
let bob: Player
let carl: Player
let dora: Player
let admin: string
let first: string
let second: string
let third: string
let closed: string
let deleted: string

beforeAll(async () => {
  admin = await adminToken()
  ;[ada, bob, carl, dora] = await Promise.all([registerPlayer(), registerPlayer(), playerWith(100), playerWith(100)])
  await addToCatalogue(gacha)
  first = await openAuction(ada, { gacha_name: gacha, starting_price: 10, end_time: firstEnd })
  second = await openAuction(ada, { gacha_name: 'Debian' })
  third = await openAuction(bob, { gacha_name: gacha, starting_price: 10 })
  closed = await openAuction(ada, { gacha_name: 'Debian' })
  deleted = await openAuction(ada, { gacha_name: 'Debian' })
  await lead(carl, first, 25)
  await lead(carl, closed, 5)
  await lead(dora, deleted, 5)
  await closeAuction(closed)
  expect((await deleteAuction(ada, deleted)).status).toBe(200)
})

afterAll(() => removeFromCatalogue(gacha))

const tokenFor = (door: Door) => (door === 'public' ? dora.token : admin)
const list = (door: Door, query: string) => call(door, 'GET', `/auction/auctions?${query}`, { token: tokenFor(door) })
const ids = (door: Door, query: string) => listedIds(door, tokenFor(door), query)

describe.each(bothDoors)('the list of auctions on the %s door', (door) => {
  it('§8 shows all fields of an auction, and no other', async () => {
    expect(await listAuctions(door, tokenFor(door), `player_id=${ada.uid}&gacha_name=${gacha}`)).toStrictEqual([
      {
        auction_id: first,
        player_id: ada.uid,
        gacha_name: gacha,
        starting_price: 10,
        current_winning_player_id: carl.uid,
        current_winning_bid: 25,
        end_time: firstEnd,
        active: true,
      },
    ])
  })

  it('§2 keeps the order in which auctions were set, and bids do not change it', async () => {
    expect(await ids(door, `gacha_name=${gacha}`)).toStrictEqual([first, third])
    expect(await ids(door, `player_id=${ada.uid}`)).toStrictEqual([first, second])
    const all = await ids(door, '')
    expect(all.filter((id) => id === first || id === second || id === third)).toStrictEqual([first, second, third])
  })

  it('§8 shows active auctions only when nothing else is asked for', async () => {
    const all = await listAuctions(door, tokenFor(door), '')
    expect(all.filter(({ active }) => active !== true)).toStrictEqual([])
    for (const id of [closed, deleted]) expect(all.map(({ auction_id }) => auction_id)).not.toContain(id)
  })

  it.each(['true', 'True', 'TRUE', '1', 'on', 'yes', 't', 'y', 'Y'])('§2 takes %s for active', async (active) => {
    expect(await ids(door, `active=${active}&player_id=${ada.uid}`)).toStrictEqual([first, second])
  })

  it('§8 filters by each field, to the letter', async () => {
    for (const [query, expected] of [
      [`player_id=${bob.uid}`, [third]],
      [`player_id=${carl.uid}`, []],
      [`gacha_name=${gacha.toUpperCase()}`, []],
      [`gacha_name=${gacha.slice(0, -1)}`, []],
      ['gacha_name=', []],
      [`gacha_name=${gacha}&starting_price=10`, [first, third]],
      [`gacha_name=${gacha}&starting_price=0`, []],
      [`player_id=${ada.uid}&starting_price=0`, [second]],
      [`current_winning_player_id=${carl.uid}`, [first]],
      [`current_winning_player_id=${dora.uid}`, []],
      [`gacha_name=${gacha}&current_winning_bid=25`, [first]],
      [`gacha_name=${gacha}&current_winning_bid=0`, [third]],
      [`gacha_name=${gacha}&current_winning_bid=24`, []],
      [`player_id=${ada.uid}&end_time=${firstEnd}`, [first]],
      [`player_id=${ada.uid}&end_time=${firstEnd + 1}`, []],
      [`player_id=${ada.uid}&end_time=0`, []],
    ] as const) {
      expect(await ids(door, query), query).toStrictEqual(expected)
    }
  })

  it('§8 combines filters with AND', async () => {
    const everything = [
      `player_id=${ada.uid}`,
      `gacha_name=${gacha}`,
      'starting_price=10',
      `current_winning_player_id=${carl.uid}`,
      'current_winning_bid=25',
      `end_time=${firstEnd}`,
      'active=true',
    ]
    expect(await ids(door, everything.join('&'))).toStrictEqual([first])
    for (const [index, wrong] of [
      `player_id=${bob.uid}`,
      'gacha_name=Debian',
      'starting_price=11',
      `current_winning_player_id=${ada.uid}`,
      'current_winning_bid=26',
      'end_time=1',
    ].entries()) {
      expect(await ids(door, everything.with(index, wrong).join('&')), wrong).toStrictEqual([])
    }
  })

  it('§2 takes an id in every spelling, and numbers as texts', async () => {
    for (const id of spellingsOf(carl.uid).map(encodeURIComponent)) {
      expect(await ids(door, `current_winning_player_id=${id}`), id).toStrictEqual([first])
    }
    for (const id of spellingsOf(bob.uid).map(encodeURIComponent)) {
      expect(await ids(door, `player_id=${id}`), id).toStrictEqual([third])
    }
    expect(await ids(door, `gacha_name=${gacha}&starting_price=10.0&current_winning_bid=%2025`)).toStrictEqual([first])
  })

  it('§2 ignores query keys that mean nothing, and a body', async () => {
    const query = `player_id=${ada.uid}&auction_id=${third}&limit=1&offset=1&a[b]=c&&=`
    expect(await ids(door, query)).toStrictEqual([first, second])
    const options = { token: tokenFor(door), rawBody: '{"active":', contentType: 'application/json' }
    const answer = await call(door, 'GET', `/auction/auctions?player_id=${ada.uid}`, options)
    expect(listOf(answer.body)).toHaveLength(2)
  })

  it.each(['starting_price', 'current_winning_bid', 'end_time'])('§8 refuses a negative %s with 400', async (name) => {
    for (const value of ['-1', '-10.0', String(-Number.MAX_SAFE_INTEGER)]) {
      expect(outcome(await list(door, `${name}=${value}`))).toStrictEqual(refusal(400, `${name} must be >=0`))
    }
    expect((await list(door, `${name}=-0`)).status).toBe(200)
    expect((await list(door, `${name}=${Number.MAX_SAFE_INTEGER}`)).status).toBe(200)
  })

  it('§2 refuses what is no id, no number or no boolean with 422', async () => {
    for (const name of ['player_id', 'current_winning_player_id']) {
      for (const value of [...noIds, '']) expectInvalid(await list(door, `${name}=${value}`), `query.${name}`)
    }
    for (const name of ['starting_price', 'current_winning_bid', 'end_time']) {
      for (const value of ['', 'ten', '10.5', '0x10', '9007199254740992', 'NaN', '-inf']) {
        expectInvalid(await list(door, `${name}=${value}`), `query.${name}`)
      }
    }
    for (const value of ['', 'maybe', '2', 'null', '-1']) {
      expectInvalid(await list(door, `active=${value}`), 'query.active')
    }
    expectInvalid(await list(door, 'player_id=x&end_time=x'), 'query.player_id', 'query.end_time')
  })

  it('§2 asks for a token before it looks at the filters', async () => {
    expect(outcome(await call(door, 'GET', '/auction/auctions?active=maybe'))).toStrictEqual(notAuthenticated)
  })
})

describe('the list of auctions that players see', () => {
  it('§8 shows a player the own auctions too', async () => {
    expect(await listedIds('public', ada.token, `player_id=${ada.uid}`)).toStrictEqual([first, second])
  })

  it.each(['false', 'False', '0', 'off', 'no', 'f', 'n'])('§8 refuses active=%s with 403', async (active) => {
    expect(outcome(await list('public', `active=${active}`))).toStrictEqual(onlyActive)
  })

  it('§8 judges the role, then active, then negative filters', async () => {
    for (const query of ['', 'active=false', 'end_time=-1']) {
      const asAdministrator = await call('public', 'GET', `/auction/auctions?${query}`, { token: admin })
      expect(outcome(asAdministrator), query).toStrictEqual(unauthorized)
    }
    expectInvalid(await call('public', 'GET', '/auction/auctions?end_time=x', { token: admin }), 'query.end_time')
    expect(outcome(await list('public', 'active=false&end_time=-1'))).toStrictEqual(onlyActive)
  })
})

describe('the list of auctions that administrators see', () => {
  it('§8 is 403 for players, before negative filters and after 422', async () => {
    for (const token of [ada.token, await newToken(ada, 'admin')]) {
      for (const query of ['', 'active=false', 'end_time=-1']) {
        const refused = await call('admin', 'GET', `/auction/auctions?${query}`, { token })
        expect(outcome(refused), query).toStrictEqual(unauthorized)
      }
      expectInvalid(await call('admin', 'GET', '/auction/auctions?active=x', { token }), 'query.active')
    }
  })

  it('§8 has the history under active=false, with winner and final bid, and nothing that was deleted', async () => {
    for (const active of ['false', 'False', '0', 'off', 'no', 'f', 'N']) {
      expect(await ids('admin', `active=${active}&player_id=${ada.uid}`)).toStrictEqual([closed])
    }
    const history = await listAuctions('admin', admin, `active=false&player_id=${ada.uid}`)
    expect(history[0]).toMatchObject({
      auction_id: closed,
      gacha_name: 'Debian',
      current_winning_player_id: carl.uid,
      current_winning_bid: 5,
      active: false,
    })
    expect(await ids('admin', `active=false&current_winning_player_id=${carl.uid}`)).toStrictEqual([closed])
  })
})

describe('one auction', () => {
  it('§8 is shown to an administrator, active or closed, by any spelling of its id', async () => {
    expect(await auctionOf(first)).toStrictEqual({
      auction_id: first,
      player_id: ada.uid,
      gacha_name: gacha,
      starting_price: 10,
      current_winning_player_id: carl.uid,
      current_winning_bid: 25,
      end_time: firstEnd,
      active: true,
    })
    expect(await auctionOf(closed)).toMatchObject({ auction_id: closed, active: false, current_winning_bid: 5 })
    for (const id of spellingsOf(first)) {
      expect((await asAdmin('GET', `auctions/${encodeURIComponent(id)}`)).body).toMatchObject({ auction_id: first })
    }
  })

  it('§8 is 404 when it was deleted or never was, and 422 when that is no id', async () => {
    for (const id of [deleted, auctionOfNobody]) {
      expect(outcome(await asAdmin('GET', `auctions/${id}`))).toStrictEqual(refusal(404, 'Auction does not exist'))
    }
    for (const id of noIds) expectInvalidPath(await asAdmin('GET', `auctions/${id}`))
  })

  it('§8 is 403 for players, known or not', async () => {
    for (const id of [first, auctionOfNobody]) {
      const refused = await call('admin', 'GET', `/auction/auctions/${id}`, { token: ada.token })
      expect(outcome(refused)).toStrictEqual(unauthorized)
    }
    expectInvalidPath(await call('admin', 'GET', '/auction/auctions/x', { token: ada.token }))
    expect(outcome(await call('admin', 'GET', `/auction/auctions/${first}`))).toStrictEqual(notAuthenticated)
  })
})
