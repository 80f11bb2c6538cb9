import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type EventReader, watchMarket } from '../support/events.ts'
import { call, callPath } from '../support/http.ts'
import { bid, closeAuction, openAuction, playerWith } from '../support/market.ts'
import { adminToken, newToken, type Player, registerPlayer } from '../support/people.ts'

let seller: Player
let ada: Player
let bob: Player
const readers: EventReader[] = []

beforeAll(async () => {
  ;[seller, ada, bob] = await Promise.all([playerWith(50), playerWith(500), playerWith(500)])
})
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
})

async function watch(token: string): Promise<EventReader> {
  const reader = await watchMarket(token)
  readers.push(reader)
  return reader
}

/** What a reader was told about one auction. */
function about({ events }: EventReader, id: string) {
  return events.filter(({ data }) => Reflect.get(Object(data), 'id') === id)
}

function inSnapshot({ events }: EventReader, id: string): unknown {
  const auctions: unknown = Reflect.get(Object(events[0]?.data), 'auctions')
  return Array.isArray(auctions) ? auctions.find((auction) => Reflect.get(Object(auction), 'id') === id) : undefined
}

describe('the events of the market', () => {
  it('begin with what there is', async () => {
    const id = await openAuction(seller)
    await bid(ada, id, 12)
    const reader = await watch(bob.token)
    expect(reader.response.status).toBe(200)
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream')
    expect(reader.response.headers.get('cache-control')).toBe('no-store')
    await expect.poll(() => reader.events[0]?.event).toBe('snapshot')
    const shown = inSnapshot(reader, id)
    expect(shown).toMatchObject({ seller: seller.uid, leader: ada.uid, highest_bid: 12 })
    // No more than the list shows a player.
    const fields = ['id', 'seller', 'gacha_name', 'starting_price', 'leader', 'highest_bid', 'ends_at']
    expect(Object.keys(Object(shown)).toSorted()).toEqual(fields.toSorted())
    await closeAuction(id)
  })

  it('tell of a new auction, every change of its leader that lasts, and its end', async () => {
    const reader = await watch(bob.token)
    await expect.poll(() => reader.events.length).toBeGreaterThan(0)
    const id = await openAuction(seller)
    await expect.poll(() => about(reader, id).at(-1)).toMatchObject({ event: 'auction', data: { highest_bid: 0 } })
    await bid(ada, id, 20)
    await expect.poll(() => about(reader, id).at(-1)).toMatchObject({ data: { leader: ada.uid, highest_bid: 20 } })
    await bid(bob, id, 21)
    await expect.poll(() => about(reader, id).at(-1)).toMatchObject({ data: { leader: bob.uid, highest_bid: 21 } })
    await closeAuction(id)
    await expect.poll(() => about(reader, id).at(-1)).toEqual({ event: 'ended', data: { id } })
  })

  it('tell of an auction that was withdrawn', async () => {
    const id = await openAuction(seller)
    const reader = await watch(bob.token)
    await expect.poll(() => inSnapshot(reader, id)).toBeDefined()
    await call('public', 'DELETE', `/auction/auctions/${id}`, { token: seller.token })
    await expect.poll(() => about(reader, id)).toEqual([{ event: 'ended', data: { id } }])
  })

  it('end with the session they were asked for with', async () => {
    const token = await newToken(ada)
    const reader = await watch(token)
    await expect.poll(() => reader.events.length).toBeGreaterThan(0)
    await call('public', 'POST', '/auth/logout', { token })
    // By the server: nobody here leaves.
    await reader.ended
  })

  it('are for players alone', async () => {
    expect((await callPath('public', 'GET', '/v1/auction/events')).status).toBe(401)
    expect((await callPath('public', 'GET', '/v1/auction/events', { token: await adminToken() })).status).toBe(403)
  })

  it('come to one account five times at once, and again when one has left', async () => {
    const eve = await registerPlayer()
    const open = await Promise.all(Array.from({ length: 5 }, () => watch(eve.token)))
    const refused = await callPath('public', 'GET', '/v1/auction/events', { token: eve.token })
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: 'too-many-streams' })
    open[0]?.close()
    await expect.poll(async () => (await watch(eve.token)).response.status).toBe(200)
  })
})
