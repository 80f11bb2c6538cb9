import { beforeAll, describe, expect, inject, it } from 'vitest'
import {
  bothDoors,
  call,
  callPath,
  expectHarmless,
  expectRawHarmless,
  notAuthenticated,
  outcome,
  refusal,
  sendRaw,
  statusOf,
  textOf,
} from '../support/http.ts'
import { adminToken, adminUid, decodeToken, type Player, registerPlayer, signIn } from '../support/people.ts'

let ada: Player
let bob: Player
let forged: Record<string, string>

beforeAll(async () => {
  ;[ada, bob] = await Promise.all([registerPlayer(), registerPlayer()])
  const uid = await adminUid()
  forged = {
    'x-user': uid,
    'x-user-id': uid,
    'x-username': 'admin',
    'x-roles': 'superadmin,admin',
    'x-role': 'admin',
    'x-scopes': 'internal',
    'x-forwarded-user': 'admin',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'x-real-ip': '127.0.0.1',
    forwarded: 'for=127.0.0.1;host=evil.example;proto=https',
    'x-internal': 'true',
    'x-service': 'identity',
  }
})

describe('forged identity headers', () => {
  it.each(bothDoors)('make nobody known on the %s door', async (door) => {
    for (const path of ['/auth/userinfo', `/auth/accounts/${ada.uid}`]) {
      expect(outcome(await call(door, 'GET', path, { headers: forged }))).toStrictEqual(notAuthenticated)
    }
  })

  it('give a player no other identity and no other role', async () => {
    const options = { token: ada.token, headers: forged }
    expect((await call('public', 'GET', '/auth/userinfo', options)).body).toMatchObject({ uid: ada.uid, role: 'user' })
    expect((await call('public', 'GET', `/auth/accounts/${bob.uid}`, options)).status).toBe(403)
    expect((await call('admin', 'GET', '/auth/accounts', options)).status).toBe(403)
    const gachas = await call('admin', 'GET', '/distro/gacha/all', options)
    expect(outcome(gachas)).toStrictEqual(refusal(400, 'Invalid Admin'))
    const balance = await call('public', 'GET', `/tux-management/balances/${bob.uid}`, options)
    expect(outcome(balance)).toStrictEqual(refusal(401, 'Unauthorized'))
  })

  it('in other spellings have no effect either', async () => {
    const headers = { 'X-USER': bob.uid, X_User: bob.uid, x_roles: 'admin', 'X-Roles': 'admin' }
    const answer = await call('public', 'GET', '/auth/userinfo', { token: ada.token, headers })
    expect(answer.body).toMatchObject({ uid: ada.uid, role: 'user' })
    expect((await call('admin', 'GET', '/auth/accounts', { token: ada.token, headers })).status).toBe(403)
  })

  it('do not change who issues tokens', async () => {
    const { iss } = decodeToken(ada.token).claims
    const { username, password } = ada
    for (const headers of [forged, { host: 'evil.example' }, { host: 'evil.example', ...forged }]) {
      const answer = await call('public', 'POST', '/auth/token', {
        headers,
        form: { username, password, scope: 'openid' },
      })
      expect(decodeToken(textOf(answer, 'access_token')).claims['iss']).toBe(iss)
      expect(decodeToken(textOf(answer, 'id_token')).claims['iss']).toBe(iss)
      expect(JSON.stringify(answer.headers) + answer.text).not.toContain('evil.example')
    }
  })

  it('do not lead to other methods or paths', async () => {
    const headers = {
      'x-http-method-override': 'DELETE',
      'x-http-method': 'DELETE',
      'x-method-override': 'DELETE',
      'x-original-url': '/admin/api/auth/accounts',
      'x-rewrite-url': '/admin/api/auth/accounts',
    }
    const answer = await call('public', 'GET', `/auth/accounts/${ada.uid}`, { token: ada.token, headers })
    expect(answer.body).toMatchObject({ uid: ada.uid })
    expect((await signIn(ada)).status).toBe(200)
  })
})

describe('the Connection header', () => {
  it('§2 opens nothing by naming others', async () => {
    for (const connection of [
      'authorization',
      'close, authorization, content-type, content-length',
      'x-user, x-roles, host',
      'keep-alive, authorization',
    ]) {
      const headers = { ...forged, connection }
      const own = await call('public', 'GET', '/auth/userinfo', { token: ada.token, headers })
      expectHarmless(own, connection)
      expect([200, 400, 401]).toContain(own.status)
      if (own.status === 200) expect(own.body).toMatchObject({ uid: ada.uid })
      const others = await call('public', 'GET', `/auth/accounts/${bob.uid}`, { token: ada.token, headers })
      expect([400, 401, 403]).toContain(others.status)
    }
  })

  it('§2 does not make a body vanish', async () => {
    const headers = { connection: 'close, content-length, content-type, transfer-encoding' }
    const json = { amount: 1, user_id: ada.uid }
    const answer = await call('public', 'POST', '/tux-management/buy', { token: ada.token, headers, json })
    expectHarmless(answer)
  })
})

describe('answers', () => {
  it('tell browsers not to guess and not to frame, and name no software', async () => {
    for (const answer of [
      await call('public', 'GET', '/auth/userinfo', { token: ada.token }),
      await call('public', 'GET', '/auth/userinfo'),
      await call('admin', 'GET', '/auth/accounts', { token: await adminToken() }),
    ]) {
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(answer.headers['x-powered-by']).toBeUndefined()
      expect(answer.headers['server'] ?? '').not.toMatch(/fastify|node/i)
    }
  })
})

describe('two lengths in one request', () => {
  const smuggled = 'GET /admin/api/auth/accounts HTTP/1.1\r\nHost: localhost\r\n\r\n'

  it.each([
    ['Content-Length and Transfer-Encoding', [`Content-Length: ${smuggled.length + 5}`, 'Transfer-Encoding: chunked']],
    ['two Content-Lengths', ['Content-Length: 0', `Content-Length: ${smuggled.length}`]],
    ['an obscured Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding : chunked']],
    ['an unknown Transfer-Encoding', ['Transfer-Encoding: xchunked']],
    ['a length below zero', ['Content-Length: -5']],
    ['a length that is no number', ['Content-Length: 5x']],
  ])('are refused: %s', async (_, lengths) => {
    const answer = await sendRaw('public', [
      'POST /api/auth/logout HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${ada.token}`,
      ...lengths,
      'Connection: close',
      '',
      `0\r\n\r\n${smuggled}`,
    ])
    expectRawHarmless(answer)
    expect(answer.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThanOrEqual(1)
    expect(statusOf(answer)).toBe(400)
    expect((await call('public', 'GET', '/auth/userinfo', { token: ada.token })).status).toBe(200)
  })
})

describe('headers beyond measure', () => {
  it('are refused when there is too much of them', async () => {
    const { host } = new URL(inject('sallyportAddresses').public)
    for (const lines of [
      [`X-Large: ${'a'.repeat(200_000)}`],
      Array.from({ length: 20_000 }, (_, index) => `X-Many-${index}: a`),
      [`Authorization: Bearer ${'a'.repeat(100_000)}`],
      [`Cookie: ${'a=b; '.repeat(30_000)}`],
    ]) {
      const answer = await sendRaw('public', [
        'GET /health HTTP/1.1',
        `Host: ${host}`,
        ...lines,
        'Connection: close',
        '',
        '',
      ])
      expectRawHarmless(answer)
      expect([0, 400, 431]).toContain(statusOf(answer))
    }
    expect((await callPath('public', 'GET', '/health')).text).toBe('healthy\n')
  })

  it('§2 with control signs or without a Host are refused', async () => {
    for (const lines of [
      ['Host: a', 'Authorization: Bearer a\u0000b'],
      ['Host: a', 'X-Bad: a\u0001b'],
      ['Host: a', 'Bad Name: x'],
      ['Host: a', ': x'],
      ['Host: a', 'NoColon'],
      [],
      ['Host: a', 'Host: b'],
    ]) {
      const answer = await sendRaw('public', ['GET /api/auth/userinfo HTTP/1.1', ...lines, 'Connection: close', '', ''])
      expectRawHarmless(answer)
      expect([0, 400, 401]).toContain(statusOf(answer))
    }
  })
})
