import { beforeAll, describe, expect, it } from 'vitest'
import {
  bothDoors,
  call,
  callPath,
  type Door,
  invalidToken,
  methodNotAllowed,
  notAuthenticated,
  notFound,
  outcome,
  prefixes,
} from '../support/http.ts'
import { adminToken, type Player, registerPlayer } from '../support/people.ts'

let ada: Player

beforeAll(async () => {
  ada = await registerPlayer()
})

describe.each(bothDoors)('the %s door', (door) => {
  it('§1 tells that it is healthy', async () => {
    const answer = await callPath(door, 'GET', '/health')
    expect([answer.status, answer.text]).toStrictEqual([200, 'healthy\n'])
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  })

  it('§1 answers 404 on paths of no service', async () => {
    for (const path of [
      '/',
      '/api',
      '/admin',
      '/admin/api',
      '/auth/token',
      '/api/nothing/here',
      '/healthy',
      '/api/auth',
      '/api/distro',
    ]) {
      expect((await callPath(door, 'GET', path)).status, path).toBe(404)
    }
  })

  it('§2 answers 404 with a detail on unknown paths inside a service', async () => {
    for (const path of [
      '/auth/nothing',
      '/auth/accounts/some/where/else',
      '/distro/nothing/at/all/is/here',
      '/tux-management/nothing',
      '/tux-management/balances',
    ].filter((path) => door === 'public' || path !== '/tux-management/balances')) {
      expect(outcome(await call(door, 'GET', path)), path).toStrictEqual(notFound)
      expect(outcome(await call(door, 'GET', path, { token: ada.token })), path).toStrictEqual(notFound)
      expect(
        outcome(await call(door, 'POST', path, { rawBody: '{"a":', contentType: 'application/json' })),
      ).toStrictEqual(notFound)
    }
  })

  it('§13 exposes no API documents of its services', async () => {
    for (const service of ['auth', 'distro', 'tux-management', 'auction']) {
      for (const page of ['docs', 'redoc', 'openapi.json', 'documentation', 'documentation/json']) {
        expect((await call(door, 'GET', `/${service}/${page}`)).status, `${service}/${page}`).toBe(404)
      }
    }
  })

  it('§2 ignores query keys that mean nothing', async () => {
    const answer = await call(door, 'GET', '/auth/userinfo?uid=other&role=admin&role=user&a[b]=c&=&&', {
      token: ada.token,
    })
    expect(answer.body).toMatchObject({ uid: ada.uid, role: 'user' })
  })

  it('§2 ignores a body and its type on GET', async () => {
    for (const rawBody of ['{"a": 1}', '{"a":', '']) {
      const answer = await call(door, 'GET', '/auth/userinfo', {
        token: ada.token,
        rawBody,
        contentType: 'application/json',
      })
      expect(answer.body).toMatchObject({ uid: ada.uid })
    }
    const plain = await call(door, 'GET', '/auth/userinfo', {
      token: ada.token,
      rawBody: 'x',
      contentType: 'text/plain',
    })
    expect(plain.status).toBe(200)
  })

  it('§2 ignores a body and its type on DELETE', async () => {
    for (const [rawBody, contentType] of [
      ['{"uid": "other"}', 'application/json'],
      ['{"uid":', 'application/json'],
      ['', 'application/json'],
      ['x', 'text/plain'],
    ] as const) {
      const { uid, token } = await registerPlayer()
      const answer = await call(door, 'DELETE', `/auth/accounts/${uid}`, { token, rawBody, contentType })
      expect(answer.status, `${contentType} ${rawBody}`).toBe(200)
    }
  })

  it('§2 takes a logout without a body, and ignores one', async () => {
    for (const options of [{ headers: { 'content-length': 0 } }, { json: {} }, { json: { token: 'other' } }]) {
      const { token } = await registerPlayer()
      expect((await call(door, 'POST', '/auth/logout', { token, ...options })).status).toBe(200)
    }
  })

  it('§2 allows no origin', async () => {
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
      const answer = await call(door, method, '/auth/userinfo', { token: ada.token, headers })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toStrictEqual([])
    }
  })
})

describe('methods', () => {
  it.each([
    ['public', 'GET', '/auth/token'],
    ['admin', 'PUT', '/auth/token'],
    ['public', 'DELETE', '/auth/accounts'],
    ['public', 'GET', '/auth/logout'],
    ['public', 'POST', '/auth/userinfo'],
    ['admin', 'PATCH', '/auth/userinfo'],
    ['public', 'POST', '/auth/accounts/some'],
    ['public', 'GET', '/auth/accounts/some/changePassword'],
    ['public', 'POST', '/distro/user/gacha/all'],
    ['public', 'DELETE', '/distro/user/gacha/Ubuntu'],
    ['public', 'PUT', '/distro/some/gacha/collection'],
    ['admin', 'GET', '/distro/gacha/remove/Ubuntu'],
    ['admin', 'DELETE', '/distro/gacha'],
    ['admin', 'POST', '/distro/gacha/all'],
    ['public', 'POST', '/tux-management/tux-price'],
    ['public', 'GET', '/tux-management/buy'],
    ['public', 'DELETE', '/tux-management/balances/some'],
    ['admin', 'POST', '/tux-management/transactions/some'],
  ] as [Door, string, string][])('§2 on the %s door %s %s is 405', async (door, method, path) => {
    for (const options of [{}, { token: ada.token }, { rawBody: '{', contentType: 'application/json' }]) {
      expect(outcome(await call(door, method, path, options))).toStrictEqual(methodNotAllowed)
    }
  })
})

describe('two doors', () => {
  it.each([
    '/admin/api/auth/accounts',
    '/admin/api/auth/token',
    '/admin/api/auth/userinfo',
    '/admin/api/distro/gacha/all',
    '/admin/api/tux-management/transactions/some',
    '/api/auth/admin/accounts',
    '/api/distro/admin/gacha/all',
    '/api/distro/admin/gacha',
    '/api/distro/admin/users',
    '/api/distro/gacha/all',
    '/api/distro/add/user/gacha',
    '/api/tux-management/admin/balances',
    '/api/tux-management/admin/balances/some',
    '/api/tux-management/admin/auctions/some/freeze',
    '/api/auction/admin/auctions',
    '/api/auction/admin/auctions/users',
  ])('§1 the public door has no %s, not even for an administrator', async (path) => {
    const token = await adminToken()
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect((await callPath('public', method, path, { token })).status, method).toBe(404)
    }
  })

  it.each([
    '/distro/user/gacha/all',
    '/distro/user/gacha/Ubuntu',
    '/distro/some/gacha/collection',
    '/distro/some/gacha/roll',
    '/tux-management/buy',
    '/tux-management/tux-price',
    '/tux-management/roll/price',
  ])('§1 the admin door has no %s', async (path) => {
    const token = await adminToken()
    for (const method of ['GET', 'POST']) {
      const answer = await call('admin', method, path, { token })
      expect(answer.status, method).toBe(404)
    }
    expect((await callPath('admin', 'GET', prefixes.public + path, { token })).status).toBe(404)
  })
})

describe('bearer tokens', () => {
  const paths = (door: Door) =>
    door === 'public'
      ? ['/auth/userinfo', '/distro/user/gacha/all', `/tux-management/balances/${ada.uid}`]
      : ['/auth/accounts', '/distro/gacha/all', `/tux-management/transactions/${ada.uid}`]

  it.each(bothDoors)('§2 are asked for on the %s door', async (door) => {
    for (const path of paths(door)) {
      for (const authorization of [undefined, '', 'Basic YWRhOnB3', `Token ${ada.token}`, ada.token, 'Digest a="b"']) {
        const headers = authorization === undefined ? {} : { authorization }
        const answer = await call(door, 'GET', path, { headers })
        expect(outcome(answer), `${path} with ${authorization?.slice(0, 10)}`).toStrictEqual(notAuthenticated)
        expect(answer.headers['www-authenticate']).toBe('Bearer')
      }
    }
  })

  it.each(bothDoors)('§2 are refused on the %s door when they are none', async (door) => {
    for (const path of paths(door)) {
      for (const token of [
        'x',
        'a.b.c',
        '....',
        'null',
        'undefined',
        `${ada.token}x`,
        `${ada.token}.x`,
        'e30.e30.e30',
      ]) {
        const answer = await call(door, 'GET', path, { token })
        expect(outcome(answer), `${path} with ${token.slice(0, 10)}`).toStrictEqual(invalidToken)
        expect(answer.headers['www-authenticate']).toBe('Bearer')
      }
    }
  })
})
