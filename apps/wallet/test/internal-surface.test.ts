import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, serveWallet, type WalletOverHttp } from './surface-fixture.ts'
import { createTestWallet, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let http: WalletOverHttp
beforeAll(async () => {
  wallet = await createTestWallet()
  http = await serveWallet(wallet)
})
afterAll(async () => {
  await http.service.stop()
  await wallet.test.drop()
})

const players = (method: 'PUT' | 'DELETE', uid: string, as = 'service identity'): Promise<Answer> =>
  http.send(method, `/internal/wallet/players/${uid}`, as)
const charge = (rollId: string, uid: string, as = 'service gacha'): Promise<Answer> =>
  http.send('PUT', `/internal/wallet/roll-charges/${rollId}`, as, { uid })
const makeVoid = (rollId: string, as = 'service gacha'): Promise<Answer> =>
  http.send('DELETE', `/internal/wallet/roll-charges/${rollId}`, as)

describe('opening and closing', () => {
  it('§10 opens and closes, and says the same again', async () => {
    const uid = newId()
    for (let time = 0; time < 2; time += 1)
      expect(await players('PUT', uid)).toEqual({ status: 200, body: { state: 'open' } })
    for (let time = 0; time < 2; time += 1)
      expect(await players('DELETE', uid)).toEqual({ status: 200, body: { state: 'closed' } })
    expect(await players('PUT', uid)).toEqual({ status: 200, body: { state: 'closed' } })
  })

  it('takes no uid that is not a UUID', async () => {
    expect(await players('PUT', 'nonsense')).toMatchObject({ status: 422, body: { code: 'malformed-id' } })
    expect(await players('DELETE', 'nonsense')).toMatchObject({ status: 404, body: { code: 'unknown-player' } })
  })

  it('is for identity alone', async () => {
    expect(await players('PUT', newId(), 'service gacha')).toMatchObject({ status: 403 })
    expect(await players('PUT', newId(), `admin ${newId()}`)).toMatchObject({ status: 401 })
  })
})

describe('charging a roll', () => {
  it('§5 charges, and says the same again in either case of letters', async () => {
    const uid = await wallet.playerWith(10)
    const id = newId()
    for (const same of [id, id, id.toUpperCase()])
      expect(await charge(same, uid)).toEqual({ status: 200, body: { outcome: 'charged' } })
    expect(await makeVoid(id)).toEqual({ status: 200, body: { outcome: 'charged' } })
  })

  it('§7 refuses by name', async () => {
    const uid = await wallet.playerWith(0)
    expect(await charge(newId(), uid)).toMatchObject({
      status: 402,
      body: { code: 'not-enough-tux', priceTux: 10 },
    })
    expect(await charge(newId(), newId())).toMatchObject({ status: 404, body: { code: 'unknown-player' } })
    expect(await charge(newId(), 'nonsense')).toMatchObject({ status: 404, body: { code: 'unknown-player' } })
  })

  it('§5 refuses an id that was made void', async () => {
    const id = newId()
    expect(await makeVoid(id)).toEqual({ status: 200, body: { outcome: 'not-charged' } })
    expect(await charge(id, await wallet.playerWith(10))).toMatchObject({
      status: 409,
      body: { code: 'transfer-conflict' },
    })
  })

  it('takes no id that is not a UUID, and is for gacha alone', async () => {
    expect(await charge('nonsense', newId())).toMatchObject({ status: 422 })
    expect(await makeVoid(`urn:uuid:${newId()}`)).toMatchObject({ status: 422 })
    expect(await charge(newId(), newId(), 'service identity')).toMatchObject({ status: 403 })
  })
})

describe('holds', () => {
  const hold = (method: 'PUT' | 'DELETE', id: string, body?: unknown, as = 'service auction'): Promise<Answer> =>
    http.send(method, `/internal/wallet/holds/${id}`, as, body)
  const capture = (id: string, seller: string, auctionId: string, as = 'service auction'): Promise<Answer> =>
    http.send('POST', `/internal/wallet/holds/${id}/capture`, as, { seller, auction_id: auctionId })
  const ok = (outcome: string): Answer => ({ status: 200, body: { outcome } })

  it('§5 are placed, replaced, captured and released, and say the same again', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const [first, second, auctionId] = [newId(), newId(), newId()]
    for (const same of [first, first.toUpperCase()])
      expect(await hold('PUT', same, { uid: buyer, amount: 60, releases: [] })).toEqual(ok('held'))
    expect(await hold('PUT', second, { uid: buyer, amount: 100, releases: [first.toUpperCase()] })).toEqual(ok('held'))
    expect(await hold('DELETE', first)).toEqual(ok('released'))
    for (let time = 0; time < 2; time += 1) expect(await capture(second, seller, auctionId)).toEqual(ok('captured'))
    expect(await hold('DELETE', second)).toEqual(ok('captured'))
    const third = newId()
    await hold('PUT', third, { uid: seller, amount: 1, releases: [] })
    expect(await capture(third, newId(), newId())).toEqual(ok('seller-gone'))
    const { body } = await http.get(`/api/tux-management/transactions/${seller}`, `player ${seller}`)
    const sale = { auction_id: auctionId, from_user_id: buyer, to_user_id: seller, amount_tux: 100 }
    const timestamp = Math.floor(wallet.clock.now().getTime() / 1000)
    expect(body).toEqual({
      purchase: [],
      auction: [{ transaction_id: expect.stringMatching(/^[0-9a-f-]{36}$/), ...sale, timestamp }],
      roll: [],
    })
  })

  it('§7 are refused by name', async () => {
    const uid = await wallet.playerWith(10)
    const id = newId()
    const refusal = (status: number, code: string): unknown =>
      expect.objectContaining({ status, body: expect.objectContaining({ code }) })
    expect(await hold('PUT', id, { uid, amount: 11, releases: [] })).toEqual(refusal(402, 'not-enough-tux'))
    expect(await hold('PUT', id, { uid: newId(), amount: 1, releases: [] })).toEqual(refusal(404, 'unknown-player'))
    expect(await capture(id, uid, newId())).toEqual(refusal(404, 'unknown-hold'))
    await hold('PUT', id, { uid, amount: 1, releases: [] })
    expect(await hold('PUT', id, { uid, amount: 2, releases: [] })).toEqual(refusal(409, 'transfer-conflict'))
    expect(await capture(id, uid, newId())).toEqual(refusal(422, 'own-sale'))
  })

  it('are whole TUX under UUIDs, and for the auction house alone', async () => {
    const placement = { uid: newId(), amount: 1, releases: [] }
    for (const changed of [
      { amount: 1.5 },
      { amount: -1 },
      { amount: '1' },
      { releases: ['x'] },
      { releases: Array.from({ length: 9 }, newId) },
    ])
      expect(await hold('PUT', newId(), { ...placement, ...changed })).toMatchObject({ status: 422 })
    expect(await hold('DELETE', 'nonsense')).toMatchObject({ status: 422 })
    for (const as of ['service gacha', 'service identity']) {
      expect(await hold('PUT', newId(), placement, as)).toMatchObject({ status: 403 })
      expect(await hold('DELETE', newId(), undefined, as)).toMatchObject({ status: 403 })
      expect(await capture(newId(), newId(), newId(), as)).toMatchObject({ status: 403 })
    }
  })
})

it('§6 is ready when its database answers', async () => {
  expect(await http.service.readiness()).toEqual({ database: 'ready' })
})
