import { type AccountId, newId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stock } from '../src/catalogue/stock.ts'
import { type Answer, startGacha, type TestGacha } from './test-gacha.ts'

let gacha: TestGacha
let ada: AccountId
beforeAll(async () => {
  gacha = await startGacha()
})
beforeEach(async () => {
  ada = await gacha.newPlayer(0)
})
afterAll(() => gacha.stop())

const get = (path: string, uid = ada) => gacha.asPlayer(uid, 'GET', path)
const give = (name: string) =>
  gacha.asAdministrator('POST', '/admin/api/distro/add/user/gacha', { uid: ada, gacha_name: name })

/** All pages of a list, each as the names or ids of its items. */
async function pagesOf(path: string, field: 'name' | 'id'): Promise<string[][]> {
  const pages: string[][] = []
  for (let next: string | null = ''; next !== null;) {
    const answer: Answer = await get(`${path}${next === '' ? '' : `&after=${next}`}`)
    expect(answer.status).toBe(200)
    const { items, next: following }: { items?: unknown; next?: unknown } = Object(answer.body)
    pages.push(Array.isArray(items) ? items.map((item: unknown) => String(Reflect.get(Object(item), field))) : [])
    next = typeof following === 'string' ? following : null
  }
  return pages
}

describe('the catalogue in pages', () => {
  it('has everything in order, in as many pages as it takes', async () => {
    const names = stock.map(({ name }) => name)
    expect(await pagesOf('/v1/gacha/catalogue?limit=8', 'name')).toEqual([
      names.slice(0, 8),
      names.slice(8, 16),
      names.slice(16),
    ])
    expect(await pagesOf('/v1/gacha/catalogue?limit=21', 'name')).toEqual([names])
  })

  it('shows names, rarities and images', async () => {
    expect(await get('/v1/gacha/catalogue?limit=1')).toEqual({
      status: 200,
      body: { items: [{ name: 'Ubuntu', rarity: 1, image: expect.any(String) }], next: expect.any(String) },
    })
  })
})

describe('a collection in pages', () => {
  it('has the gachas in the order of the first copies, with how many', async () => {
    for (const name of ['TempleOS', 'Ubuntu', 'Debian', 'TempleOS']) await give(name)
    expect(await pagesOf('/v1/gacha/collection?limit=2', 'name')).toEqual([['TempleOS', 'Ubuntu'], ['Debian']])
    expect((await get('/v1/gacha/collection?limit=1')).body).toEqual({
      items: [{ name: 'TempleOS', rarity: 5, image: expect.any(String), copies: 2 }],
      next: expect.any(String),
    })
  })

  it('is empty at first, and not there for a player nobody opened one for', async () => {
    expect(await get('/v1/gacha/collection')).toEqual({ status: 200, body: { items: [], next: null } })
    expect(await get('/v1/gacha/collection?after=1')).toEqual({ status: 200, body: { items: [], next: null } })
    expect(await get('/v1/gacha/collection', newId())).toMatchObject({ status: 404, body: { code: 'no-collection' } })
  })
})

describe("a player's rolls", () => {
  it('are listed newest first, of either route, and nobody sees those of others', async () => {
    gacha.wallet.tux.set(ada, 30)
    const ids: unknown[] = []
    for (let count = 0; count < 2; count++) {
      const { body } = await gacha.asPlayer(ada, 'POST', '/v1/gacha/rolls', { body: {} })
      ids.unshift(Reflect.get(Object(body), 'id'))
    }
    await gacha.roll(ada)
    const [first, second] = await pagesOf('/v1/gacha/rolls?limit=2', 'id')
    expect([first?.[1], ...(second ?? [])]).toEqual(ids)
    const bob = await gacha.newPlayer(0)
    expect((await get('/v1/gacha/rolls', bob)).body).toEqual({ items: [], next: null })
    expect(await get(`/v1/gacha/rolls/${String(ids[0])}`, bob)).toMatchObject({
      status: 404,
      body: { code: 'unknown-roll' },
    })
  })

  it('show what was won and how each ended', async () => {
    gacha.wallet.tux.set(ada, 10)
    await gacha.roll(ada)
    await gacha.roll(ada)
    const rolled = { id: expect.any(String), rolled_at: expect.any(String) }
    expect((await get('/v1/gacha/rolls')).body).toEqual({
      items: [
        { ...rolled, state: 'refused', gacha: null },
        { ...rolled, state: 'delivered', gacha: { name: 'Ubuntu', rarity: 1 } },
      ],
      next: null,
    })
  })

  it.each([newId(), 'nothing', '%00'])('have none called %s', async (id) => {
    expect(await get(`/v1/gacha/rolls/${id}`)).toMatchObject({ status: 404 })
  })

  it('from before they could be verified have no proof', async () => {
    const id = newId()
    const { db } = gacha.test.database
    const { id: gachaId } = await db
      .selectFrom('gacha')
      .select('id')
      .orderBy('sequence')
      .limit(1)
      .executeTakeFirstOrThrow()
    const now = new Date('2026-08-01T12:00:00Z')
    await sql`
      insert into roll (id, uid, gacha_id, state, drawn_at, settled_at)
      values (${id}, ${ada}, ${gachaId}, 'delivered', ${now}, ${now})`.execute(db)
    expect(await get(`/v1/gacha/rolls/${id}`)).toEqual({
      status: 200,
      body: {
        id,
        state: 'delivered',
        gacha: { name: 'Ubuntu', rarity: 1, image: expect.any(String) },
        proof: null,
        next_commitment: null,
        rolled_at: '2026-08-01T12:00:00.000Z',
      },
    })
  })
})

describe('a page', () => {
  it.each(['limit=0', 'limit=201', 'limit=x', 'after=', 'after=x', 'after=-1', `after=${'9'.repeat(19)}`])(
    'is not asked for with %s',
    async (query) => {
      for (const list of ['catalogue', 'collection', 'rolls']) {
        expect((await get(`/v1/gacha/${list}?${query}`)).status).toBe(422)
      }
    },
  )
})
