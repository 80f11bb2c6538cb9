import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  bothDoors,
  call,
  callPath,
  expectHarmless,
  expectRawHarmless,
  outcome,
  refusal,
  sendRaw,
  statusOf,
} from '../support/http.ts'
import { adminToken, type Player, registerPlayer } from '../support/people.ts'

let ada: Player
let admin: string

beforeAll(async () => {
  ;[ada, admin] = await Promise.all([registerPlayer(), adminToken()])
})

afterEach(async () => {
  for (const door of bothDoors) expect((await callPath(door, 'GET', '/health')).text).toBe('healthy\n')
  expect((await call('public', 'GET', '/auth/userinfo', { token: ada.token })).status).toBe(200)
})

const request = (line: string, token: string, ...headers: string[]) =>
  sendRaw('public', [
    line,
    `Host: ${new URL(inject('sallyportAddresses').public).host}`,
    `Authorization: Bearer ${token}`,
    ...headers,
    'Connection: close',
    '',
    '',
  ])

describe('the way to the admin door', () => {
  it.each([
    '/api/auth/../../admin/api/auth/accounts',
    '/api/../admin/api/auth/accounts',
    '/api/auth/%2e%2e/%2e%2e/admin/api/auth/accounts',
    '/api/auth/..%2f..%2fadmin/api/auth/accounts',
    '/api/auth/%2e%2e%2f%2e%2e%2fadmin%2fapi%2fauth%2faccounts',
    String.raw`/api/auth/..\..\admin\api\auth\accounts`,
    '/api/auth/..%5c..%5cadmin/api/auth/accounts',
    '/api/auth/..;/..;/admin/api/auth/accounts',
    '//admin/api/auth/accounts',
    '/./admin/api/auth/accounts',
    '/admin/api/auth/accounts',
    '/ADMIN/API/AUTH/ACCOUNTS',
    '/admin%2fapi%2fauth%2faccounts',
    '/%61dmin/api/auth/accounts',
    '/admin/api/auth/accounts/',
    '/admin/api/auth/accounts?x=/api/auth/token',
    '/admin/api/auth/accounts#/api/auth/token',
    '/admin/api/auth/accounts;/api/auth/token',
    '/api/distro/admin/gacha/all',
    '/api/distro/%61dmin/gacha/all',
    '/api/distro/x/../admin/gacha/all',
    '/api/tux-management/admin%2fbalances',
    'http://localhost/admin/api/auth/accounts',
    'http://evil.example/admin/api/auth/accounts',
    '*',
    'admin/api/auth/accounts',
  ])('§1 is not open from the public one by %s', async (target) => {
    const answer = await request(`GET ${target} HTTP/1.1`, admin)
    expectRawHarmless(answer, target)
    expect([0, 400, 404, 405]).toContain(statusOf(answer))
    expect(answer).not.toContain('"data"')
  })
})

describe('strange paths', () => {
  it('with bad percent-encoding do no harm', async () => {
    for (const segment of [
      '%',
      '%z',
      '%zz',
      '%E0%A4%A',
      '%ff',
      '%c0%af',
      '%ed%a0%80',
      '%00',
      'a%00b',
      '%0d%0aX-Evil:1',
      '%u0041',
    ]) {
      for (const [door, method, path, token] of [
        ['public', 'GET', `/auth/accounts/${segment}`, ada.token],
        ['admin', 'GET', `/auth/accounts/${segment}`, admin],
        ['admin', 'DELETE', `/auth/accounts/${segment}`, admin],
        ['public', 'GET', `/distro/user/gacha/${segment}`, ada.token],
        ['public', 'GET', `/distro/${ada.uid}/gacha/collection/${segment}`, ada.token],
        ['public', 'GET', `/distro/${segment}/gacha/collection`, ada.token],
        ['admin', 'GET', `/distro/gacha/${segment}`, admin],
        ['admin', 'DELETE', `/distro/gacha/remove/${segment}`, admin],
        ['admin', 'GET', `/distro/get/${segment}/collection`, admin],
        ['public', 'GET', `/tux-management/balances/${segment}`, ada.token],
        ['admin', 'GET', `/tux-management/transactions/${segment}`, admin],
        ['public', 'GET', `/${segment}`, ada.token],
        ['public', 'GET', `/auth/userinfo?a=${segment}&${segment}`, ada.token],
      ] as const) {
        const answer = await call(door, method, path, { token })
        expectHarmless(answer, `${method} ${path}`)
        expect(answer.headers['x-evil']).toBeUndefined()
        expect(path.includes('?') || answer.text.trim() === 'null' || answer.status >= 400, path).toBe(true)
      }
    }
  })

  it('§2 with a NUL in a name or uid mean something unknown', async () => {
    const gacha = await call('public', 'GET', '/distro/user/gacha/a%00b', { token: ada.token })
    expect(outcome(gacha)).toStrictEqual(refusal(400, 'Gacha not present'))
    const account = await call('admin', 'GET', '/auth/accounts/a%00b', { token: admin })
    expect(outcome(account)).toStrictEqual(refusal(404, 'Account not found'))
    const history = await call('admin', 'GET', '/tux-management/transactions/a%00b', { token: admin })
    expect(outcome(history)).toStrictEqual(refusal(404, 'User does not exists!'))
  })

  it('§2 with SQL, templates or dots mean something unknown', async () => {
    for (const raw of [
      "' OR '1'='1",
      "'; DROP TABLE account; --",
      '${7*7}',
      '..',
      '.',
      '*',
      '%',
      '_',
      '\\',
      '1 UNION SELECT',
    ]) {
      const segment = encodeURIComponent(raw).replaceAll('.', '%2E')
      const account = await call('admin', 'GET', `/auth/accounts/x${segment}`, { token: admin })
      expect(outcome(account), raw).toStrictEqual(refusal(404, 'Account not found'))
      const gacha = await call('public', 'GET', `/distro/user/gacha/x${segment}`, { token: ada.token })
      expect(outcome(gacha), raw).toStrictEqual(refusal(400, 'Gacha not present'))
    }
  })

  it('§2 with an encoded slash keep it inside the segment', async () => {
    const account = await call('admin', 'GET', `/auth/accounts/..%2Fuserinfo`, { token: admin })
    expect(outcome(account)).toStrictEqual(refusal(404, 'Account not found'))
    const gacha = await call('public', 'GET', '/distro/user/gacha/a%2Fb', { token: ada.token })
    expect(outcome(gacha)).toStrictEqual(refusal(400, 'Gacha not present'))
    for (const path of ['/api%2Fauth/userinfo', '/api/auth%2Fuserinfo']) {
      expect((await callPath('public', 'GET', path, { token: ada.token })).status, path).toBe(404)
    }
  })

  it('with doubled slashes or dots reach nothing they should not', async () => {
    for (const path of [
      '//api/auth/userinfo',
      '/api//auth/userinfo',
      '/api/auth//userinfo',
      '/api/auth/./userinfo',
      '/api/auth/x/../userinfo',
      '/api/auth/userinfo/',
      '/API/AUTH/USERINFO',
      '/api/auth/userinfo;a=b',
    ]) {
      const answer = await callPath('public', 'GET', path, { token: ada.token })
      expectHarmless(answer, path)
      expect(answer.status, path).toBe(404)
    }
  })

  it('of great length do no harm', async () => {
    for (const length of [200, 2000, 7000, 60_000]) {
      const long = 'a'.repeat(length)
      for (const [door, path] of [
        ['public', `/distro/user/gacha/${long}`],
        ['admin', `/auth/accounts/${long}`],
        ['admin', `/tux-management/transactions/${long}`],
        ['public', `/auth/userinfo?${long}`],
        ['public', `/${long}`],
        ['public', '/a'.repeat(length / 2)],
      ] as const) {
        const token = door === 'admin' ? admin : ada.token
        const answer = await call(door, 'GET', path, { token }).catch((error: unknown) => {
          // What is larger than any request head is not read to its end, and the refusal may be lost with the connection.
          const code: unknown = Reflect.get(Object(error), 'code')
          if (length > headLimitBytes && (code === 'ECONNRESET' || code === 'EPIPE')) return undefined
          throw error
        })
        if (answer) expectHarmless(answer, `${path.slice(0, 40)} of ${length}`)
      }
    }
  })
})

/** Node's own limit for the head of a request. */
const headLimitBytes = 16 * 1024

describe('strange methods', () => {
  it.each(['HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'PROPFIND', 'PURGE', 'CONNECT', 'FOO', 'get', 'QUERY'])(
    '%s does no harm',
    async (method) => {
      for (const target of [
        '/api/auth/userinfo',
        '/api/auth/token',
        '/health',
        '/api/tux-management/tux-price',
        '/nothing',
      ]) {
        const answer = await request(
          `${method} ${target} HTTP/1.1`,
          ada.token,
          'Content-Length: 0',
          'X-Secret: very-quiet',
        )
        expectRawHarmless(answer, `${method} ${target}`)
        expect(answer).not.toContain('very-quiet')
        expect(answer).not.toContain(ada.token)
      }
    },
  )

  it('§2 on a known path are 405', async () => {
    for (const method of ['OPTIONS', 'PATCH', 'PUT', 'DELETE', 'PROPFIND', 'TRACE']) {
      const answer = await call('public', method, '/auth/userinfo', { token: ada.token })
      expect(outcome(answer), method).toStrictEqual(refusal(405, 'Method Not Allowed'))
    }
  })
})

describe('what is hardly HTTP', () => {
  it.each([
    ['nothing but line ends', '\r\n\r\n\r\n\r\n'],
    ['a line without a version', 'GET /api/auth/userinfo\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['HTTP/2 on the first line', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['bytes in the path', 'GET /\u00ff\u00fe\u0001 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['a space in the path', 'GET /api/auth/user info HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ])('is answered with 400 or not at all: %s', async (_, text) => {
    const answer = await sendRaw('public', Buffer.from(`${text}GET / HTTP/1.1\r\nConnection: close\r\n\r\n`, 'latin1'))
    expectRawHarmless(answer)
    expect([0, 400, 404]).toContain(statusOf(answer))
  })
})
