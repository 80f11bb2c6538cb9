import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  call,
  listOf,
  methodNotAllowed,
  notAuthenticated,
  notFound,
  objectOf,
  outcome,
  refusal,
} from '../support/http.ts'
import { adminToken, adminUid, newToken, type Player, registerPlayer } from '../support/people.ts'

const unauthorized = refusal(401, 'Unauthorized')
const negative = refusal(400, 'The tux amount and the fiat amount cannot be a negative number!')
const bought = (amount: string) => ({ status: 200, body: { detail: `Successully bought ${amount} tux!` } })

const buy = ({ uid, token }: Player, amount: unknown) =>
  call('public', 'POST', '/tux-management/buy', { token, json: { amount, user_id: uid } })
const balance = ({ uid, token }: Player) => call('public', 'GET', `/tux-management/balances/${uid}`, { token })
const history = async ({ uid, token }: Player) =>
  objectOf((await call('public', 'GET', `/tux-management/transactions/${uid}`, { token })).body)

describe('prices', () => {
  it('§7 are open to everybody', async () => {
    const prices = [
      ['/tux-management/tux-price', 1.2],
      ['/tux-management/roll/price', 10],
    ] as const
    for (const [path, price] of prices) {
      for (const options of [{}, { token: await adminToken() }, { json: {} }]) {
        expect(outcome(await call('public', 'GET', path, options))).toStrictEqual({ status: 200, body: { price } })
      }
    }
  })

  it('§7 need no token, so a bad one does no harm', async () => {
    const answer = await call('public', 'GET', '/tux-management/tux-price', { token: 'none' })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: { price: 1.2 } })
  })
})

describe('a balance', () => {
  it('§7 begins with 1000 fiat and no TUX', async () => {
    const answer = await balance(await registerPlayer())
    expect(outcome(answer)).toStrictEqual({ status: 200, body: { fiat_balance: 1000, tux_balance: 0 } })
  })

  it('§7 and the history are nobody else’s: 401 before 404', async () => {
    const [ada, bob] = [await registerPlayer(), await registerPlayer()]
    for (const uid of [bob.uid, randomUUID(), 'nobody', ada.uid.toUpperCase()]) {
      for (const token of [ada.token, await adminToken()]) {
        for (const path of [`/tux-management/balances/${uid}`, `/tux-management/transactions/${uid}`]) {
          expect(outcome(await call('public', 'GET', path, { token })), path).toStrictEqual(unauthorized)
        }
      }
    }
  })

  it('§7 does not exist for an administrator, who is no market player', async () => {
    const [token, uid] = [await adminToken(), await adminUid()]
    const absent = await call('public', 'GET', `/tux-management/balances/${uid}`, { token })
    expect(outcome(absent)).toStrictEqual(refusal(404, `${uid} not found`))
    const noHistory = await call('public', 'GET', `/tux-management/transactions/${uid}`, { token })
    expect(outcome(noHistory)).toStrictEqual(refusal(404, 'User does not exists!'))
    const purchase = await call('public', 'POST', '/tux-management/buy', { token, json: { amount: 1, user_id: uid } })
    expect(outcome(purchase)).toStrictEqual(refusal(404, `${uid} not found`))
  })

  it('§7 asks for a token', async () => {
    const { uid } = await registerPlayer()
    for (const [method, path, json] of [
      ['GET', `/tux-management/balances/${uid}`, undefined],
      ['GET', `/tux-management/transactions/${uid}`, undefined],
      ['POST', '/tux-management/buy', { amount: 1, user_id: uid }],
    ] as const) {
      const answer = await call('public', method, path, { json })
      expect(outcome(answer)).toStrictEqual(notAuthenticated)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })
})

describe('a purchase', () => {
  it.each([
    [70, '70.0'],
    [12.34, '12.34'],
    [0, '0.0'],
    [0.1, '0.1'],
    [1200, '1200.0'],
    [0.000006, /^(0\.000006|6e-06)$/],
    ['10', '10.0'],
    ['12.50', '12.5'],
    [1e2, '100.0'],
  ])('§7 of %s TUX prints the amount with a decimal', async (amount, printed) => {
    const answer = await buy(await registerPlayer(), amount)
    if (typeof printed === 'string') expect(outcome(answer)).toStrictEqual(bought(printed))
    else expect(answer.status).toBe(200)
  })

  it('§7 pays amount / 1.2 fiat and is listed with the balances after it', async () => {
    const ada = await registerPlayer()
    const before = Math.floor(Date.now() / 1000)
    await buy(ada, 70)
    const fiat = expect.closeTo(1000 - 70 / 1.2, 9)
    expect((await balance(ada)).body).toStrictEqual({ fiat_balance: fiat, tux_balance: 70 })
    const lists = await history(ada)
    expect(lists).toStrictEqual({
      purchase: [
        {
          transaction_id: expect.stringMatching(
            /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          ),
          user_id: ada.uid,
          purchased_tux: 70,
          amount_fiat: fiat,
          amount_tux: 70,
          timestamp: expect.any(Number),
          filled: true,
        },
      ],
      auction: [],
      roll: [],
    })
    const timestamp = Number(listOf(lists['purchase'])[0]?.['timestamp'])
    expect(Number.isInteger(timestamp)).toBe(true)
    expect(timestamp).toBeGreaterThanOrEqual(before)
    expect(timestamp).toBeLessThanOrEqual(Date.now() / 1000)
  })

  it.each([
    [1206, '1005.0'],
    [2400, '2000.0'],
    [1201.5, '1001.25'],
    [1201, '1000.8333333333334'],
    [1e12, '833333333333.3334'],
  ])('§7 of %s TUX is 402 and names its price, %s fiat', async (amount, price) => {
    const ada = await registerPlayer()
    const refused = refusal(402, `${ada.uid} cannot afford to pay ${price} fiat value`)
    expect(outcome(await buy(ada, amount))).toStrictEqual(refused)
    expect((await balance(ada)).body).toStrictEqual({ fiat_balance: 1000, tux_balance: 0 })
  })

  it('§7 that is refused is listed with filled false and the balances as they were', async () => {
    const ada = await registerPlayer()
    await buy(ada, 600)
    expect((await buy(ada, 601)).status).toBe(402)
    await buy(ada, 600)
    expect((await buy(ada, 0.000006)).status).toBe(402)
    const entries = listOf((await history(ada))['purchase'])
    const values = entries.map(({ purchased_tux, amount_fiat, amount_tux, filled }) => [
      purchased_tux,
      amount_fiat,
      amount_tux,
      filled,
    ])
    expect(values).toStrictEqual([
      [600, 500, 600, true],
      [601, 500, 600, false],
      [600, 0, 1200, true],
      [0.000006, 0, 1200, false],
    ])
  })

  it('§7 of nothing is accepted and listed', async () => {
    const ada = await registerPlayer()
    await buy(ada, 0)
    expect((await balance(ada)).body).toStrictEqual({ fiat_balance: 1000, tux_balance: 0 })
    expect(listOf((await history(ada))['purchase'])).toMatchObject([
      { purchased_tux: 0, amount_fiat: 1000, filled: true },
    ])
  })

  it('§7 of a negative amount is 400, and is not listed', async () => {
    const ada = await registerPlayer()
    for (const amount of [-1, -0.000001, '-5', -1e12]) {
      expect(outcome(await buy(ada, amount))).toStrictEqual(negative)
    }
    expect((await history(ada))['purchase']).toStrictEqual([])
  })

  it('§7 for another is 401, before its amount is judged', async () => {
    const [ada, bob] = [await registerPlayer(), await registerPlayer()]
    for (const user_id of [bob.uid, randomUUID(), '', 'nobody']) {
      for (const amount of [1, -1, 1e9]) {
        const json = { amount, user_id }
        const answer = await call('public', 'POST', '/tux-management/buy', { token: ada.token, json })
        expect(outcome(answer)).toStrictEqual(unauthorized)
      }
    }
    expect((await history(bob))['purchase']).toStrictEqual([])
  })
})

describe('the admin door', () => {
  it('§7 shows any history to an administrator', async () => {
    const ada = await registerPlayer()
    await buy(ada, 70)
    const path = `/tux-management/transactions/${ada.uid}`
    const answer = await call('admin', 'GET', path, { token: await adminToken() })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: await history(ada) })
  })

  it('§7 knows no history of somebody unknown or of an administrator: 404', async () => {
    for (const uid of [randomUUID(), 'nobody', await adminUid()]) {
      const answer = await call('admin', 'GET', `/tux-management/transactions/${uid}`, { token: await adminToken() })
      expect(outcome(answer)).toStrictEqual(refusal(404, 'User does not exists!'))
    }
  })

  it('§7 refuses a player with 401, the own history included', async () => {
    const ada = await registerPlayer()
    const token = await newToken(ada, 'admin')
    for (const uid of [ada.uid, randomUUID()]) {
      const answer = await call('admin', 'GET', `/tux-management/transactions/${uid}`, { token })
      expect(outcome(answer)).toStrictEqual(unauthorized)
    }
  })

  it('§7 has no balance to read: 405', async () => {
    const { uid } = await registerPlayer()
    const answer = await call('admin', 'GET', `/tux-management/balances/${uid}`, { token: await adminToken() })
    expect(outcome(answer)).toStrictEqual(methodNotAllowed)
  })
})

it('§7 the paid roll without a gacha is on no door', async () => {
  const ada = await registerPlayer()
  await buy(ada, 20)
  const options = { token: ada.token, json: { user_id: ada.uid } }
  expect(outcome(await call('public', 'POST', '/tux-management/roll', options))).toStrictEqual(notFound)
  expect((await call('admin', 'POST', '/tux-management/roll', options)).status).toBe(404)
  expect((await balance(ada)).body).toMatchObject({ tux_balance: 20 })
})
