import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveWallet, type WalletOverHttp } from './surface-fixture.ts'
import { createTestWallet, expectBalancedBooks, type TestWallet } from './test-wallet.ts'

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

const erase = (uid: string, id: string = newId(), as = 'service identity') =>
  http.send('PUT', `/internal/wallet/erasures/${id}`, as, { uid, keep_uploads: false })
const entriesOf = async (uid: string) =>
  (await wallet.test.database.pool.query('select * from entry where uid = $1 order by 1, 2', [uid])).rows

describe('the erasure of a person', () => {
  it('closes the wallet, leaves every entry as it was, and the books still sum to zero', async () => {
    const uid = await wallet.playerWith(100)
    await wallet.hold(uid, 30)
    const before = await entriesOf(uid)
    expect(await erase(uid)).toEqual({
      status: 200,
      body: { removed: { 'open wallets': 1 }, anonymous: { transfers: 3, holds: 1 } },
    })
    expect(await entriesOf(uid)).toEqual(expect.arrayContaining(before))
    expect((await http.get(`/api/tux-management/balances/${uid}`, `player ${uid}`)).status).toBe(404)
    await expectBalancedBooks(wallet.db)
  })

  it('says the same again when it comes twice, and at once', async () => {
    const [uid, id] = [await wallet.playerWith(10), newId()]
    const answers = await Promise.all([erase(uid, id), erase(uid, id), erase(uid, id)])
    for (const { status } of answers) expect(status).toBe(200)
    expect((await erase(uid, id)).body).toMatchObject({ removed: { 'open wallets': 1 } })
  })

  it('is done with somebody nobody knows, who then cannot be opened any more', async () => {
    const uid = newId()
    expect(await erase(uid)).toMatchObject({ status: 200, body: { removed: { 'open wallets': 0 } } })
    expect(await http.send('PUT', `/internal/wallet/players/${uid}`, 'service identity')).toMatchObject({
      body: { state: 'closed' },
    })
  })

  it('is for identity alone', async () => {
    expect((await erase(newId(), newId(), 'service gacha')).status).toBe(403)
  })
})
