import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { bothDoors, call, type Door, invalidToken, notAuthenticated, outcome, refusal } from '../support/http.ts'
import {
  asAdmin,
  auctionOf,
  bid,
  bidsOn,
  closeAuction,
  copiesOf,
  deleteAuction,
  expectInvalidPath,
  lead,
  listedIds,
  noIds,
  openAuction,
  playerWith,
  salesOf,
  soon,
  spellingsOf,
  totalTux,
  tuxOf,
  untilClosed,
  until,
} from '../support/market.ts'
import { adminToken, newToken, type Player, registerPlayer } from '../support/people.ts'

const unauthorized = refusal(403, 'Unauthorized')
const notValid = refusal(403, 'Player_id not valid')
const noAuction = refusal(400, 'No auction found with specified criteria')
const tooLate = refusal(400, 'You cannot delete an expired or inactive auction')
const doesNotExist = refusal(404, 'Auction does not exist')

let seller: Player
let ada: Player
let bob: Player

beforeAll(async () => {
  ;[seller, ada, bob] = await Promise.all([registerPlayer(), playerWith(100), playerWith(100)])
})

/** How the seller, or the administrator, deletes an auction, and the answer that is due. */
const deletion = (door: Door, id: string) =>
  door === 'public' ? deleteAuction(seller, id) : asAdmin('DELETE', `auctions/${id}`)
const deleted = (door: Door, id: string) => ({
  status: 200,
  body: door === 'public' ? { message: `auction ${id} succesfully deleted` } : { details: 'Success!' },
})

describe.each(bothDoors)('deleting an auction on the %s door', (door) => {
  it('§8 answers in the words of this door, and the copy is back before the answer', async () => {
    const before = await copiesOf(seller)
    const id = await openAuction(seller)
    expect(await copiesOf(seller)).toBe(before)
    expect(outcome(await deletion(door, id))).toStrictEqual(deleted(door, id))
    expect(await copiesOf(seller)).toBe(before + 1)
  })

  it('§9 with bids releases the leader in full, once, and books no sale', async () => {
    const [copies, tux] = [await copiesOf(seller), await totalTux([seller, ada, bob])]
    const id = await openAuction(seller)
    await lead(ada, id, 10)
    await lead(bob, id, 20)
    await lead(ada, id, 30)
    expect(await totalTux([seller, ada, bob])).toBe(tux - 30)
    expect(outcome(await deletion(door, id))).toStrictEqual(deleted(door, id))
    expect([await tuxOf(ada), await tuxOf(bob), await tuxOf(seller)]).toStrictEqual([100, 100, 0])
    expect(await copiesOf(seller)).toBe(copies + 1)
    for (const player of [seller, ada, bob]) {
      expect((await salesOf(player)).filter(({ auction_id }) => auction_id === id)).toStrictEqual([])
    }
  })

  it('§8 makes it vanish from both lists, and its bids with it', async () => {
    const id = await openAuction(seller)
    const bidId = await lead(ada, id, 10)
    await deletion(door, id)
    expect(outcome(await asAdmin('GET', `auctions/${id}`))).toStrictEqual(doesNotExist)
    for (const active of [true, false]) {
      expect(await listedIds('admin', await adminToken(), `active=${active}&player_id=${seller.uid}`)).not.toContain(id)
    }
    expect(await listedIds('public', ada.token, `player_id=${seller.uid}`)).not.toContain(id)
    expect(await bidsOn(id)).toStrictEqual([])
    const own = await call('public', 'GET', `/auction/auctions/${ada.uid}/bids?bid_id=${bidId}`, { token: ada.token })
    expect(outcome(own)).toStrictEqual({ status: 200, body: [] })
    const late = await bid(bob, id, 11)
    expect(outcome(late)).toStrictEqual(refusal(404, 'Auction does not exist or is not active'))
  })

  it('§2 ignores a body and its type', async () => {
    for (const [rawBody, contentType] of [
      ['{"auction_id":', 'application/json'],
      ['', 'application/json'],
      ['x', 'text/plain'],
    ] as const) {
      const id = await openAuction(seller)
      const token = door === 'public' ? seller.token : await adminToken()
      const answer = await call(door, 'DELETE', `/auction/auctions/${id}`, { token, rawBody, contentType })
      expect(outcome(answer), rawBody).toStrictEqual(deleted(door, id))
    }
  })

  it('§2 takes the id in every spelling', async () => {
    for (const spell of [0, 1, 2, 3]) {
      const id = await openAuction(seller)
      const answer = await deletion(door, encodeURIComponent(spellingsOf(id)[spell] ?? ''))
      expect(outcome(answer)).toStrictEqual(deleted(door, id))
    }
  })

  it('§9 after its end is 400, before and after it is closed, and changes nothing', async () => {
    const [dora, emil] = [await registerPlayer(), await playerWith(10)]
    const end_time = soon()
    const id = await openAuction(dora, { end_time })
    await lead(emil, id, 5)
    const remove = () => (door === 'public' ? deleteAuction(dora, id) : asAdmin('DELETE', `auctions/${id}`))
    await until(end_time)
    expect(outcome(await remove())).toStrictEqual(tooLate)
    await untilClosed(id)
    expect(outcome(await remove())).toStrictEqual(tooLate)
    expect(await auctionOf(id)).toMatchObject({ active: false, current_winning_player_id: emil.uid })
    expect([await tuxOf(dora), await tuxOf(emil)]).toStrictEqual([5, 5])
    expect([await copiesOf(dora), await copiesOf(emil)]).toStrictEqual([0, 1])
  })

  it('§8 that an administrator closed is 400', async () => {
    const id = await openAuction(seller, { gacha_name: 'Tails' })
    await closeAuction(id)
    expect(outcome(await deletion(door, id))).toStrictEqual(tooLate)
    expect(await auctionOf(id)).toMatchObject({ active: false })
  })

  it('§2 is 422 when the id is none, 401 without a token', async () => {
    for (const id of noIds) expectInvalidPath(await deletion(door, id))
    for (const id of [randomUUID(), 'x']) {
      const path = `/auction/auctions/${id}`
      expect(outcome(await call(door, 'DELETE', path))).toStrictEqual(notAuthenticated)
      expect(outcome(await call(door, 'DELETE', path, { token: 'bad' }))).toStrictEqual(invalidToken)
    }
  })
})

describe('an auction that a player may not delete', () => {
  it('§8 is refused by role, then by what there is, then by its owner, then by its state', async () => {
    const running = await openAuction(seller)
    const closed = await openAuction(seller)
    await closeAuction(closed)
    const admin = await adminToken()
    for (const id of [running, closed, randomUUID()]) {
      const refused = await call('public', 'DELETE', `/auction/auctions/${id}`, { token: admin })
      expect(outcome(refused)).toStrictEqual(unauthorized)
    }
    expectInvalidPath(await call('public', 'DELETE', '/auction/auctions/x', { token: admin }))
    expect(outcome(await deleteAuction(ada, randomUUID()))).toStrictEqual(noAuction)
    for (const id of [running, closed]) expect(outcome(await deleteAuction(ada, id))).toStrictEqual(notValid)
    expect(outcome(await deleteAuction(seller, closed))).toStrictEqual(tooLate)
    expect(await auctionOf(running)).toMatchObject({ active: true })
  })

  it('§8 has been deleted before', async () => {
    const id = await openAuction(seller)
    expect((await deleteAuction(seller, id)).status).toBe(200)
    for (const player of [seller, ada]) expect(outcome(await deleteAuction(player, id))).toStrictEqual(noAuction)
  })
})

describe('an auction that an administrator deletes', () => {
  it('§8 may be unknown or deleted: that is a success too', async () => {
    const id = await openAuction(seller)
    const copies = await copiesOf(seller)
    for (const asked of [id, id, randomUUID()]) {
      expect(outcome(await asAdmin('DELETE', `auctions/${asked}`))).toStrictEqual(deleted('admin', asked))
    }
    expect(await copiesOf(seller)).toBe(copies + 1)
  })

  it('§8 is 403 for players, the owner included, before it says what there is', async () => {
    const id = await openAuction(seller)
    for (const token of [seller.token, await newToken(seller, 'admin')]) {
      for (const asked of [id, randomUUID()]) {
        const refused = await call('admin', 'DELETE', `/auction/auctions/${asked}`, { token })
        expect(outcome(refused)).toStrictEqual(unauthorized)
      }
    }
    expectInvalidPath(await call('admin', 'DELETE', '/auction/auctions/x', { token: seller.token }))
    expect(await auctionOf(id)).toMatchObject({ active: true })
  })
})
