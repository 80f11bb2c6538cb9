import { beforeAll, describe, expect, inject, it } from 'vitest'
import { call, expectRawHarmless, sendRaw, statusOf } from '../support/http.ts'
import { type Player, registerPlayer } from '../support/people.ts'

let ada: Player
let bob: Player
let host: string

beforeAll(async () => {
  host = new URL(inject('sallyportAddresses').public).host
  ;[ada, bob] = await Promise.all([registerPlayer(), registerPlayer()])
})

const get = (path: string, token: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${token}`, ...headers, '', ''].join('\r\n')
const post = (path: string, token: string, body: string, ...headers: string[]): string =>
  [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    ...headers,
    '',
    body,
  ].join('\r\n')
const sendText = (text: string) => sendRaw('public', Buffer.from(text))
const statuses = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

describe('requests that share a connection', () => {
  it('are answered in order, each for its own caller', async () => {
    const answer = await sendText(
      get('/api/auth/userinfo', ada.token) +
        get('/api/auth/userinfo', bob.token) +
        get(`/api/auth/accounts/${ada.uid}`, bob.token) +
        get('/api/auth/userinfo', 'none') +
        get('/api/auth/userinfo', ada.token, 'Connection: close'),
    )
    expectRawHarmless(answer)
    expect(statuses(answer)).toStrictEqual([200, 200, 403, 401, 200])
    const uids = [...answer.matchAll(/"uid":"([^"]+)"/g)].map(([, uid]) => uid)
    expect(uids).toStrictEqual([ada.uid, bob.uid, ada.uid])
  })

  it('do not take the body of a refused one for a request', async () => {
    const smuggled = get('/api/auth/userinfo', bob.token)
    for (const [method, path] of [
      ['POST', '/api/auth/nothing'],
      ['POST', '/nothing'],
      ['PUT', '/api/auth/userinfo'],
      ['POST', '/api/tux-management/buy'],
      ['GET', '/api/auth/userinfo'],
      ['DELETE', '/api/auth/accounts/some'],
      ['POST', '/api/auth/logout'],
    ] as const) {
      const first = [
        `${method} ${path} HTTP/1.1`,
        `Host: ${host}`,
        'Authorization: Bearer none',
        `Content-Length: ${smuggled.length}`,
        '',
        smuggled,
      ].join('\r\n')
      const answer = await sendText(first + get('/health', ada.token, 'Connection: close'))
      expectRawHarmless(answer, path)
      expect(answer, path).not.toContain(bob.uid)
      expect(statuses(answer).length, path).toBeLessThanOrEqual(2)
    }
  })

  it('§1 are not read on beyond a body that is too large', async () => {
    const body = `${' '.repeat(1024 * 1024 + 1)}${get('/api/auth/userinfo', bob.token)}`
    const answer = await sendText(
      post('/api/tux-management/buy', ada.token, body, `Content-Length: ${body.length}`, 'Connection: close'),
    )
    expectRawHarmless(answer)
    expect([0, 413]).toContain(statusOf(answer))
    expect(answer).not.toContain(bob.uid)
  })
})

describe('chunked bodies', () => {
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
  const body = () => JSON.stringify({ amount: 1, user_id: ada.uid })

  it('are read whole, however they are cut', async () => {
    const pieces = Array.from(body(), chunk).join('')
    const request = post(
      '/api/tux-management/buy',
      ada.token,
      `${pieces}0\r\n\r\n`,
      'Transfer-Encoding: chunked',
      'Connection: close',
    )
    expect(statusOf(await sendText(request))).toBe(200)
  })

  it('§2 give nobody an identity by their trailers', async () => {
    const trailers = `0\r\nAuthorization: Bearer ${ada.token}\r\nX-User: ${ada.uid}\r\n\r\n`
    const request = [
      'POST /api/tux-management/buy HTTP/1.1',
      `Host: ${host}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'Trailer: Authorization',
      'Connection: close',
      '',
      chunk(body()) + trailers,
    ].join('\r\n')
    const answer = await sendText(request)
    expectRawHarmless(answer)
    expect(statusOf(answer)).toBe(401)
  })

  it.each([
    'x\r\nabc\r\n0\r\n\r\n',
    '-1\r\na\r\n0\r\n\r\n',
    'fffffffffffffffffff\r\na\r\n0\r\n\r\n',
    '1\r\nabcdef\r\n0\r\n\r\n',
  ])('that break the rules are refused: %j', async (broken) => {
    const request = post(
      '/api/tux-management/buy',
      ada.token,
      broken,
      'Transfer-Encoding: chunked',
      'Connection: close',
    )
    const answer = await sendText(request)
    expectRawHarmless(answer)
    expect([0, 400, 413]).toContain(statusOf(answer))
  })
})

describe('other ways to speak', () => {
  it.each([
    [
      'a WebSocket',
      ['Upgrade: websocket', 'Connection: Upgrade, close', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: eA=='],
    ],
    ['HTTP/2', ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings, close', 'HTTP2-Settings: AAMAAABk']],
    ['TLS', ['Upgrade: TLS/1.0', 'Connection: Upgrade, close']],
  ])('an upgrade to %s leads nowhere', async (_, headers) => {
    const answer = await sendText(get('/api/auth/userinfo', ada.token, ...headers))
    expectRawHarmless(answer)
    expect(statusOf(answer)).not.toBe(101)
  })

  it('HTTP/1.0 is understood', async () => {
    const answer = await sendText('GET /health HTTP/1.0\r\n\r\n')
    expect(statusOf(answer)).toBe(200)
    expect(answer).toMatch(/\r\n\r\nhealthy\n$/)
  })

  it('a caller who waits to be asked for the body is asked', async () => {
    const text = JSON.stringify({ amount: 1, user_id: ada.uid })
    const headers = [`Content-Length: ${text.length}`, 'Expect: 100-continue', 'Connection: close']
    const answer = await sendText(post('/api/tux-management/buy', ada.token, text, ...headers))
    expect(statuses(answer).at(-1)).toBe(200)
  })

  it('an unknown expectation is refused', async () => {
    const answer = await sendText(get('/health', ada.token, 'Expect: miracles', 'Connection: close'))
    expectRawHarmless(answer)
    expect([200, 417]).toContain(statusOf(answer))
  })
})

it('§2 after all of it the services still answer', async () => {
  for (const path of ['/auth/userinfo', '/distro/user/gacha/all', `/tux-management/balances/${ada.uid}`]) {
    expect((await call('public', 'GET', path, { token: ada.token })).status).toBe(200)
  }
})
