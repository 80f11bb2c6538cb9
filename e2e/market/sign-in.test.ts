import { beforeAll, describe, expect, it } from 'vitest'
import { administrator } from '../support/global-setup.ts'
import { bothDoors, call, expectInvalid, outcome, refusal, textOf } from '../support/http.ts'
import { decodeToken, newToken, type Player, registerPlayer, signIn } from '../support/people.ts'

const wrong = refusal(401, 'Incorrect username or password')
const jwt = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)
let ada: Player

beforeAll(async () => {
  ada = await registerPlayer()
})

describe.each(bothDoors)('sign-in on the %s door', (door) => {
  const ask = (form: Record<string, string>) => call(door, 'POST', '/auth/token', { form })

  it('§4 answers 200 with a bearer token for a urlencoded form', async () => {
    const { username, password } = ada
    const answer = await ask({ username, password })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: { access_token: jwt, token_type: 'bearer' } })
  })

  it('§4 answers the same for a multipart form', async () => {
    const { username, password } = ada
    const answer = await call(door, 'POST', '/auth/token', {
      multipart: { username, password, grant_type: 'password', scope: '', client_id: 'game', client_secret: 'none' },
    })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: { access_token: jwt, token_type: 'bearer' } })
  })

  it('§3 adds an id_token when the scope contains openid, and only then', async () => {
    for (const scope of ['openid', 'email openid profile']) {
      expect(outcome(await signIn(ada, { scope }, door))).toStrictEqual({
        status: 200,
        body: { access_token: jwt, token_type: 'bearer', id_token: jwt },
      })
    }
    for (const scope of ['', 'profile', 'openid2', 'OPENID']) {
      expect((await signIn(ada, { scope }, door)).body).not.toHaveProperty('id_token')
    }
  })

  it('§3 lets either role in', async () => {
    const token = await newToken(administrator, door)
    expect(decodeToken(token).claims).toMatchObject({ role: 'admin', username: administrator.username })
    expect((await call(door, 'GET', '/auth/userinfo', { token })).body).toMatchObject({ role: 'admin' })
  })

  it('§4 refuses a wrong password and an unknown name alike, with 401', async () => {
    const { username, password } = ada
    for (const form of [
      { username, password: `${password}x` },
      { username, password: password.toLowerCase() },
      { username: `${username}x`, password },
      { username: ada.email, password },
      { username: ada.uid, password },
    ]) {
      const answer = await ask(form)
      expect(outcome(answer)).toStrictEqual(wrong)
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
    }
  })

  it('§4 takes a name to the letter', async () => {
    const { username, password } = ada
    expect(outcome(await ask({ username: username.toUpperCase(), password }))).toStrictEqual(wrong)
  })

  it('§4 names missing fields with 422', async () => {
    const { username, password } = ada
    expectInvalid(await ask({ username }), 'body.password')
    expectInvalid(await ask({ password }), 'body.username')
    expectInvalid(await ask({ scope: 'openid' }), 'body.username', 'body.password')
    expectInvalid(await call(door, 'POST', '/auth/token', { multipart: { username } }), 'body.password')
  })

  it('§4 takes no grant but password: anything else is 422', async () => {
    const { username, password } = ada
    for (const grant_type of ['client_credentials', 'Password', 'password ', 'xpassword', 'refresh_token']) {
      expectInvalid(await ask({ username, password, grant_type }), 'body.grant_type')
    }
    expect((await ask({ username, password, grant_type: 'password' })).status).toBe(200)
  })

  it('§4 refuses a JSON body with 422', async () => {
    const { username, password } = ada
    const answer = await call(door, 'POST', '/auth/token', { json: { username, password } })
    expect(answer.status).toBe(422)
    expect(answer.text).not.toContain(password)
  })

  it('§4 refuses an absent body with 422', async () => {
    expectInvalid(await call(door, 'POST', '/auth/token'), 'body.username', 'body.password')
  })

  it('§4 never echoes a password in a 422', async () => {
    const { password } = ada
    for (const form of [{ password }, { username: 'ada', password, grant_type: 'other' }]) {
      const answer = await ask(form)
      expect(answer.status).toBe(422)
      expect(answer.text).not.toContain(password)
    }
  })

  it('§4 tells caches not to keep a token', async () => {
    expect((await signIn(ada, {}, door)).headers['cache-control']).toContain('no-store')
  })
})

describe('the access token', () => {
  it('§3 is an RS256 JWT', async () => {
    expect(decodeToken(ada.token).header).toMatchObject({ alg: 'RS256', typ: 'JWT' })
  })

  it('§3 says who issued it, whose it is, and what for', async () => {
    const { uid, username, token } = ada
    expect(decodeToken(token).claims).toMatchObject({
      iss: expect.stringMatching(/./),
      sub: uid,
      username,
      scope: 'impersonate',
      role: 'user',
    })
  })

  it('§3 lives 900 seconds, in whole UNIX seconds', async () => {
    const answer = await signIn(ada)
    const { exp, iat } = decodeToken(textOf(answer, 'access_token')).claims
    expect([Number.isInteger(exp), Number.isInteger(iat)]).toStrictEqual([true, true])
    expect(Number(exp) - Number(iat)).toBe(900)
    expect(Math.abs(Number(iat) - Date.now() / 1000)).toBeLessThan(60)
  })

  it('§3 keeps the scope impersonate whatever is asked for', async () => {
    for (const scope of ['openid', 'admin superadmin']) {
      const answer = await signIn(ada, { scope })
      expect(decodeToken(textOf(answer, 'access_token')).claims).toMatchObject({ scope: 'impersonate', role: 'user' })
    }
  })

  it('§3 holds no e-mail address and no password', async () => {
    const text = JSON.stringify(decodeToken(ada.token))
    expect(text).not.toContain(ada.password)
    expect(text).not.toContain('$argon2')
  })

  it('§3 is accepted by both doors wherever it was given', async () => {
    for (const issuedAt of bothDoors) {
      const token = await newToken(ada, issuedAt)
      for (const door of bothDoors) {
        expect((await call(door, 'GET', '/auth/userinfo', { token })).body).toMatchObject({ uid: ada.uid })
      }
    }
  })
})

describe('the id_token', () => {
  const idToken = async (more: Record<string, string> = {}) =>
    textOf(await signIn(ada, { scope: 'openid', ...more }), 'id_token')

  it('§3 says who somebody is, to an unknown client', async () => {
    const { header, claims } = decodeToken(await idToken())
    const { uid: sub, email, username } = ada
    expect(header).toMatchObject({ alg: 'RS256', typ: 'JWT' })
    expect(claims).toMatchObject({
      iss: decodeToken(ada.token).claims['iss'],
      sub,
      email,
      username,
      role: 'user',
      aud: 'unknown',
    })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(900)
  })

  it('§3 is meant for the client that asked', async () => {
    for (const client_id of ['game', 'https://game.example/']) {
      expect(decodeToken(await idToken({ client_id })).claims).toMatchObject({ aud: client_id })
    }
  })

  it('§3 is never a bearer token, whatever the client calls itself', async () => {
    const { iss, aud } = decodeToken(ada.token).claims
    const audiences = [iss, aud].flat().map(String)
    for (const client_id of ['unknown', 'sallyport', 'market', ...audiences]) {
      const token = await idToken({ client_id })
      for (const path of [
        '/auth/userinfo',
        `/auth/accounts/${ada.uid}`,
        '/distro/user/gacha/all',
        `/tux-management/balances/${ada.uid}`,
      ]) {
        const answer = await call('public', 'GET', path, { token })
        expect(outcome(answer), `${path} for ${client_id}`).toStrictEqual(refusal(401, 'Invalid or expired token'))
        expect(answer.headers['www-authenticate']).toBe('Bearer')
      }
    }
  })
})
