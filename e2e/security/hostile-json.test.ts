import { randomBytes } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  call,
  callPath,
  expectHarmless,
  expectInvalid,
  listOf,
  type Options,
  outcome,
  validationErrors,
} from '../support/http.ts'
import { adminToken, goodPassword, type Player, registerPlayer, registration, uniqueName } from '../support/people.ts'

let ada: Player
let admin: string

beforeAll(async () => {
  ;[ada, admin] = await Promise.all([registerPlayer(), adminToken()])
})

afterEach(async () => {
  const answers = await Promise.all([
    callPath('public', 'GET', '/health'),
    call('public', 'GET', '/auth/userinfo', { token: ada.token }),
    call('public', 'GET', `/tux-management/balances/${ada.uid}`, { token: ada.token }),
    call('public', 'GET', `/distro/${ada.uid}/gacha/collection`, { token: ada.token }),
  ])
  expect(answers.map(({ status }) => status)).toStrictEqual([200, 200, 200, 200])
})

const asJson = (rawBody: string | Uint8Array): Options => ({ rawBody, contentType: 'application/json' })
const register = (body: string | Uint8Array) => call('public', 'POST', '/auth/accounts', asJson(body))
const buy = (body: string) => call('public', 'POST', '/tux-management/buy', { ...asJson(body), token: ada.token })

describe('hostile JSON', () => {
  const deep = (levels: number, open = '[', close = ']', inside = ''): string =>
    open.repeat(levels) + inside + close.repeat(levels)

  it('nested 100,000 levels deep does no harm, closed or not', async () => {
    const objects = deep(50_000, '{"a":', '}', '1')
    for (const body of [
      deep(100_000),
      objects,
      '['.repeat(100_000),
      '{"a":'.repeat(100_000),
      `{"username": ${deep(100_000)}, "email": "a", "password": "b"}`,
      `{"username": "a", "email": ${objects}, "password": "b"}`,
    ]) {
      const answer = await register(body)
      expectHarmless(answer)
      expect(answer.status).toBe(422)
    }
    const amount = await buy(`{"amount": ${deep(100_000)}, "user_id": "${ada.uid}"}`)
    expectHarmless(amount)
    expect(amount.status).toBe(422)
    for (const method of ['POST', 'PUT']) {
      const body = asJson(`{"name": ${deep(100_000)}, "rarity": "1", "image": ""}`)
      const answer = await call('admin', method, '/distro/gacha', { ...body, token: admin })
      expectHarmless(answer)
      expect(answer.status).toBe(422)
    }
  })

  it('nested deep in a field that nobody knows is ignored', async () => {
    const { username, email, password } = registration()
    const known = JSON.stringify({ username, email, password }).slice(1)
    const answer = await register(`{"extra": ${deep(10_000)}, ${known}`)
    expectHarmless(answer)
    expect(answer.body).toMatchObject({ username, role: 'user' })
  })

  it('with a key twice is read one way only', async () => {
    const bob = await registerPlayer()
    for (const body of [
      `{"amount": 1, "user_id": "${bob.uid}", "user_id": "${ada.uid}"}`,
      `{"amount": 1, "user_id": "${ada.uid}", "user_id": "${bob.uid}"}`,
      `{"amount": -5, "amount": 1, "user_id": "${bob.uid}"}`,
    ]) {
      expectHarmless(await buy(body))
    }
    const balance = await call('public', 'GET', `/tux-management/balances/${bob.uid}`, { token: bob.token })
    expect(balance.body).toStrictEqual({ fiat_balance: 1000, tux_balance: 0 })
  })

  it('§2 with the keys __proto__, constructor and prototype ignores them', async () => {
    for (const extra of [
      '"__proto__": {"role": "admin", "amount": 0}',
      '"constructor": {"prototype": {"role": "admin"}}',
      '"prototype": {"role": "admin"}',
      '"__proto__": null',
      '"hasOwnProperty": 1, "toString": null, "valueOf": {}',
    ]) {
      const { username, email, password } = registration()
      const answer = await register(`{${extra}, ${JSON.stringify({ username, email, password }).slice(1)}`)
      expectHarmless(answer)
      expect(outcome(answer), extra).toStrictEqual({
        status: 200,
        body: { uid: expect.any(String), username, email, role: 'user' },
      })
    }
  })

  it('§2 takes no field from a prototype', async () => {
    expectInvalid(
      await register('{"__proto__": {"username": "ada", "email": "a@players.example", "password": "x"}}'),
      'body.username',
      'body.email',
      'body.password',
    )
  })

  it('with lone surrogates and NULs is refused or stored, without harm', async () => {
    for (const bad of [
      String.raw`\ud800`,
      String.raw`\udc00`,
      String.raw`\ud800\ud800`,
      String.raw`\u0000`,
      '\u0000',
    ]) {
      const name = uniqueName()
      for (const body of [
        `{"username": "${name}${bad}", "email": "${name}@players.example", "password": "${goodPassword}"}`,
        `{"username": "${name}", "email": "${bad}${name}@players.example", "password": "${goodPassword}"}`,
        `{"username": "${name}", "email": "${name}@players.example", "password": "${goodPassword}${bad}"}`,
      ]) {
        expectHarmless(await register(body), body)
      }
      expectHarmless(await buy(`{"amount": 1, "user_id": "${ada.uid}${bad}"}`))
      expectHarmless(await buy(`{"amount": "1${bad}", "user_id": "${ada.uid}"}`))
      for (const [method, body] of [
        ['POST', `{"name": "${bad}", "rarity": "1", "image": ""}`],
        ['PUT', `{"name": "${bad}", "rarity": "1", "image": ""}`],
        ['PUT', `{"name": "Absent", "rarity": "${bad}", "image": "${bad}"}`],
      ] as const) {
        expectHarmless(await call('admin', method, '/distro/gacha', { ...asJson(body), token: admin }), body)
      }
      const added = asJson(`{"uid": "${bad}", "gacha_name": "Ubuntu${bad}"}`)
      expectHarmless(await call('admin', 'POST', '/distro/add/user/gacha', { ...added, token: admin }))
    }
  })

  it('with an image that holds a NUL or a lone surrogate does no harm', async () => {
    for (const [name, bad] of [
      ['Harmless_nul', String.raw`\u0000`],
      ['Harmless_surrogate', String.raw`\ud800`],
    ] as const) {
      const body = asJson(`{"name": "${name}", "rarity": "1", "image": "${bad}"}`)
      expectHarmless(await call('admin', 'POST', '/distro/gacha', { ...body, token: admin }))
      expectHarmless(await call('admin', 'PUT', '/distro/gacha', { ...body, token: admin }))
      expectHarmless(await call('admin', 'GET', '/distro/gacha/all', { token: admin }))
      expectHarmless(await call('admin', 'DELETE', `/distro/gacha/remove/${name}`, { token: admin }))
    }
  })

  it('that is no UTF-8 is refused', async () => {
    const { username, email } = registration()
    for (const bytes of ['ff', 'c328', 'eda080', 'f8a1a1a1a1', 'c0af', 'e282']) {
      const body = Buffer.concat([
        Buffer.from(`{"username": "${username}`),
        Buffer.from(bytes, 'hex'),
        Buffer.from(`", "email": "${email}", "password": "${goodPassword}"}`),
      ])
      const answer = await register(body)
      expectHarmless(answer)
      expect([400, 422]).toContain(answer.status)
    }
    for (const body of [Buffer.from('fffe7b007d00', 'hex'), Buffer.from('{}', 'utf16le'), Buffer.alloc(1000)]) {
      validationErrors(await register(body))
    }
  })

  it('with numbers, strings and lists beyond measure is refused', async () => {
    const amounts = [
      '9'.repeat(100_000),
      `0.${'0'.repeat(100_000)}1`,
      `1e${'9'.repeat(1000)}`,
      `"${'9'.repeat(100_000)}"`,
    ]
    for (const amount of [...amounts, `-${'9'.repeat(500)}`, '1e-999999', '"1e-999999999999"']) {
      const answer = await buy(`{"amount": ${amount}, "user_id": "${ada.uid}"}`)
      expectHarmless(answer, amount.slice(0, 20))
      // A number too small to be told from zero may be read as zero.
      expect([200, 422]).toContain(answer.status)
    }
    const many = JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index])))
    expect((await register(many)).status).toBe(422)
    const long = registration({ username: 'a'.repeat(500_000), email: 'a@players.example' })
    expect((await register(JSON.stringify(long))).status).toBe(400)
    const longMail = registration({ email: `${'a.'.repeat(200_000)}@${'b.'.repeat(100_000)}` })
    expect((await register(JSON.stringify(longMail))).status).toBe(400)
    for (const length of [250, 320, 3000, 500_000]) {
      const local = randomBytes(length).toString('hex').slice(0, length)
      expectHarmless(await register(JSON.stringify(registration({ email: `${local}@players.example` }))), `${length}`)
    }
    const longSecret = registration({ password: `Aa1!${'x'.repeat(900_000)}` })
    expect((await register(JSON.stringify(longSecret))).status).toBe(400)
  })
})

it('an encoded body that is none is refused', async () => {
  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'nonsense']) {
    const body = asJson(JSON.stringify({ amount: 1, user_id: ada.uid }))
    const headers = { 'content-encoding': encoding }
    const answer = await call('public', 'POST', '/tux-management/buy', { ...body, headers, token: ada.token })
    expectHarmless(answer, encoding)
  }
  const { body } = await call('public', 'GET', '/distro/user/gacha/all', { token: ada.token })
  expect(listOf(body).length).toBeGreaterThanOrEqual(21)
})
