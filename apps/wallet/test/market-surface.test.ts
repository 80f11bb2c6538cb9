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

const admin = `admin ${newId()}`
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const buy = (uid: string, amount: unknown, as = `player ${uid}`): Promise<Answer> =>
  http.send('POST', '/api/tux-management/buy', as, { amount, user_id: uid })
const balances = (uid: string, as = `player ${uid}`): Promise<Answer> =>
  http.get(`/api/tux-management/balances/${uid}`, as)
const transactions = (uid: string): Promise<Answer> =>
  http.get(`/api/tux-management/transactions/${uid}`, `player ${uid}`)

describe('§7 prices', () => {
  it('are known to everybody', async () => {
    expect(await http.get('/api/tux-management/tux-price')).toEqual({ status: 200, body: { price: 1.2 } })
    expect(await http.get('/api/tux-management/roll/price')).toEqual({ status: 200, body: { price: 10 } })
  })
})

describe('§7 balances', () => {
  it('are 1000 fiat and no TUX at first', async () => {
    const uid = await wallet.playerWith(0)
    expect(await balances(uid)).toEqual({ status: 200, body: { fiat_balance: 1000, tux_balance: 0 } })
  })

  it('are refused to others, administrators included', async () => {
    const uid = await wallet.playerWith(0)
    const unauthorized = { status: 401, body: { detail: 'Unauthorized' } }
    expect(await balances(uid, `player ${newId()}`)).toEqual(unauthorized)
    expect(await balances(uid, admin)).toEqual(unauthorized)
  })

  it('§11 are 404 for a player who has gone', async () => {
    const uid = await wallet.playerWith(0)
    await wallet.ledger.closePlayer(uid)
    expect(await balances(uid)).toEqual({ status: 404, body: { detail: `${uid} not found` } })
  })
})

describe('§7 buying', () => {
  it.each([
    [70, '70.0'],
    [12.34, '12.34'],
    ['10', '10.0'],
    [0, '0.0'],
    [-0, '0.0'],
    [0.000001, '0.000001'],
  ])('answers a purchase of %s with %s', async (amount, text) => {
    expect(await buy(await wallet.playerWith(0), amount)).toEqual({
      status: 200,
      body: { detail: `Successully bought ${text} tux!` },
    })
  })

  it.each([
    [0.0000001],
    [1.0000005],
    [1e-9],
    [5e-324],
    [2 ** 53],
    [1e300],
    ['ten'],
    ['NaN'],
    ['Infinity'],
    ['-Infinity'],
    ['1e999'],
    ['0x10'],
    ['1,5'],
    [''],
    [null],
    [[1]],
    [{}],
  ])('books nothing for %j, which is no amount', async (amount) => {
    const uid = await wallet.playerWith(0)
    expect(await buy(uid, amount)).toMatchObject({ status: 422 })
    expect(await balances(uid)).toEqual({ status: 200, body: { fiat_balance: 1000, tux_balance: 0 } })
    expect(await wallet.ledger.history(uid)).toEqual([])
  })

  it.each(['NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '+1', '01'])(
    'books nothing for the literal %s, which is no number of JSON or not finite',
    async (literal) => {
      const uid = await wallet.playerWith(0)
      const headers = { authorization: `Bearer player ${uid}` }
      const body = `{"amount": ${literal}, "user_id": "${uid}"}`
      const answer = await http.service.inject({ method: 'POST', path: '/api/tux-management/buy', headers, body })
      expect(answer.status).toBe(422)
      expect(await wallet.ledger.history(uid)).toEqual([])
    },
  )

  it('comes to exactly 1000 fiat for 120 purchases of 10 TUX', async () => {
    const uid = await wallet.playerWith(0)
    for (let count = 0; count < 120; count += 1) expect(await buy(uid, 10)).toMatchObject({ status: 200 })
    expect(await balances(uid)).toEqual({ status: 200, body: { fiat_balance: 0, tux_balance: 1200 } })
    expect(await buy(uid, 0.000001)).toMatchObject({ status: 402 })
  })

  it('refuses a negative amount, also of a player who is not there', async () => {
    const refusal = {
      status: 400,
      body: { detail: 'The tux amount and the fiat amount cannot be a negative number!' },
    }
    expect(await buy(await wallet.playerWith(0), -1)).toEqual(refusal)
    expect(await buy(newId(), -1)).toEqual(refusal)
  })

  it('refuses what the player cannot pay', async () => {
    const uid = await wallet.playerWith(0)
    expect(await buy(uid, 1300)).toEqual({
      status: 402,
      body: { detail: `${uid} cannot afford to pay 1083.3333333333335 fiat value` },
    })
    expect(await buy(uid, Number.MAX_SAFE_INTEGER)).toMatchObject({ status: 402 })
  })

  it('answers 404 for a player who is not there', async () => {
    const uid = newId()
    expect(await buy(uid, 1)).toEqual({ status: 404, body: { detail: `${uid} not found` } })
  })

  it('refuses in order: the fields, then the owner, then the amount', async () => {
    const uid = await wallet.playerWith(0)
    const other = `player ${newId()}`
    expect(await buy(uid, 'many', other)).toMatchObject({ status: 422 })
    expect(await buy(uid, 0.0000001)).toMatchObject({ status: 422 })
    expect(await buy(uid, -1, other)).toEqual({ status: 401, body: { detail: 'Unauthorized' } })
    expect(await buy(uid, 1, admin)).toEqual({ status: 401, body: { detail: 'Unauthorized' } })
    expect(await buy(uid, 1, 'nonsense')).toMatchObject({ status: 401, body: { detail: 'Invalid or expired token' } })
  })
})

describe('§7 the history', () => {
  it('has three empty lists at first', async () => {
    expect(await transactions(await wallet.playerWith(0))).toEqual({
      status: 200,
      body: { purchase: [], auction: [], roll: [] },
    })
  })

  it('has attempts and what was left after each, oldest first', async () => {
    const uid = await wallet.playerWith(12)
    await wallet.ledger.chargeRoll(uid, newId())
    await expect(wallet.ledger.chargeRoll(uid, newId())).rejects.toThrow()
    wallet.clock.moveSeconds(1)
    await buy(uid, 5000)
    const common = { transaction_id: expect.stringMatching(uuid), user_id: uid }
    const timestamp = Math.floor(wallet.clock.now().getTime() / 1000)
    const history = {
      status: 200,
      body: {
        purchase: [
          { ...common, purchased_tux: 12, amount_fiat: 990, amount_tux: 12, timestamp: timestamp - 1, filled: true },
          { ...common, purchased_tux: 5000, amount_fiat: 990, amount_tux: 2, timestamp, filled: false },
        ],
        auction: [],
        roll: [
          { ...common, amount_tux: 10, timestamp: timestamp - 1, filled: true },
          { ...common, amount_tux: 10, timestamp: timestamp - 1, filled: false },
        ],
      },
    }
    expect(await transactions(uid)).toEqual(history)
    expect(await http.get(`/admin/api/tux-management/transactions/${uid}`, admin)).toEqual(history)
  })

  it('§2 is 404 for whatever an administrator asks that is no player', async () => {
    const gone = { status: 404, body: { detail: 'User does not exists!' } }
    for (const uid of ['nonsense', newId(), '%20', "'%3B--", '%F0%9F%90%A7', 'x'.repeat(10_000)]) {
      expect(await http.get(`/admin/api/tux-management/transactions/${uid}`, admin)).toEqual(gone)
    }
  })

  it('is not for players on the admin door', async () => {
    const uid = await wallet.playerWith(0)
    expect(await http.get(`/admin/api/tux-management/transactions/${uid}`, `player ${uid}`)).toEqual({
      status: 401,
      body: { detail: 'Unauthorized' },
    })
  })
})
