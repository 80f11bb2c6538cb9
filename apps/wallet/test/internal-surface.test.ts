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

it('§6 is ready when its database answers', async () => {
  expect(await http.service.readiness()).toEqual({ database: 'ready' })
})
