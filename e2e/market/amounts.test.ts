import { describe, expect, it } from 'vitest'
import { call, expectInvalid, listOf, objectOf, outcome, refusal, validationErrors } from '../support/http.ts'
import { type Player, registerPlayer } from '../support/people.ts'

const path = '/tux-management/buy'

const buy = ({ uid, token }: Player, amount: unknown) =>
  call('public', 'POST', path, { token, json: { amount, user_id: uid } })
const buyLiteral = ({ uid, token }: Player, literal: string) =>
  call('public', 'POST', path, {
    token,
    rawBody: `{"amount": ${literal}, "user_id": "${uid}"}`,
    contentType: 'application/json',
  })
const roll = ({ uid, token }: Player) => call('public', 'POST', `/distro/${uid}/gacha/roll`, { token })
const balance = async ({ uid, token }: Player) =>
  objectOf((await call('public', 'GET', `/tux-management/balances/${uid}`, { token })).body)
const purchases = async ({ uid, token }: Player) =>
  listOf(objectOf((await call('public', 'GET', `/tux-management/transactions/${uid}`, { token })).body)['purchase'])

/** Nothing has been bought, nothing has been tried. */
async function expectUntouched(player: Player): Promise<void> {
  expect(await balance(player)).toStrictEqual({ fiat_balance: 1000, tux_balance: 0 })
  expect(await purchases(player)).toStrictEqual([])
}

describe('amounts that are none', () => {
  it.each([
    [null],
    [''],
    [' '],
    ['ten'],
    ['1,5'],
    ['0x10'],
    ['1e'],
    ['NaN'],
    ['Infinity'],
    ['-Infinity'],
    ['inf'],
    ['1e999'],
    [[]],
    [[1]],
    [{}],
  ])('§2 refuses %j with 422', async (amount) => {
    const ada = await registerPlayer()
    expectInvalid(await buy(ada, amount), 'body.amount')
    await expectUntouched(ada)
  })

  it.each(['1e999', '-1e999', '9007199254740992', '1e16', '1e308', '-9007199254740992'])(
    '§2 refuses the number %s with 422',
    async (literal) => {
      const ada = await registerPlayer()
      expectInvalid(await buyLiteral(ada, literal), 'body.amount')
      expectInvalid(await buyLiteral(ada, `"${literal}"`), 'body.amount')
      await expectUntouched(ada)
    },
  )

  it.each(['NaN', 'Infinity', '-Infinity', '+1', '.5', '1.', '01', '0x10', '1_000', 'nan'])(
    '§2 refuses the literal %s with 422',
    async (literal) => {
      const ada = await registerPlayer()
      validationErrors(await buyLiteral(ada, literal))
      await expectUntouched(ada)
    },
  )

  it.each([0.0000001, 1.0000005, 12.3456789, 1e-9, 5e-324, '0.0000001'])(
    '§7 refuses %s, which is no whole number of millionths, with 422',
    async (amount) => {
      const ada = await registerPlayer()
      expectInvalid(await buy(ada, amount), 'body.amount')
      await expectUntouched(ada)
    },
  )

  it('§2 judges the amount before it judges whose it is', async () => {
    const [ada, bob] = [await registerPlayer(), await registerPlayer()]
    const json = { amount: 'ten', user_id: bob.uid }
    expectInvalid(await call('public', 'POST', path, { token: ada.token, json }), 'body.amount')
    expectInvalid(await call('public', 'POST', path, { token: ada.token, json: {} }), 'body.amount', 'body.user_id')
    const numeric = { amount: 1, user_id: 5 }
    expectInvalid(await call('public', 'POST', path, { token: ada.token, json: numeric }), 'body.user_id')
  })
})

describe('exactness', () => {
  it('§7 120 purchases of 10 TUX cost 1000 fiat to the last unit', async () => {
    const ada = await registerPlayer()
    for (let count = 0; count < 120; count++) expect((await buy(ada, 10)).status).toBe(200)
    expect(await balance(ada)).toStrictEqual({ fiat_balance: 0, tux_balance: 1200 })
    expect((await buy(ada, 0.000001)).status).toBe(402)
    expect((await buy(ada, 0)).status).toBe(200)
  })

  it('§7 70 - 10 is 60, and 60 + 20 is 80', async () => {
    const ada = await registerPlayer()
    await buy(ada, 70)
    expect((await roll(ada)).status).toBe(200)
    expect(await balance(ada)).toMatchObject({ tux_balance: 60 })
    await buy(ada, 20)
    expect(await balance(ada)).toStrictEqual({ fiat_balance: 925, tux_balance: 80 })
  })

  it('§7 0.1 + 0.2 is 0.3', async () => {
    const ada = await registerPlayer()
    await buy(ada, 0.1)
    await buy(ada, 0.2)
    expect(await balance(ada)).toStrictEqual({ fiat_balance: 999.75, tux_balance: 0.3 })
  })

  it('§7 the smallest purchases add up', async () => {
    const ada = await registerPlayer()
    for (let count = 0; count < 12; count++) await buy(ada, 0.000001)
    expect(await balance(ada)).toStrictEqual({ fiat_balance: 999.99999, tux_balance: 0.000012 })
  })

  it('§7 all of it at once is possible, one millionth more is not', async () => {
    const ada = await registerPlayer()
    expect((await buy(ada, 1200.000001)).status).toBe(402)
    expect((await buy(ada, 1200)).status).toBe(200)
    expect(await balance(ada)).toStrictEqual({ fiat_balance: 0, tux_balance: 1200 })
  })
})

describe('purchases at the same time', () => {
  it('§7 never overspend, and the history equals the money', async () => {
    const ada = await registerPlayer()
    const answers = await Promise.all(Array.from({ length: 30 }, () => buy(ada, 100)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(12)
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(outcome(answer)).toStrictEqual(
        refusal(402, expect.stringMatching(/cannot afford to pay 83\.3+4? fiat value$/)),
      )
    }
    expect(await balance(ada)).toStrictEqual({ fiat_balance: 0, tux_balance: 1200 })

    const entries = await purchases(ada)
    expect(entries).toHaveLength(30)
    const filled = entries.filter((entry) => entry['filled'] === true)
    expect(filled.map(({ amount_tux }) => amount_tux)).toStrictEqual(filled.map((_, index) => 100 * (index + 1)))
    expect(filled.at(-1)).toMatchObject({ amount_fiat: 0, amount_tux: 1200 })
    const refused = entries.filter((entry) => entry['filled'] === false)
    expect(refused).toHaveLength(18)
    // Somebody is refused only once there is too little left.
    for (const entry of refused) expect(entry).toMatchObject({ amount_fiat: 0, amount_tux: 1200, purchased_tux: 100 })
    expect(new Set(entries.map(({ transaction_id }) => transaction_id)).size).toBe(30)
  })

  it('§7 and rolls together leave a balance that is never below zero', async () => {
    const ada = await registerPlayer()
    await buy(ada, 20)
    const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => (index % 2 ? roll(ada) : buy(ada, 10))))
    const rolled = answers.filter(({ status }, index) => index % 2 === 1 && status === 200).length
    expect(answers.filter((_, index) => index % 2 === 0).map(({ status }) => status)).toStrictEqual(Array(12).fill(200))
    const { tux_balance, fiat_balance } = await balance(ada)
    expect(tux_balance).toBe(20 + 12 * 10 - rolled * 10)
    expect(fiat_balance).toBeCloseTo(1000 - 140 / 1.2, 9)
    expect(Number(tux_balance)).toBeGreaterThanOrEqual(0)
  })
})
