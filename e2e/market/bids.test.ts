import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  call,
  expectInvalid,
  invalidToken,
  notAuthenticated,
  outcome,
  refusal,
  validationErrors,
} from '../support/http.ts'
import {
  asAdmin,
  auctionOf,
  bid,
  bidsOn,
  closeAuction,
  expectInvalidPath,
  lead,
  noIds,
  nowSeconds,
  openAuction,
  playerWith,
  spellingsOf,
  totalTux,
  tuxOf,
  uuid,
} from '../support/market.ts'
import { adminToken, adminUid, newToken, type Player, registerPlayer } from '../support/people.ts'

const notValid = refusal(403, 'Player_id not valid')
const notActive = refusal(404, 'Auction does not exist or is not active')
const isOwner = refusal(400, 'Player is owner of auction')
const belowStart = refusal(400, 'Bid must be higher than starting price')
const belowCurrent = refusal(400, 'Bid must be higher than currently winning bid')
const noPlayer = refusal(400, 'Player does not exists')
const noTux = refusal(402, 'Insufficient tux balance to place the bid')
const fields = ['body.auction_id', 'body.player_id', 'body.bid']

let seller: Player
let ada: Player
let bob: Player
let poor: Player

/** Every test opens its auction and leaves the bidders with what they lead in it. */
beforeAll(async () => {
  ;[seller, ada, bob, poor] = await Promise.all([playerWith(50), playerWith(1200), playerWith(1200), registerPlayer()])
})

const offer = ({ uid }: Pick<Player, 'uid'>, auction_id: string, amount: unknown = 10) => ({
  auction_id,
  player_id: uid,
  bid: amount,
})
const post = (auctionId: string, json: unknown, token = ada.token) =>
  call('public', 'POST', `/auction/auctions/${auctionId}/bids`, { token, json })

describe('a bid', () => {
  it('§8 is 201 with exactly its five fields', async () => {
    const [id, before] = [await openAuction(seller), nowSeconds()]
    const answer = await bid(ada, id, 10)
    expect(outcome(answer)).toStrictEqual({
      status: 201,
      body: {
        bid_id: expect.stringMatching(uuid),
        player_id: ada.uid,
        time: expect.any(Number),
        auction_id: id,
        value: 10,
      },
    })
    const [seen] = await bidsOn(id)
    expect(seen).toStrictEqual(answer.body)
    expect(Number.isInteger(seen?.['time'])).toBe(true)
    expect(seen?.['time']).toBeGreaterThanOrEqual(before)
    expect(seen?.['time']).toBeLessThanOrEqual(nowSeconds())
  })

  it('§9 leads the auction and leaves the balance in full before the answer', async () => {
    const [id, before] = [await openAuction(seller), await tuxOf(ada)]
    await lead(ada, id, 10)
    expect(await tuxOf(ada)).toBe(before - 10)
    expect(await auctionOf(id)).toMatchObject({ current_winning_player_id: ada.uid, current_winning_bid: 10 })
  })

  it('§9 releases the leader before in full, before the answer', async () => {
    const id = await openAuction(seller)
    const [adaBefore, bobBefore] = [await tuxOf(ada), await tuxOf(bob)]
    await lead(ada, id, 10)
    await lead(bob, id, 11)
    expect([await tuxOf(ada), await tuxOf(bob)]).toStrictEqual([adaBefore, bobBefore - 11])
    await lead(ada, id, 12)
    expect([await tuxOf(ada), await tuxOf(bob)]).toStrictEqual([adaBefore - 12, bobBefore])
  })

  it('§9 by the leader freezes the difference alone, to the last TUX', async () => {
    const [carl, id] = [await playerWith(30), await openAuction(seller)]
    for (const [amount, left] of [
      [10, 20],
      [25, 5],
      [30, 0],
    ] as const) {
      await lead(carl, id, amount)
      expect(await tuxOf(carl)).toBe(left)
    }
    expect(outcome(await bid(carl, id, 31))).toStrictEqual(noTux)
    expect([await tuxOf(carl), (await auctionOf(id))['current_winning_bid']]).toStrictEqual([0, 30])
  })

  it('§9 may equal the starting price when it is the first', async () => {
    const id = await openAuction(seller, { starting_price: 10 })
    expect((await bid(ada, id, 10)).status).toBe(201)
    expect(outcome(await bid(bob, id, 10))).toStrictEqual(belowCurrent)
    expect((await bid(bob, id, 11)).status).toBe(201)
  })

  it('§9 is at least 1, even when the auction begins at 0', async () => {
    const id = await openAuction(seller)
    expect(outcome(await bid(ada, id, 0))).toStrictEqual(belowCurrent)
    expect((await bid(ada, id, 1)).status).toBe(201)
  })

  it('§2 takes whole numbers as texts and floats', async () => {
    const id = await openAuction(seller)
    for (const [index, value] of ['11', 12.0, '13.0', ' 14 '].entries()) {
      expect(outcome(await bid(ada, id, value))).toMatchObject({ status: 201, body: { value: 11 + index } })
    }
    const rawBody = `{"auction_id":"${id}","player_id":"${ada.uid}","bid":1.5e1}`
    const answer = await call('public', 'POST', `/auction/auctions/${id}/bids`, { token: ada.token, rawBody })
    expect(outcome(answer)).toMatchObject({ status: 201, body: { value: 15 } })
  })

  it('§2 takes ids in every spelling, and answers in one', async () => {
    const id = await openAuction(seller)
    const bidders = spellingsOf(ada.uid)
    for (const [index, spelling] of spellingsOf(id).entries()) {
      const json = offer({ uid: bidders[index] ?? '' }, spelling, 10 + index)
      const answer = await post(encodeURIComponent(spelling), json)
      expect(outcome(answer), spelling).toMatchObject({ status: 201, body: { auction_id: id, player_id: ada.uid } })
    }
  })

  it('§2 ignores fields and query keys that mean nothing', async () => {
    const id = await openAuction(seller)
    const json = { ...offer(ada, id), bid_id: randomUUID(), time: 1, value: 99 }
    const answer = await call('public', 'POST', `/auction/auctions/${id}/bids?bid=x`, { token: ada.token, json })
    expect(outcome(answer)).toMatchObject({ status: 201, body: { value: 10 } })
    expect(answer.body).not.toMatchObject({ bid_id: json.bid_id })
    expect(answer.body).not.toMatchObject({ time: 1 })
  })
})

describe('what comes first when a bid is refused', () => {
  it('§2 malformed JSON, with a good token, a bad one or none', async () => {
    const path = `/auction/auctions/${randomUUID()}/bids`
    for (const credentials of [{}, { token: 'bad' }, { token: ada.token }]) {
      const options = { rawBody: '{"bid":', contentType: 'application/json', ...credentials }
      const answer = await call('public', 'POST', path, options)
      expect(validationErrors(answer).map(({ type }) => type)).toStrictEqual(['json_invalid'])
    }
  })

  it('§2 the token, before the fields', async () => {
    for (const id of [randomUUID(), 'x']) {
      const path = `/auction/auctions/${id}/bids`
      expect(outcome(await call('public', 'POST', path, { json: {} }))).toStrictEqual(notAuthenticated)
      expect(outcome(await call('public', 'POST', path, { json: {}, token: 'bad' }))).toStrictEqual(invalidToken)
    }
  })

  it('§2 the fields, before the owner', async () => {
    const id = await openAuction(seller)
    for (const token of [ada.token, await adminToken()]) {
      expectInvalid(await post(id, {}, token), ...fields)
      expectInvalid(await post(id, { ...offer(bob, id), bid: 'x' }, token), 'body.bid')
      expectInvalidPath(await post('x', offer(bob, id), token))
    }
  })

  it('§8 the owner, before all that the market knows', async () => {
    const id = await openAuction(seller)
    for (const token of [ada.token, await adminToken()]) {
      for (const asked of [id, randomUUID()]) {
        for (const uid of [bob.uid, randomUUID()]) {
          expect(outcome(await post(asked, offer({ uid }, asked, -1), token))).toStrictEqual(notValid)
        }
      }
    }
    expect(await bidsOn(id)).toStrictEqual([])
  })

  it('§8 that there is no such auction, or none any more', async () => {
    const closed = await openAuction(seller, { starting_price: 10 })
    await closeAuction(closed)
    for (const id of [randomUUID(), closed]) {
      for (const player of [seller, ada, poor]) {
        expect(outcome(await bid(player, id, -1)), id).toStrictEqual(notActive)
      }
    }
  })

  it('§8 that the bidder is the owner, before the price and the funds', async () => {
    const id = await openAuction(seller, { starting_price: 10 })
    for (const amount of [-1, 0, 9, 10, 1_000_000]) {
      expect(outcome(await bid(seller, id, amount))).toStrictEqual(isOwner)
    }
    expect(await tuxOf(seller)).toBe(50)
  })

  it('§8 the starting price, then the current bid, then the funds', async () => {
    const id = await openAuction(seller, { starting_price: 10 })
    for (const amount of [9, 0, -1, -Number.MAX_SAFE_INTEGER]) {
      expect(outcome(await bid(poor, id, amount)), String(amount)).toStrictEqual(belowStart)
    }
    expect(outcome(await bid(poor, id, 10))).toStrictEqual(noTux)
    await lead(ada, id, 20)
    expect(outcome(await bid(poor, id, 9))).toStrictEqual(belowStart)
    for (const amount of [10, 19, 20]) expect(outcome(await bid(poor, id, amount))).toStrictEqual(belowCurrent)
    expect(outcome(await bid(ada, id, 20))).toStrictEqual(belowCurrent)
    expect(outcome(await bid(poor, id, 21))).toStrictEqual(noTux)
  })

  it('§8 that there is no such player, before the funds', async () => {
    const [id, uid, token] = [await openAuction(seller, { starting_price: 10 }), await adminUid(), await adminToken()]
    expect(outcome(await post(id, offer({ uid }, id, 9), token))).toStrictEqual(belowStart)
    for (const amount of [10, 1_000_000]) {
      expect(outcome(await post(id, offer({ uid }, id, amount), token))).toStrictEqual(noPlayer)
    }
  })
})

describe('a bid that is refused', () => {
  it('§9 moves no money and changes nothing', async () => {
    const id = await openAuction(seller, { starting_price: 10 })
    await lead(ada, id, 20)
    const [before, bids, tux] = [await auctionOf(id), await bidsOn(id), await totalTux([seller, ada, bob, poor])]
    for (const [player, amount] of [
      [bob, 20],
      [bob, 5],
      [poor, 21],
      [seller, 30],
      [ada, 2000],
      [bob, 1201],
    ] as const) {
      expect([400, 402]).toContain((await bid(player, id, amount)).status)
    }
    expect(await auctionOf(id)).toStrictEqual(before)
    expect(await bidsOn(id)).toStrictEqual(bids)
    expect(await totalTux([seller, ada, bob, poor])).toBe(tux)
  })

  it('§13 names another auction than its path: 400, and no money leaves', async () => {
    const [here, there] = [await openAuction(seller), await openAuction(seller)]
    const before = await tuxOf(ada)
    for (const auction_id of [there, randomUUID()]) {
      const refused = await post(here, offer(ada, auction_id))
      expect(outcome(refused)).toStrictEqual(refusal(400, expect.any(String)))
      const byAdmin = await asAdmin('POST', `auctions/${here}/bids`, offer(ada, auction_id))
      expect(outcome(byAdmin)).toStrictEqual(refusal(400, expect.any(String)))
    }
    expect(await tuxOf(ada)).toBe(before)
    for (const id of [here, there]) expect(await bidsOn(id)).toStrictEqual([])
  })

  it('§8 is more than anybody can have: 402, up to the largest number', async () => {
    const id = await openAuction(seller)
    for (const amount of [1201, 2 ** 31, 2 ** 43, 9_223_372_036_855, Number.MAX_SAFE_INTEGER]) {
      expect(outcome(await bid(bob, id, amount)), String(amount)).toStrictEqual(noTux)
    }
  })

  it('§9 may be made good once there is TUX, also what a higher bid released', async () => {
    const [carl, first, second] = [await playerWith(10), await openAuction(seller), await openAuction(seller)]
    await lead(carl, first, 10)
    expect(outcome(await bid(carl, second, 1))).toStrictEqual(noTux)
    await lead(bob, first, 11)
    await lead(carl, second, 10)
    expect(await tuxOf(carl)).toBe(0)
  })

  it('§2 lacks fields, or has what is none: 422', async () => {
    const id = await openAuction(seller)
    expectInvalid(await post(id, {}), ...fields)
    for (const field of fields) {
      const name = field.replace('body.', '')
      const rest = Object.entries(offer(ada, id)).filter(([key]) => key !== name)
      expectInvalid(await post(id, Object.fromEntries(rest)), field)
    }
    for (const value of ['', 'ten', '1,5', 10.5, '10.5', 2 ** 53, '1e999', 'NaN', null, [], {}]) {
      expectInvalid(await post(id, offer(ada, id, value)), 'body.bid')
    }
    for (const value of [...noIds, '', 5, null, []]) {
      expectInvalid(await post(id, { ...offer(ada, id), player_id: value }), 'body.player_id')
      expectInvalid(await post(id, { ...offer(ada, id), auction_id: value }), 'body.auction_id')
    }
    for (const value of noIds) expectInvalidPath(await post(value, offer(ada, id)))
    expect(await bidsOn(id)).toStrictEqual([])
  })
})

describe('a bid that an administrator places', () => {
  const postFor = async (player: Pick<Player, 'uid'>, id: string, amount: unknown) =>
    outcome(await asAdmin('POST', `auctions/${id}/bids`, offer(player, id, amount)))

  it('§8 is 201 with details alone, and counts as the bid of the player', async () => {
    const [id, before] = [await openAuction(seller), await tuxOf(bob)]
    expect(await postFor(bob, id, 10)).toStrictEqual({ status: 201, body: { details: 'Success!' } })
    expect(await tuxOf(bob)).toBe(before - 10)
    expect(await auctionOf(id)).toMatchObject({ current_winning_player_id: bob.uid, current_winning_bid: 10 })
    expect(await bidsOn(id)).toMatchObject([{ player_id: bob.uid, value: 10 }])
  })

  it('§2 is 401 Unauthorized, and 401 only here, when a player asks for it', async () => {
    const id = await openAuction(seller)
    for (const token of [ada.token, await newToken(ada, 'admin')]) {
      for (const player of [ada, bob]) {
        const path = `/auction/auctions/${id}/bids`
        const refused = await call('admin', 'POST', path, { token, json: offer(player, id) })
        expect(outcome(refused)).toStrictEqual(refusal(401, 'Unauthorized'))
      }
      expectInvalid(await call('admin', 'POST', `/auction/auctions/${id}/bids`, { token, json: {} }), ...fields)
    }
    expect(await bidsOn(id)).toStrictEqual([])
  })

  it('§8 is refused as for players, in the same order', async () => {
    const [id, closed] = [await openAuction(seller, { starting_price: 10 }), await openAuction(seller)]
    await closeAuction(closed)
    const nobody = { uid: randomUUID() }
    for (const asked of [closed, randomUUID()]) {
      for (const player of [bob, nobody]) expect(await postFor(player, asked, -1)).toStrictEqual(notActive)
    }
    expect(await postFor(seller, id, -1)).toStrictEqual(isOwner)
    expect(await postFor(nobody, id, 9)).toStrictEqual(belowStart)
    expect(await postFor(nobody, id, 10)).toStrictEqual(noPlayer)
    expect(await postFor(poor, id, 10)).toStrictEqual(noTux)
    await lead(ada, id, 20)
    expect(await postFor(nobody, id, 20)).toStrictEqual(belowCurrent)
    expect(await postFor({ uid: await adminUid() }, id, 21)).toStrictEqual(noPlayer)
    expect(await postFor(bob, id, '21')).toMatchObject({ status: 201 })
    expectInvalid(await asAdmin('POST', `auctions/${id}/bids`, {}), ...fields)
    expectInvalidPath(await asAdmin('POST', 'auctions/x/bids', offer(bob, id)))
  })
})
