import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, serveWallet, type WalletOverHttp } from './surface-fixture.ts'
import { createTestWallet, expectBalancedBooks, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let http: WalletOverHttp
beforeAll(async () => {
  wallet = await createTestWallet()
  http = await serveWallet(wallet)
})
afterAll(async () => {
  await http.service.stop()
  await expectBalancedBooks(wallet.db)
  await wallet.test.drop()
})

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const purchase = (uid: string, amount: unknown, key?: string): Promise<Answer> =>
  http.send('POST', '/v1/wallet/purchases', `player ${uid}`, { amount }, key)
const balances = async (uid: string): Promise<unknown> => (await http.get('/v1/wallet/balances', `player ${uid}`)).body
const countOf = async (uid: string): Promise<number> => (await wallet.ledger.history(uid)).length

describe('§7 a purchase', () => {
  it('is answered with what was bought and what is left', async () => {
    const uid = await wallet.playerWith(0)
    expect(await purchase(uid, 12.34)).toEqual({
      status: 201,
      body: {
        id: expect.stringMatching(uuid),
        amount_tux: 12.34,
        cost_fiat: 12.34 / 1.2,
        tux_balance: 12.34,
        fiat_balance: expect.closeTo(1000 - 12.34 / 1.2, 9),
        created_at: wallet.clock.now().toISOString(),
      },
    })
    expect(await countOf(uid)).toBe(1)
  })

  it('without a key is another each time', async () => {
    const uid = await wallet.playerWith(0)
    const [one, other] = [await purchase(uid, 10), await purchase(uid, 10)]
    expect(one).not.toEqual(other)
    expect(await balances(uid)).toMatchObject({ tux: 20 })
  })

  it('comes to exactly nothing left after 120 of 10 TUX', async () => {
    const uid = await wallet.playerWith(0)
    for (let count = 0; count < 120; count += 1) expect(await purchase(uid, 10)).toMatchObject({ status: 201 })
    expect(await balances(uid)).toEqual({ tux: 1200, fiat: 0, tux_held: 0 })
    expect(await purchase(uid, 0.000001)).toMatchObject({ status: 402 })
  })

  it('that cannot be paid is refused and in the history', async () => {
    const uid = await wallet.playerWith(0)
    expect(await purchase(uid, 1200.000001)).toMatchObject({ status: 402, body: { code: 'cannot-afford' } })
    expect((await wallet.ledger.history(uid)).at(-1)).toMatchObject({ kind: 'purchase', filled: false })
  })

  it.each([
    [-1],
    [-0.000001],
    [0.0000001],
    [1.0000005],
    [12.3456789],
    [1e-11],
    [5e-324],
    [2 ** 53],
    [1e300],
    ['10'],
    ['ten'],
    ['NaN'],
    [''],
    [null],
    [true],
    [[1]],
    [{}],
    [undefined],
  ])('of %j is refused and books nothing', async (amount) => {
    const uid = await wallet.playerWith(0)
    expect(await purchase(uid, amount)).toMatchObject({ status: 422 })
    expect([await balances(uid), await countOf(uid)]).toEqual([{ tux: 0, fiat: 1000, tux_held: 0 }, 0])
  })

  it.each(['NaN', 'Infinity', '-Infinity', '+1', '.5', '01', '0x10', '1_0'])(
    'of the literal %s is no JSON and books nothing',
    async (literal) => {
      const uid = await wallet.playerWith(0)
      const headers = { authorization: `Bearer player ${uid}` }
      const body = `{"amount": ${literal}}`
      const answer = await http.service.inject({ method: 'POST', path: '/v1/wallet/purchases', headers, body })
      expect(answer.status).toBe(400)
      expect(await countOf(uid)).toBe(0)
    },
  )

  it.each(['1e999', '-1e999'])('of %s, which is infinite, books nothing', async (literal) => {
    const uid = await wallet.playerWith(0)
    const headers = { authorization: `Bearer player ${uid}` }
    const body = `{"amount": ${literal}}`
    const answer = await http.service.inject({ method: 'POST', path: '/v1/wallet/purchases', headers, body })
    expect(answer.status).toBe(422)
    expect(await countOf(uid)).toBe(0)
  })

  it('is for players who are there', async () => {
    const uid = newId()
    expect(await purchase(uid, 1)).toMatchObject({ status: 404, body: { code: 'unknown-player' } })
    const administrator = `admin ${newId()}`
    for (const answer of [
      await http.send('POST', '/v1/wallet/purchases', administrator, { amount: 1 }),
      await http.get('/v1/wallet/balances', administrator),
      await http.get('/v1/wallet/transactions', administrator),
    ])
      expect(answer).toMatchObject({ status: 403, body: { title: 'Forbidden' } })
    expect(await http.get('/v1/wallet/balances')).toMatchObject({ status: 401 })
  })
})

describe('§5 a purchase under a key', () => {
  it('is made once and has the first answer again, whatever has happened since', async () => {
    const uid = await wallet.playerWith(0)
    const first = await purchase(uid, 100, 'key-1')
    expect(first).toMatchObject({ status: 201, body: { tux_balance: 100 } })
    wallet.clock.moveSeconds(5)
    await purchase(uid, 500)
    expect(await purchase(uid, 100, 'key-1')).toEqual(first)
    expect(await balances(uid)).toMatchObject({ tux: 600 })
  })

  it('that was refused stays refused, although it could be paid now', async () => {
    const uid = await wallet.playerWith(100)
    const hold = await wallet.hold(uid, 100)
    const first = await purchase(uid, 1150, 'key-1')
    expect(first).toMatchObject({ status: 402 })
    await wallet.holds.settle([{ hold }])
    expect(await purchase(uid, 1150, 'key-1')).toEqual(first)
    expect(await countOf(uid)).toBe(2)
  })

  it('is refused for another amount, after a refusal too', async () => {
    const uid = await wallet.playerWith(0)
    await purchase(uid, 100, 'paid')
    await purchase(uid, 5000, 'refused')
    for (const key of ['paid', 'refused'])
      expect(await purchase(uid, 1, key)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } })
    expect(await balances(uid)).toMatchObject({ tux: 100 })
  })

  it('is made once when many come together', async () => {
    const uid = await wallet.playerWith(0)
    const answers = await Promise.all(Array.from({ length: 10 }, () => purchase(uid, 100, 'together')))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await balances(uid)).toMatchObject({ tux: 100 })
  })

  it('is of one account: another may use the same', async () => {
    const [ada, bob] = [await wallet.playerWith(0), await wallet.playerWith(0)]
    await purchase(ada, 1, 'same')
    expect(await purchase(bob, 2, 'same')).toMatchObject({ status: 201 })
  })

  it.each(['', 'with space', 'é', 'x'.repeat(256)])('needs a sound one, not %j', async (key) => {
    const uid = await wallet.playerWith(0)
    expect(await purchase(uid, 1, key)).toMatchObject({ status: 422 })
    expect(await countOf(uid)).toBe(0)
  })
})
