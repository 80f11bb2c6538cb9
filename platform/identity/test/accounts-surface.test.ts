import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { envelope, password, startAccountService } from './accounts-support.ts'

let on: Awaited<ReturnType<typeof startAccountService>>
beforeAll(async () => (on = await startAccountService()))
afterAll(() => on.stop())

describe('A-81 the system', () => {
  it('A-20 A-21 A-22 tells what there is, that it runs, and has a limiter', async () => {
    const map = await on.ask('GET', '/authy')
    expect(map.json.endpoints).toContainEqual({ url: '/authy/user/<public_id>', methods: ['GET', 'PUT', 'DELETE'] })
    expect(await on.ask('GET', '/authy/status')).toEqual({
      status: 200,
      json: { message: expect.any(String), version: 'test' },
    })
    expect(await on.ask('GET', '/authy/ratelimited')).toEqual({ status: 429, json: envelope })
  })

  it('A-2 A-4 refuses in one envelope', async () => {
    expect(await on.ask('GET', '/authy/nothing')).toEqual({ status: 404, json: envelope })
    expect(await on.ask('POST', '/authy/status', { json: {} })).toEqual({ status: 405, json: envelope })
    expect(await on.ask('GET', '/authy/status', { headers: { 'content-type': 'text/html' } })).toEqual({
      status: 400,
      json: envelope,
    })
    expect((await on.ask('POST', '/authy/login', { json: '{"username":' })).status).toBe(400)
  })
})

describe('A-82 logging in', () => {
  it.each(['sally', 'brüna', '分支持'])('A-23 gives %s a token', async (username) => {
    const { status, json } = await on.ask('POST', '/authy/login', { json: { username, password } })
    expect([status, Object.keys(json)]).toEqual([200, ['token']])
    const claims = JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ username, public_id: claims.sub })
    // four hours.
    expect(claims.exp - claims.iat).toBe(4 * 3600)
  })

  it('A-23 A-53 A-F6 refuses wrong, unknown and deleted in the same words', async () => {
    const attempts = [
      { username: 'sally', password: password.toLowerCase() },
      { username: 'nobody', password },
      { username: 'harry', password },
    ]
    const answers = await Promise.all(attempts.map((json) => on.ask('POST', '/authy/login', { json })))
    for (const answer of answers) expect(answer).toEqual({ status: 401, json: answers[0]?.json })
  })

  it.each([
    '"text"',
    { username: 'sally' },
    { username: 'sally', password, more: 1 },
    { username: 'sa', password },
    { username: 'sally', password: 'short' },
  ])('A-23 takes no %j', async (json) => {
    expect((await on.ask('POST', '/authy/login', { json })).status).toBe(400)
  })

  it('A-50 A-F5 takes base64 under its mark, and refuses what is none', async () => {
    const encoded = Buffer.from(password).toString('base64')
    const logIn = (word: string) =>
      on.ask('POST', '/authy/login', { json: { username: 'sally', password: word, password_encoding: 'base64' } })
    expect((await logIn(encoded)).status).toBe(200)
    for (const word of ['not base64!', Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa]).toString('base64')])
      expect((await logIn(word)).status, word).toBe(400)
  })
})

describe('A-83 tokens', () => {
  it('A-5 A-8 meets 401 without one, with junk, with too little power, and after deletion', async () => {
    expect(await on.ask('GET', '/authy/user')).toEqual({ status: 401, json: envelope })
    expect((await on.ask('GET', '/authy/user', { as: { ...on.sally, token: 'junk' } })).status).toBe(401)
    expect(await on.ask('GET', '/authy/users', { as: on.sally })).toEqual({ status: 401, json: envelope })
    expect((await on.ask('GET', '/authy/user', { as: on.harry })).status).toBe(401)
  })

  it('A-18 meets 401 without any role', async () => {
    const lost = await on.person('lost')
    await on.sql('delete from account_role where uid = $1', [lost.uid])
    expect((await on.ask('GET', '/authy/user', { as: lost })).status).toBe(401)
    await on.sql('delete from account where uid = $1', [lost.uid])
  })

  it('is refused when it comes twice', async () => {
    const headers = { authorization: `Bearer ${on.sally.token}` }
    expect((await on.ask('GET', '/authy/user', { as: on.sally, headers })).status).toBe(400)
    expect((await on.ask('GET', '/authy/user', { headers })).status).toBe(400)
  })
})

describe('A-86 checking access', () => {
  it('A-24 compares levels', async () => {
    expect(await on.ask('GET', '/authy/checkaccess/10', { as: on.sally })).toEqual({
      status: 200,
      json: { public_id: on.sally.uid },
    })
    for (const level of ['5', 'x', '-1', '1e3'])
      expect((await on.ask('GET', `/authy/checkaccess/${level}`, { as: on.sally })).status).toBe(401)
    expect((await on.ask('GET', '/authy/checkaccess/0', { as: on.clivey })).status).toBe(200)
  })
})

describe('A-88 signing up', () => {
  const wish = (more: object = {}) => ({
    username: 'newcomer',
    email: 'newcomer@example.org',
    password,
    confirm_password: password,
    ...more,
  })

  it.each([
    ['A-43', { username: 'Admin' }, 409],
    ['A-44', { confirm_password: `${password}!` }, 400],
    ['A-45', { password_encoding: 'base64' }, 400],
    ['A-40', { extra: true }, 400],
    ['A-41', { email: 'user1@email' }, 400],
    ['A-41', { email: 'x user1@email.org' }, 400],
    ['A-42', { username: 'ab' }, 400],
    ['A-47', { username: 'SALLY' }, 409],
    ['A-47 A-52', { username: 'harry' }, 409],
  ])('%s refuses %j', async (_id, more, status) => {
    const { json, status: actual } = await on.ask('POST', '/authy/user', { json: wish(more) })
    expect([actual, json]).toEqual([status, expect.objectContaining(envelope)])
  })

  it('A-46 A-F12 says why a password is weak, whatever passfail says', async () => {
    const weak = { password: 'password', confirm_password: 'password', passfail: 1 }
    expect(await on.ask('POST', '/authy/user', { json: wish(weak) })).toEqual({
      status: 401,
      json: {
        ...envelope,
        score: 0,
        guesses: expect.any(Number),
        feedback: { warning: expect.any(String), suggestions: expect.any(Array) },
      },
    })
  })

  it('A-27 A-48 gives an id, and a token that opens nothing', async () => {
    const { status, json } = await on.ask('POST', '/authy/user', { json: wish() })
    expect([status, Object.keys(json)]).toEqual([201, ['message', 'public_id', 'token']])
    expect((await on.ask('GET', '/authy/user', { headers: { 'x-access-token': json.token } })).status).toBe(401)
    await on.sql('delete from account where uid = $1', [json.public_id])
  })
})

describe('A-91 look-ups', () => {
  it('A-36 A-37 lead from id to name and back', async () => {
    expect(await on.ask('GET', `/authy/username/${on.sally.uid}`)).toEqual({ status: 200, json: { username: 'sally' } })
    expect(await on.ask('GET', '/authy/fetch/br%C3%BCna')).toMatchObject({ status: 200 })
    expect((await on.ask('GET', `/authy/username/${newId()}`)).status).toBe(404)
    expect((await on.ask('GET', `/authy/username/${on.harry.uid}`)).status).toBe(404)
    for (const id of [`${on.sally.uid}0`, on.sally.uid.slice(1), on.sally.uid.replace(/^./, 'g')])
      expect((await on.ask('GET', `/authy/username/${id}`)).status).toBe(400)
    for (const name of ['nobody', 'sally%00', '%00'.repeat(4)])
      expect((await on.ask('GET', `/authy/fetch/${name}`)).status, name).toBe(404)
    expect((await on.ask('GET', `/authy/fetch/${'x'.repeat(60)}`)).status).toBe(400)
  })
})
