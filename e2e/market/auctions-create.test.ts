import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  call,
  expectInvalid,
  invalidToken,
  notAuthenticated,
  type Options,
  outcome,
  refusal,
  textOf,
  validationErrors,
} from '../support/http.ts'
import {
  asAdmin,
  auctionOf,
  auctionRequest,
  copiesOf,
  give,
  inSeconds,
  listedIds,
  noIds,
  nowSeconds,
  setAuction,
  spellingsOf,
  uuid,
} from '../support/market.ts'
import { adminToken, adminUid, newToken, type Player, registerPlayer } from '../support/people.ts'

const path = '/auction/auctions'
const unauthorized = refusal(403, 'Unauthorized')
const notValid = refusal(403, 'Player_id not valid')
const notExistent = refusal(400, 'Player is not existent according knowledge base')
const invalidPrice = refusal(400, 'Invalid starting_price')
const invalidTime = refusal(400, 'Invalid time')
const noGacha = refusal(400, "User's gacha cannot be found.")

let ada: Player
let bob: Player

beforeAll(async () => {
  ;[ada, bob] = await Promise.all([registerPlayer(), registerPlayer()])
})

const ask = (json: unknown, token = ada.token) => call('public', 'POST', path, { token, json })
const fields = ['body.player_id', 'body.gacha_name', 'body.starting_price', 'body.end_time']

describe('an auction that a player sets', () => {
  it('§8 is 201 with exactly what was asked for and an id', async () => {
    await give(ada)
    const asked = auctionRequest(ada, { starting_price: 10 })
    const answer = await ask(asked)
    expect(outcome(answer)).toStrictEqual({
      status: 201,
      body: { auction_id: expect.stringMatching(uuid), ...asked },
    })
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
  })

  it('§8 begins active, with no winner and a winning bid of 0', async () => {
    await give(ada)
    const asked = auctionRequest(ada, { starting_price: 7 })
    const auction_id = textOf(await ask(asked), 'auction_id')
    expect(await auctionOf(auction_id)).toStrictEqual({
      auction_id,
      ...asked,
      current_winning_player_id: null,
      current_winning_bid: 0,
      active: true,
    })
  })

  it('§9 takes one copy before the answer, and the entry with the last one', async () => {
    const carl = await registerPlayer()
    await give(carl, 'Debian', 2)
    for (const left of [1, 0]) {
      expect((await setAuction(carl, { gacha_name: 'Debian' })).status).toBe(201)
      expect(await copiesOf(carl, 'Debian')).toBe(left)
    }
    const collection = await call('public', 'GET', `/distro/${carl.uid}/gacha/collection`, { token: carl.token })
    expect(outcome(collection)).toStrictEqual({ status: 200, body: [] })
    expect(outcome(await setAuction(carl, { gacha_name: 'Debian' }))).toStrictEqual(noGacha)
  })

  it('§5 may be of a gacha with a sign in its name', async () => {
    await give(ada, 'Pop!_OS')
    expect((await setAuction(ada, { gacha_name: 'Pop!_OS' })).body).toMatchObject({ gacha_name: 'Pop!_OS' })
  })

  it.each([0, 1, 1200, 1_000_000, 2 ** 31, Number.MAX_SAFE_INTEGER])(
    '§9 may begin at %s TUX, whatever the rarity',
    async (starting_price) => {
      await give(ada)
      expect(outcome(await setAuction(ada, { starting_price }))).toMatchObject({
        status: 201,
        body: { starting_price },
      })
    },
  )

  it.each([
    ['in a minute', () => inSeconds(60)],
    ['in the year 2100', () => 4_102_444_800],
    ['later than 32 bits can say', () => 2 ** 33],
    ['at the last second that a number can name exactly', () => Number.MAX_SAFE_INTEGER],
  ])('§8 may end %s', async (_, end) => {
    await give(ada)
    const end_time = end()
    const answer = await setAuction(ada, { end_time })
    expect(outcome(answer)).toMatchObject({ status: 201, body: { end_time } })
    expect(await auctionOf(textOf(answer, 'auction_id'))).toMatchObject({ end_time, active: true })
  })

  it('§2 takes numbers as texts and whole floats', async () => {
    const end_time = inSeconds(3600)
    for (const [price, end] of [
      ['10', String(end_time)],
      [10.0, `${end_time}.0`],
      [' 10 ', end_time],
      ['10.0', end_time],
    ]) {
      await give(ada)
      const answer = await ask({ ...auctionRequest(ada), starting_price: price, end_time: end })
      expect(outcome(answer), `${price} ${end}`).toMatchObject({ status: 201, body: { starting_price: 10, end_time } })
    }
    await give(ada)
    const rawBody = `{"player_id":"${ada.uid}","gacha_name":"Ubuntu","starting_price":1e1,"end_time":${end_time}.0}`
    const answer = await call('public', 'POST', path, { token: ada.token, rawBody })
    expect(outcome(answer)).toMatchObject({ status: 201, body: { starting_price: 10, end_time } })
  })

  it('§2 takes an id in every spelling and answers in one', async () => {
    for (const player_id of spellingsOf(ada.uid)) {
      await give(ada)
      const answer = await ask({ ...auctionRequest(ada), player_id })
      expect(outcome(answer), player_id).toMatchObject({ status: 201, body: { player_id: ada.uid } })
    }
  })

  it('§2 ignores fields and query keys that mean nothing', async () => {
    await give(ada)
    const asked = auctionRequest(ada)
    const more = { auction_id: randomUUID(), active: false, current_winning_bid: 99, current_winning_player_id: 'x' }
    const answer = await call('public', 'POST', `${path}?player_id=x&active=maybe`, {
      token: ada.token,
      json: { ...asked, ...more },
    })
    expect(outcome(answer)).toStrictEqual({ status: 201, body: { auction_id: expect.stringMatching(uuid), ...asked } })
    const id = textOf(answer, 'auction_id')
    expect(id).not.toBe(more.auction_id)
    expect(await auctionOf(id)).toMatchObject({ active: true, current_winning_bid: 0 })
  })
})

describe('what comes first when an auction is refused', () => {
  it('§2 malformed JSON, with a good token, a bad one or none', async () => {
    const options: Options = { rawBody: '{"player_id":', contentType: 'application/json' }
    for (const credentials of [{}, { token: 'bad' }, { token: ada.token }]) {
      const answer = await call('public', 'POST', path, { ...options, ...credentials })
      expect(validationErrors(answer).map(({ type }) => type)).toStrictEqual(['json_invalid'])
    }
  })

  it('§2 the token, before the fields', async () => {
    for (const [credentials, refused] of [
      [{}, notAuthenticated],
      [{ token: 'bad' }, invalidToken],
    ] as const) {
      const answer = await call('public', 'POST', path, { json: {}, ...credentials })
      expect(outcome(answer)).toStrictEqual(refused)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })

  it('§2 the fields, before role and ownership', async () => {
    for (const token of [ada.token, bob.token, await adminToken()]) {
      expectInvalid(await ask({}, token), ...fields)
      expectInvalid(await ask({ ...auctionRequest(ada), end_time: 'soon' }, token), 'body.end_time')
    }
  })

  it('§8 the role, before the owner', async () => {
    const token = await adminToken()
    for (const uid of [ada.uid, await adminUid()]) {
      expect(outcome(await ask(auctionRequest({ uid }), token))).toStrictEqual(unauthorized)
    }
  })

  it('§8 the owner, before price and time', async () => {
    for (const uid of [bob.uid, randomUUID()]) {
      const asked = auctionRequest({ uid }, { starting_price: -1, end_time: 0, gacha_name: 'Absent' })
      expect(outcome(await ask(asked))).toStrictEqual(notValid)
    }
  })

  it('§8 the price, before the time', async () => {
    const refused = await setAuction(ada, { starting_price: -1, end_time: 0, gacha_name: 'Absent' })
    expect(outcome(refused)).toStrictEqual(invalidPrice)
  })

  it('§8 the time, before the gacha', async () => {
    expect(outcome(await setAuction(ada, { end_time: 0, gacha_name: 'Absent' }))).toStrictEqual(invalidTime)
  })
})

describe('an auction that is refused', () => {
  let carl: Player

  beforeAll(async () => {
    carl = await registerPlayer()
    await give(carl)
  })

  /** The copy is still there, and nothing is listed. */
  async function expectUntouched(): Promise<void> {
    expect(await copiesOf(carl)).toBe(1)
    expect(await listedIds('public', carl.token, `player_id=${carl.uid}`)).toStrictEqual([])
  }

  it.each([-1, -10, '-1', -Number.MAX_SAFE_INTEGER])('§8 begins at %s TUX', async (starting_price) => {
    expect(outcome(await ask({ ...auctionRequest(carl), starting_price }, carl.token))).toStrictEqual(invalidPrice)
    await expectUntouched()
  })

  it.each([
    ['a second ago', () => nowSeconds() - 1],
    ['long ago', () => 1],
    ['in 1970', () => 0],
    ['before that', () => -1],
    ['before everything', () => -Number.MAX_SAFE_INTEGER],
  ])('§8 ends %s', async (_, end) => {
    expect(outcome(await setAuction(carl, { end_time: end() }))).toStrictEqual(invalidTime)
    await expectUntouched()
  })

  it.each(['Absent', 'ubuntu', 'Debian', ' Ubuntu', 'Ubuntu ', '', '*', '%', "' OR 1=1 --"])(
    '§8 is of the gacha %j, unknown or not owned',
    async (gacha_name) => {
      expect(outcome(await setAuction(carl, { gacha_name }))).toStrictEqual(noGacha)
      await expectUntouched()
    },
  )

  it('§2 lacks fields: 422 names each of them', async () => {
    expectInvalid(await ask({}), ...fields)
    for (const field of fields) {
      const name = field.replace('body.', '')
      const rest = Object.entries(auctionRequest(carl)).filter(([key]) => key !== name)
      expectInvalid(await ask(Object.fromEntries(rest), carl.token), field)
    }
    await expectUntouched()
  })

  const noNumbers = ['', 'ten', '1,5', '0x10', 10.5, '10.5', 2 ** 53, '9007199254740992', '1e999', 'NaN', null, [], {}]

  it.each<[string, unknown[]]>([
    ['player_id', [...noIds, '', 5, null, true, [], {}]],
    ['gacha_name', [5, null, true, [], {}]],
    ['starting_price', noNumbers],
    ['end_time', noNumbers],
  ])('§2 has a %s that is none: 422', async (name, values) => {
    for (const value of values) {
      expectInvalid(await ask({ ...auctionRequest(carl), [name]: value }, carl.token), `body.${name}`)
    }
    await expectUntouched()
  })

  it('§2 has another type than JSON: 422', async () => {
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded']) {
      const rawBody = JSON.stringify(auctionRequest(carl))
      validationErrors(await call('public', 'POST', path, { token: carl.token, rawBody, contentType }))
    }
    await expectUntouched()
  })
})

describe('an auction that an administrator sets', () => {
  it('§8 is 201 as for players, and the copy comes from the player', async () => {
    const carl = await registerPlayer()
    await give(carl, 'Fedora', 2)
    const asked = auctionRequest(carl, { gacha_name: 'Fedora', starting_price: 3 })
    const answer = await asAdmin('POST', 'auctions', asked)
    expect(outcome(answer)).toStrictEqual({ status: 201, body: { auction_id: expect.stringMatching(uuid), ...asked } })
    expect(await copiesOf(carl, 'Fedora')).toBe(1)
    expect(await listedIds('public', carl.token, `player_id=${carl.uid}`)).toStrictEqual([textOf(answer, 'auction_id')])
  })

  it('§8 is 403 when a player asks for it on the admin door, even an own one', async () => {
    await give(ada)
    for (const token of [ada.token, await newToken(ada, 'admin')]) {
      const refused = await call('admin', 'POST', path, { token, json: auctionRequest(ada, { starting_price: -1 }) })
      expect(outcome(refused)).toStrictEqual(unauthorized)
    }
    expectInvalid(await call('admin', 'POST', path, { token: ada.token, json: {} }), ...fields)
    expect(outcome(await call('admin', 'POST', path, { json: {} }))).toStrictEqual(notAuthenticated)
  })

  it('§8 is refused as for players, in the same order', async () => {
    const carl = await registerPlayer()
    const create = async (uid: string, terms: Parameters<typeof auctionRequest>[1]) =>
      outcome(await asAdmin('POST', 'auctions', auctionRequest({ uid }, terms)))
    const wrong = { starting_price: -1, end_time: 0, gacha_name: 'Absent' }
    for (const uid of [randomUUID(), await adminUid()]) expect(await create(uid, wrong)).toStrictEqual(notExistent)
    expect(await create(carl.uid, wrong)).toStrictEqual(invalidPrice)
    expect(await create(carl.uid, { ...wrong, starting_price: 0 })).toStrictEqual(invalidTime)
    expect(await create(carl.uid, { gacha_name: 'Absent' })).toStrictEqual(noGacha)
    expect(await create(carl.uid, {})).toStrictEqual(noGacha)
    expectInvalid(await asAdmin('POST', 'auctions', { ...auctionRequest(carl), player_id: 'x' }), 'body.player_id')
  })
})
