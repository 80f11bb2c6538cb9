import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { callPath, objectOf, type Options, textOf } from '../support/http.ts'
import { adminToken, uniqueName } from '../support/people.ts'

const password = 'correct horse'

const post = (path: string, json: unknown, options: Options = {}) =>
  callPath('public', 'POST', path, { json, ...options })
const logIn = (username: string, secret = password) => post('/api/login', { username, password: secret })

async function register(roles = ['student'], options: Options = {}): Promise<string> {
  const username = uniqueName('ada.')
  expect(await post('/api/users', { username, password, roles }, options)).toMatchObject({ status: 201 })
  return username
}

describe('the users service of the enrollment system', () => {
  it('E-30 T-2 registers, and signs in with tokens that the published keys verify', async () => {
    const username = uniqueName('Ada.')
    const registered = await post('/api/users', { username, password, roles: ['student'] })
    const lower = username.toLowerCase()
    expect(registered).toMatchObject({ status: 201, body: { username: lower, roles: ['student'] } })
    expect(registered.headers['location']).toBe(`/api/users/${lower}`)

    const answer = await logIn(username)
    expect(answer.status).toBe(200)
    expect(answer.headers['x-replica']).toBe('primary')
    const published = objectOf((await callPath('public', 'GET', '/.well-known/jwks.json')).body)
    const keys: unknown = published['keys']
    if (!Array.isArray(keys)) throw new TypeError('there are no keys')
    for (const key of keys) expect(Object.keys(key).filter((member) => /^(?:d|p|q|dp|dq|qi)$/.test(member))).toEqual([])

    const [access, refresh] = [textOf(answer, 'access_token'), textOf(answer, 'refresh_token')]
    const expected = { issuer: 'auth.local.gd', audience: 'krakend.local.gd', algorithms: ['RS256'] }
    const { payload } = await jwtVerify(access, createLocalJWKSet({ keys }), expected)
    await jwtVerify(refresh, createLocalJWKSet({ keys }), expected)
    expect(Object.keys(decodeProtectedHeader(access)).toSorted()).toEqual(['alg', 'kid', 'typ'])
    expect(Object.keys(payload).toSorted()).toEqual([
      'aud',
      'exp',
      'iat',
      'iss',
      'jti',
      'roles',
      'sid',
      'sub',
      'username',
    ])
    expect(payload).toMatchObject({ username: lower, roles: ['student'], exp: (payload.iat ?? 0) + 1200 })
    const { roles: _, jti, ...others } = payload
    expect(decodeJwt(refresh)).toEqual({ ...others, jti: expect.not.stringMatching(String(jti)) })
    expect(objectOf(answer.body)['exp']).toBe(payload.exp)
    expect(decodeJwt(textOf(await logIn(username), 'access_token')).jti).not.toBe(jti)
  })

  it('E-15 makes instructors with an administrator’s token, and with none 403', async () => {
    const token = await adminToken()
    const username = await register(['instructor', 'student'], { token })
    const { roles } = decodeJwt(textOf(await logIn(username), 'access_token'))
    expect(roles).toEqual(['instructor', 'student'])
    const refused = await post('/api/users', { username: uniqueName('ada.'), password, roles: ['registrar'] })
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
  })

  it('E-17 T-14 gives a name to one of twenty who ask at once', async () => {
    const username = uniqueName('ada.')
    const ask = () => post('/api/users', { username, password, roles: ['student'] })
    const statuses = (await Promise.all(Array.from({ length: 20 }, ask))).map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(19)
  })

  it('E-16 E-32 T-14 refuses whoever has no account as whoever has a wrong password', async () => {
    const wrong = await logIn(await register(), 'wrong horse')
    const unknown = await logIn(uniqueName('ada.'))
    expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'invalid_credentials' } } })
    expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body])
    for (const { headers } of [wrong, unknown]) expect(headers['x-replica']).toBe('primary')
  })

  it('E-31 E-33 E-50 refuses other methods, paths, and what is too long, in its own words', async () => {
    const refusal = (code: string) => ({ error: { code, message: expect.any(String) } })
    expect(await callPath('public', 'GET', '/api/login')).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: refusal('method_not_allowed'),
    })
    expect(await callPath('public', 'GET', '/api/users/ada')).toMatchObject({ status: 404, body: refusal('not_found') })
    expect(await logIn('ada', 'x'.repeat(65 * 1024))).toMatchObject({ status: 413, body: refusal('too_large') })
    expect(await post('/api/login', undefined, { rawBody: '{', contentType: 'application/json' })).toMatchObject({
      status: 400,
      body: refusal('malformed_json'),
    })
  })

  it('E-25 gives tokens that open nothing elsewhere', async () => {
    const token = textOf(await logIn(await register()), 'access_token')
    expect(await callPath('public', 'GET', '/api/auth/userinfo', { token })).toMatchObject({ status: 401 })
  })
})
