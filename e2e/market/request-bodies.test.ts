import { beforeAll, describe, expect, it } from 'vitest'
import {
  call,
  type Door,
  expectInvalid,
  invalidToken,
  notAuthenticated,
  type Options,
  outcome,
  validationErrors,
} from '../support/http.ts'
import { adminToken, type Player, registerPlayer, registration } from '../support/people.ts'

const mebibyte = 1024 * 1024
let ada: Player
let admin: string

beforeAll(async () => {
  ;[ada, admin] = await Promise.all([registerPlayer(), adminToken()])
})

/** The endpoints that want a JSON object: where they are, and the fields that must be in it. */
const jsonEndpoints = (): [Door, string, string, string, string[]][] => [
  ['public', 'POST', '/auth/accounts', '', ['username', 'password', 'email']],
  ['public', 'POST', `/auth/accounts/${ada.uid}/changePassword`, ada.token, ['old_password', 'new_password']],
  ['admin', 'POST', `/auth/accounts/${ada.uid}/changePassword`, admin, ['old_password', 'new_password']],
  ['public', 'POST', '/tux-management/buy', ada.token, ['amount', 'user_id']],
  ['admin', 'POST', '/distro/gacha', admin, ['name', 'rarity', 'image']],
  ['admin', 'PUT', '/distro/gacha', admin, ['name', 'rarity', 'image']],
]

const raw = (rawBody: string | Uint8Array, contentType?: string): Options =>
  contentType === undefined ? { rawBody } : { rawBody, contentType }
const json = (rawBody: string | Uint8Array): Options => raw(rawBody, 'application/json')

describe('the order of evaluation', () => {
  it('§2 malformed JSON is 422 json_invalid, with a good token, a bad one or none', async () => {
    for (const [door, method, path, token] of jsonEndpoints()) {
      for (const body of [
        '{',
        '{"a": 1,}',
        "{'a': 1}",
        '{"a": 1} x',
        'username=ada',
        '{"a": undefined}',
        '[1, 2',
        '"',
      ]) {
        for (const credentials of [{}, { token: 'bad' }, token === '' ? {} : { token }]) {
          const answer = await call(door, method, path, { ...json(body), ...credentials })
          expect(
            validationErrors(answer).map(({ type }) => type),
            `${method} ${path} ${body}`,
          ).toStrictEqual(['json_invalid'])
          expect(validationErrors(answer)[0]).toMatchObject({ loc: expect.arrayContaining(['body']) })
        }
      }
    }
  })

  it('§2 the token comes before the fields', async () => {
    for (const [door, method, path, token] of jsonEndpoints().filter(([, , , token]) => token !== '')) {
      expect(outcome(await call(door, method, path, { json: {} })), path).toStrictEqual(notAuthenticated)
      expect(outcome(await call(door, method, path, { json: {}, token: 'bad' })), path).toStrictEqual(invalidToken)
      expect((await call(door, method, path, { json: {}, token })).status, path).toBe(422)
    }
  })

  it('§2 the fields come before role and ownership', async () => {
    const bob = await registerPlayer()
    const notMine = await call('public', 'POST', '/tux-management/buy', {
      token: bob.token,
      json: { user_id: ada.uid },
    })
    expectInvalid(notMine, 'body.amount')
    const path = `/auth/accounts/${ada.uid}/changePassword`
    expectInvalid(
      await call('public', 'POST', path, { token: bob.token, json: { old_password: 'a' } }),
      'body.new_password',
    )
    const notAdmin = await call('admin', 'POST', '/distro/gacha', {
      token: bob.token,
      json: { name: 'a', rarity: '1' },
    })
    expectInvalid(notAdmin, 'body.image')
  })
})

describe('fields', () => {
  it('§2 all missing ones are named, each as missing', async () => {
    for (const [door, method, path, token, fields] of jsonEndpoints()) {
      const answer = await call(door, method, path, { json: {}, ...(token && { token }) })
      expectInvalid(answer, ...fields.map((field) => `body.${field}`))
      for (const entry of validationErrors(answer)) expect(entry).toMatchObject({ type: 'missing' })
    }
  })

  it.each([[null], [true], [false], [5], [1.5], [{}], [[]], [['text']]])(
    '§2 a string is not made from %j',
    async (value) => {
      for (const [door, method, path, token, fields] of jsonEndpoints()) {
        const strings = fields.filter((field) => field !== 'amount')
        const body = { ...Object.fromEntries(strings.map((field) => [field, value])), amount: 1 }
        const answer = await call(door, method, path, { json: body, ...(token && { token }) })
        expectInvalid(answer, ...strings.map((field) => `body.${field}`))
        for (const entry of validationErrors(answer)) expect(entry['type']).not.toBe('missing')
      }
    },
  )

  it('§2 unknown ones are ignored', async () => {
    const { username, email, password } = registration()
    const unknown = { a: 1, b: { c: [null] }, '': '', 'with space': true, toString: 'x', constructor: {} }
    const answer = await call('public', 'POST', '/auth/accounts', { json: { ...unknown, username, email, password } })
    expect(answer.body).toMatchObject({ username, email })
    const purchase = { ...unknown, amount: 1, user_id: ada.uid, price: 0 }
    expect((await call('public', 'POST', '/tux-management/buy', { token: ada.token, json: purchase })).status).toBe(200)
  })
})

describe('bodies', () => {
  it.each(['null', 'true', '5', '"text"', '[]', '[{}]', '""'])('§2 that are %s are 422', async (body) => {
    for (const [door, method, path, token] of [
      ...jsonEndpoints(),
      ['public', 'PUT', `/auth/accounts/${ada.uid}`, ada.token] as const,
    ]) {
      const answer = await call(door, method, path, { ...json(body), ...(token && { token }) })
      for (const { loc } of validationErrors(answer)) expect(loc).toStrictEqual(expect.arrayContaining(['body']))
    }
  })

  it('§2 that are absent are 422', async () => {
    for (const [door, method, path, token] of jsonEndpoints()) {
      for (const options of [{}, json(''), raw('')]) {
        validationErrors(await call(door, method, path, { ...options, ...(token && { token }) }))
      }
    }
  })

  it('§2 without a type count as JSON', async () => {
    const asked = registration()
    const answer = await call('public', 'POST', '/auth/accounts', raw(JSON.stringify(asked)))
    expect(answer.body).toMatchObject({ username: asked.username })
    const purchase = raw(JSON.stringify({ amount: 5, user_id: ada.uid }))
    expect((await call('public', 'POST', '/tux-management/buy', { token: ada.token, ...purchase })).status).toBe(200)
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])(
    '§2 of the type %s are JSON',
    async (contentType) => {
      const asked = registration()
      const answer = await call('public', 'POST', '/auth/accounts', raw(JSON.stringify(asked), contentType))
      expect(answer.body).toMatchObject({ username: asked.username })
    },
  )

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'nonsense',
  ])('§2 of the type %s are 422 where JSON is due', async (contentType) => {
    for (const [door, method, path, token] of jsonEndpoints()) {
      const body = JSON.stringify({ ...registration(), amount: 1, user_id: ada.uid })
      const answer = await call(door, method, path, { ...raw(body, contentType), ...(token && { token }) })
      validationErrors(answer)
      expect(answer.text).not.toContain(registration().password)
    }
  })

  it('§2 in chunks are read like others', async () => {
    const asked = registration()
    const answer = await call('public', 'POST', '/auth/accounts', { json: asked, chunked: true })
    expect(answer.body).toMatchObject({ username: asked.username })
  })
})

describe('the size of a body', () => {
  const padded = (bytes: number): string => {
    const asked = JSON.stringify(registration())
    return asked + ' '.repeat(bytes - Buffer.byteLength(asked))
  }

  it('§1 may be 1 MiB', async () => {
    for (const chunked of [false, true]) {
      const answer = await call('public', 'POST', '/auth/accounts', { ...json(padded(mebibyte)), chunked })
      expect(answer.status).toBe(200)
    }
  })

  it.each([
    ['with its length', false],
    ['in chunks', true],
  ])('§1 beyond 1 MiB is 413, sent %s', async (_, chunked) => {
    const body = padded(mebibyte + 1)
    const form = `username=a&password=${'b'.repeat(mebibyte)}`
    for (const [door, path, options] of [
      ['public', '/auth/accounts', json(body)],
      ['public', '/auth/token', raw(form, 'application/x-www-form-urlencoded')],
      ['admin', '/auth/token', raw(form, 'application/x-www-form-urlencoded')],
      ['public', '/tux-management/buy', { ...json(body), token: ada.token }],
      ['admin', '/distro/gacha', { ...json(body), token: admin }],
      ['public', '/tux-management/buy', json(body)],
    ] as [Door, string, Options][]) {
      expect((await call(door, 'POST', path, { ...options, chunked })).status, path).toBe(413)
    }
  })

  it('§1 is judged by what is announced, before it is sent', async () => {
    const headers = { 'content-length': mebibyte * 1024, expect: '100-continue' }
    const answer = await call('public', 'POST', '/tux-management/buy', { token: ada.token, headers })
    expect(answer.status).toBe(413)
  })
})
