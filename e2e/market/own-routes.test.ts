import { beforeAll, describe, expect, it } from 'vitest'
import { callPath, objectOf } from '../support/http.ts'
import { bid, bidsOn, closeAuction, copiesOf, openAuction, playerWith, tuxOf } from '../support/market.ts'
import { adminToken, type Player } from '../support/people.ts'

let seller: Player
let ada: Player

beforeAll(async () => {
  ;[seller, ada] = await Promise.all([playerWith(10), playerWith(300)])
})

const post = (player: Player, path: string, json: unknown, key?: string) =>
  callPath('public', 'POST', path, {
    token: player.token,
    json,
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  })
const get = (player: Player, path: string) => callPath('public', 'GET', path, { token: player.token })

/** Every item of a list, page by page. */
async function pages(player: Player, path: string, limit: number): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = []
  let after = ''
  for (;;) {
    const { status, body } = await get(player, `${path}?limit=${limit}${after}`)
    expect(status).toBe(200)
    const page = objectOf(body)
    const found = page['items']
    if (!Array.isArray(found)) throw new TypeError('a page has no items')
    expect(found.length).toBeLessThanOrEqual(limit)
    items.push(...found.map(objectOf))
    const { next } = page
    if (typeof next !== 'string') return items
    after = `&after=${next}`
  }
}

describe('a purchase under a key', () => {
  it('is made once, however often it is asked for', async () => {
    const bob = await playerWith(0)
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => post(bob, '/v1/wallet/purchases', { amount: 7 }, 'first')),
    )
    for (const answer of answers) expect(answer).toMatchObject({ status: 201, body: answers[0]?.body })
    expect(await tuxOf(bob)).toBe(7)
    expect(await post(bob, '/v1/wallet/purchases', { amount: 8 }, 'first')).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    })
  })
})

describe('a roll under a key', () => {
  it('is paid and delivered once, however often it is asked for', async () => {
    const bob = await playerWith(50)
    const answers = await Promise.all(Array.from({ length: 4 }, () => post(bob, '/v1/gacha/rolls', {}, 'lucky')))
    const first = answers.find(({ status }) => status === 201)
    for (const { status, body } of answers) {
      expect(status).toBe(201)
      expect(objectOf(body)['id']).toBe(objectOf(first?.body)['id'])
    }
    expect(await tuxOf(bob)).toBe(40)
    expect(await get(bob, '/v1/gacha/rolls')).toMatchObject({ body: { items: [{}], next: null } })
  })
})

describe('a bid under a key', () => {
  it('is placed once, also when it was outbid meanwhile', async () => {
    const [id, bob] = [await openAuction(seller), await playerWith(100)]
    const path = `/v1/auction/auctions/${id}/bids`
    const first = await post(ada, path, { amount: 10 }, 'ten')
    expect(first.status).toBe(201)
    await bid(bob, id, 11)
    expect(await post(ada, path, { amount: 10 }, 'ten')).toMatchObject({ status: 201, body: first.body })
    expect(await bidsOn(id)).toHaveLength(2)
    expect(await tuxOf(ada)).toBe(300)
    await closeAuction(id)
  })

  it('keeps its first answer when it was refused', async () => {
    const [id, bob] = [await openAuction(seller), await playerWith(5)]
    const path = `/v1/auction/auctions/${id}/bids`
    const poor = await post(bob, path, { amount: 30 }, 'thirty')
    expect(poor).toMatchObject({ status: 402, body: { code: 'not-enough-tux' } })
    await post(bob, '/v1/wallet/purchases', { amount: 100 })
    expect(await post(bob, path, { amount: 30 }, 'thirty')).toMatchObject({ status: 402, body: poor.body })
    expect((await post(bob, path, { amount: 30 }, 'another')).status).toBe(201)
    await closeAuction(id)
  })

  it('is refused when the key belongs to another bid', async () => {
    const id = await openAuction(seller)
    const path = `/v1/auction/auctions/${id}/bids`
    await post(ada, path, { amount: 10 }, 'mine')
    expect(await post(ada, path, { amount: 12 }, 'mine')).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    })
    // Somebody else's key of the same name is another key.
    const bob = await playerWith(50)
    expect((await post(bob, path, { amount: 12 }, 'mine')).status).toBe(201)
    await closeAuction(id)
  })

  it.each(['', 'a b', 'x'.repeat(256)])('is refused with the key %j', async (key) => {
    const path = '/v1/auction/auctions/6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11/bids'
    expect((await post(ada, path, { amount: 1 }, key)).status).toBe(422)
  })
})

describe('long lists', () => {
  it('come in pages that hold everything once', async () => {
    const ids = [await openAuction(seller), await openAuction(seller), await openAuction(seller)]
    for (const id of ids) await bid(ada, id, 5)
    const active = (await pages(ada, '/v1/auction/auctions', 2)).map((item) => item['id'])
    expect(new Set(active).size).toBe(active.length)
    expect(active.filter((id) => ids.includes(String(id)))).toEqual(ids)
    const bids = await pages(ada, '/v1/auction/bids', 2)
    // The newest first.
    expect(bids.slice(0, 3).map((item) => item['auction_id'])).toEqual(ids.toReversed())
    for (const id of ids) await closeAuction(id)
    const sales = await pages(ada, '/v1/wallet/transactions', 1)
    expect(sales.filter(({ kind }) => kind === 'sale').length).toBeGreaterThanOrEqual(3)
    expect(await pages(ada, '/v1/gacha/catalogue', 5)).not.toHaveLength(0)
    expect(await pages(ada, '/v1/gacha/collection', 5)).toHaveLength(1)
    expect(await copiesOf(ada)).toBeGreaterThanOrEqual(3)
  })

  it.each(['after=x', 'after=-1', 'limit=0', 'limit=201', 'limit=x'])('refuse %s', async (query) => {
    for (const list of ['/v1/auction/auctions', '/v1/auction/bids', '/v1/wallet/transactions', '/v1/gacha/rolls'])
      expect((await get(ada, `${list}?${query}`)).status, list).toBe(422)
  })
})

describe('the routes that are Sallyport’s own', () => {
  it.each(['/v1/wallet/balances', '/v1/gacha/collection', '/v1/auction/auctions'])(
    '%s is for players',
    async (path) => {
      expect((await callPath('public', 'GET', path)).status).toBe(401)
      const token = await adminToken()
      expect((await callPath('public', 'GET', path, { token })).status).toBe(403)
    },
  )
})
