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

describe('offers and settlements', () => {
  const offer = (batchId: string, body: unknown, as = 'service auction'): Promise<Answer> =>
    http.send('PUT', `/internal/wallet/offer-batches/${batchId}`, as, body)
  const settle = (settlements: unknown, as = 'service auction'): Promise<Answer> =>
    http.send('POST', '/internal/wallet/hold-settlements', as, { settlements })
  const ok = (...outcomes: string[]): Answer => ({ status: 200, body: { outcomes } })
  const refusal = (status: number, code: string): unknown =>
    expect.objectContaining({ status, body: expect.objectContaining({ code }) })

  it('§5 are held, outbid, captured and released, and say the same again', async () => {
    const [buyer, seller] = [await wallet.playerWith(100), await wallet.playerWith(0)]
    const [batchId, lot, first, second, third] = [newId(), newId(), newId(), newId(), newId()]
    const batch = { offers: [{ id: first, lot, uid: buyer, amount: 60 }], standing: [] }
    for (const same of [batchId, batchId.toUpperCase()]) expect(await offer(same, batch)).toEqual(ok('held'))
    const raise = {
      offers: [
        { id: second, lot: lot.toUpperCase(), uid: buyer, amount: 100 },
        { id: newId(), lot, uid: buyer, amount: 100 },
        { id: newId(), lot, uid: newId(), amount: 101 },
        { id: newId(), lot: newId(), uid: buyer, amount: 1 },
        { id: third, lot: newId(), uid: seller, amount: 0 },
      ],
      standing: [{ lot, hold: first.toUpperCase(), amount: 60 }],
    }
    expect(await offer(newId(), raise)).toEqual(ok('held', 'too-low', 'unknown-player', 'not-enough-tux', 'held'))
    const sale = { seller, auction_id: lot }
    const settlements = [{ hold: first }, { hold: second, sale }, { hold: third, sale: { ...sale, seller: 'gone' } }]
    for (let time = 0; time < 2; time += 1)
      expect(await settle(settlements)).toEqual(ok('released', 'captured', 'seller-gone'))
    expect(await settle([{ hold: second.toUpperCase() }])).toEqual(ok('captured'))
    const { body } = await http.get(`/api/tux-management/transactions/${seller}`, `player ${seller}`)
    const listed = { auction_id: lot, from_user_id: buyer, to_user_id: seller, amount_tux: 100 }
    const timestamp = Math.floor(wallet.clock.now().getTime() / 1000)
    expect(body).toEqual({
      purchase: [],
      auction: [{ transaction_id: expect.stringMatching(/^[0-9a-f-]{36}$/), ...listed, timestamp }],
      roll: [],
    })
  })

  it('§7 are refused by name when they contradict what was', async () => {
    const [uid, seller] = [await wallet.playerWith(10), await wallet.playerWith(0)]
    const [batchId, auction] = [newId(), newId()]
    const bid = { id: newId(), lot: auction, uid, amount: 1 }
    await offer(batchId, { offers: [bid], standing: [] })
    const changed = { offers: [{ ...bid, amount: 2 }], standing: [] }
    expect(await offer(batchId, changed)).toEqual(refusal(409, 'transfer-conflict'))
    expect(await offer(newId(), { offers: [bid], standing: [] })).toEqual(refusal(409, 'transfer-conflict'))
    const sale = { seller, auction_id: auction }
    expect(await settle([{ hold: bid.id, sale: { ...sale, seller: uid } }])).toEqual(refusal(422, 'own-sale'))
    await settle([{ hold: bid.id, sale }])
    const other = { hold: bid.id, sale: { ...sale, auction_id: newId() } }
    expect(await settle([other])).toEqual(refusal(409, 'transfer-conflict'))
    const hold = await wallet.hold(uid, 1)
    expect(await settle([{ hold, sale }])).toEqual(refusal(409, 'transfer-conflict'))
  })

  it('§5 are up to 500 at once', async () => {
    const uid = await wallet.playerWith(1000)
    const offers = Array.from({ length: 501 }, () => ({ id: newId(), lot: newId(), uid, amount: 2 }))
    expect(await offer(newId(), { offers, standing: [] })).toMatchObject({ status: 422 })
    const all = offers.slice(1)
    expect(await offer(newId(), { offers: all, standing: [] })).toEqual(ok(...all.map(() => 'held')))
    expect(await settle(offers.map(({ id }) => ({ hold: id })))).toMatchObject({ status: 422 })
    expect(await settle(all.map(({ id }) => ({ hold: id })))).toEqual(ok(...all.map(() => 'released')))
  })

  it('are whole TUX under UUIDs, and for the auction house alone', async () => {
    const bid = { id: newId(), lot: newId(), uid: newId(), amount: 1 }
    for (const changed of [
      { amount: 1.5 },
      { amount: -1 },
      { amount: '1' },
      { amount: 2 ** 53 },
      { id: 'x' },
      { lot: 'x' },
    ])
      expect(await offer(newId(), { offers: [{ ...bid, ...changed }], standing: [] })).toMatchObject({ status: 422 })
    expect(await offer(newId(), { offers: [], standing: [] })).toMatchObject({ status: 422 })
    expect(await offer('nonsense', { offers: [bid], standing: [] })).toMatchObject({ status: 422 })
    for (const settlements of [[], [{ hold: 'x' }], [{ hold: newId(), sale: { seller: newId() } }]])
      expect(await settle(settlements)).toMatchObject({ status: 422 })
    for (const as of ['service gacha', 'service identity']) {
      expect(await offer(newId(), { offers: [bid], standing: [] }, as)).toMatchObject({ status: 403 })
      expect(await settle([{ hold: newId() }], as)).toMatchObject({ status: 403 })
    }
  })
})

it('§6 is ready when its database answers', async () => {
  expect(await http.service.readiness()).toEqual({ database: 'ready' })
})
