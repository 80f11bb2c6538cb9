import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { bothDoors, call, expectInvalid, listOf, objectOf, outcome, refusal } from '../support/http.ts'
import { adminToken, adminUid, newToken, type Player, registerPlayer, signIn, uniqueName } from '../support/people.ts'

const forbidden = refusal(403, 'You do not have the permission for the required action')
const unknownAccount = refusal(404, 'Account not found')
const taken = refusal(409, 'Email or username already in use')
let ada: Player
let bob: Player

const accountOf = ({ uid, email, username }: Player) => ({ uid, email, username, role: 'user' })

beforeAll(async () => {
  ;[ada, bob] = await Promise.all([registerPlayer(), registerPlayer()])
})

describe.each(bothDoors)('an account on the %s door', (door) => {
  it('§4 shows the caller through userinfo', async () => {
    const answer = await call(door, 'GET', '/auth/userinfo', { token: ada.token })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: accountOf(ada) })
  })

  it('§4 shows the administrator through userinfo', async () => {
    const token = await adminToken()
    const [answer, uid] = [await call(door, 'GET', '/auth/userinfo', { token }), await adminUid()]
    expect(outcome(answer)).toStrictEqual({
      status: 200,
      body: { uid, username: 'admin', role: 'admin', email: expect.any(String) },
    })
  })

  it('§4 shows itself to its owner and to an administrator', async () => {
    for (const token of [ada.token, await adminToken()]) {
      const answer = await call(door, 'GET', `/auth/accounts/${ada.uid}`, { token })
      expect(outcome(answer)).toStrictEqual({ status: 200, body: accountOf(ada) })
    }
  })

  it('§4 refuses others with 403, before it says whether an account exists', async () => {
    const { token } = bob
    for (const uid of [ada.uid, randomUUID(), 'nobody', '1']) {
      for (const answer of [
        await call(door, 'GET', `/auth/accounts/${uid}`, { token }),
        await call(door, 'PUT', `/auth/accounts/${uid}`, { token, json: {} }),
        await call(door, 'DELETE', `/auth/accounts/${uid}`, { token }),
      ]) {
        expect(outcome(answer)).toStrictEqual(forbidden)
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
      }
    }
  })

  it('§4 tells an administrator of an unknown uid with 404, whatever its form', async () => {
    const token = await adminToken()
    for (const uid of [randomUUID(), 'nobody', '1', "'%20OR%201=1--", ada.uid.slice(0, -1)]) {
      for (const answer of [
        await call(door, 'GET', `/auth/accounts/${uid}`, { token }),
        await call(door, 'PUT', `/auth/accounts/${uid}`, { token, json: { email: 'bad' } }),
        await call(door, 'DELETE', `/auth/accounts/${uid}`, { token }),
      ]) {
        expect(outcome(answer)).toStrictEqual(unknownAccount)
      }
    }
  })

  it('§4 asks for a token', async () => {
    for (const [method, path] of [
      ['GET', '/auth/userinfo'],
      ['POST', '/auth/logout'],
      ['GET', `/auth/accounts/${ada.uid}`],
      ['PUT', `/auth/accounts/${ada.uid}`],
      ['DELETE', `/auth/accounts/${ada.uid}`],
      ['POST', `/auth/accounts/${ada.uid}/changePassword`],
    ] as const) {
      const answer = await call(door, method, path, method === 'PUT' ? { json: {} } : {})
      expect(outcome(answer), `${method} ${path}`).toStrictEqual(refusal(401, 'Not authenticated'))
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })

  it('§4 takes a new username and e-mail address from its owner, and the token lives on', async () => {
    const carl = await registerPlayer()
    const username = uniqueName('carl')
    const email = `${username}@new.example`
    const change = (json: unknown) => call(door, 'PUT', `/auth/accounts/${carl.uid}`, { token: carl.token, json })
    expect(outcome(await change({ username }))).toStrictEqual({ status: 200, body: { ...accountOf(carl), username } })
    expect(outcome(await change({ email }))).toStrictEqual({
      status: 200,
      body: { ...accountOf(carl), username, email },
    })
    const seen = await call(door, 'GET', '/auth/userinfo', { token: carl.token })
    expect(outcome(seen)).toStrictEqual({ status: 200, body: { ...accountOf(carl), username, email } })
    expect((await signIn(carl, {}, door)).status).toBe(401)
    expect((await signIn({ ...carl, username }, {}, door)).status).toBe(200)
  })

  it('§4 takes changes from an administrator', async () => {
    const carl = await registerPlayer()
    const username = uniqueName('carl')
    const answer = await call(door, 'PUT', `/auth/accounts/${carl.uid}`, {
      token: await adminToken(),
      json: { username, email: null },
    })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: { ...accountOf(carl), username } })
  })

  it('§4 ignores null, empty and unknown fields, and takes its own values again', async () => {
    const { username, email, token } = ada
    for (const json of [
      {},
      { username: null, email: null },
      { username: '', email: '' },
      { username, email },
      { username },
      { email },
      { role: 'admin', uid: randomUUID(), password: 'Other-Gr4nite!' },
    ]) {
      const answer = await call(door, 'PUT', `/auth/accounts/${ada.uid}`, { token, json })
      expect(outcome(answer)).toStrictEqual({ status: 200, body: accountOf(ada) })
    }
    expect((await signIn(ada)).status).toBe(200)
  })

  it('§4 refuses a bad e-mail address, then a bad username, with 400', async () => {
    const change = (json: unknown) => call(door, 'PUT', `/auth/accounts/${ada.uid}`, { token: ada.token, json })
    const badUsername = refusal(400, expect.stringMatching(/^Invalid username/))
    expect(outcome(await change({ email: 'bad' }))).toStrictEqual(refusal(400, 'Invalid email format.'))
    expect(outcome(await change({ email: 'bad', username: '1' }))).toStrictEqual(refusal(400, 'Invalid email format.'))
    expect(outcome(await change({ username: '1' }))).toStrictEqual(badUsername)
    expect(outcome(await change({ username: `${ada.username}\n` }))).toStrictEqual(badUsername)
    expect(outcome(await change({ username: '1', email: bob.email }))).toStrictEqual(badUsername)
  })

  it('§4 refuses what another account has with 409, in any case, and changes nothing', async () => {
    const change = (json: unknown) => call(door, 'PUT', `/auth/accounts/${ada.uid}`, { token: ada.token, json })
    for (const json of [
      { username: bob.username },
      { username: bob.username.toUpperCase() },
      { email: bob.email },
      { email: bob.email.toUpperCase() },
      { username: uniqueName(), email: bob.email },
    ]) {
      expect(outcome(await change(json))).toStrictEqual(taken)
    }
    expect(outcome(await change({}))).toStrictEqual({ status: 200, body: accountOf(ada) })
  })

  it('§4 may change the case of its own name', async () => {
    const carl = await registerPlayer()
    const username = carl.username.toUpperCase()
    const answer = await call(door, 'PUT', `/auth/accounts/${carl.uid}`, { token: carl.token, json: { username } })
    expect(outcome(answer)).toStrictEqual({ status: 200, body: { ...accountOf(carl), username } })
  })

  it('§2 refuses values that are no strings with 422, before it looks at the caller', async () => {
    for (const token of [ada.token, bob.token]) {
      const change = (json: unknown) => call(door, 'PUT', `/auth/accounts/${ada.uid}`, { token, json })
      expectInvalid(await change({ username: 5 }), 'body.username')
      expectInvalid(await change({ username: ['a'], email: {} }), 'body.username', 'body.email')
    }
  })

  it('§4 frees a name at once when its owner takes another', async () => {
    const carl = await registerPlayer()
    await call(door, 'PUT', `/auth/accounts/${carl.uid}`, { token: carl.token, json: { username: uniqueName() } })
    const { username } = carl
    const dora = await registerPlayer({ username, email: `dora${username}@players.example` })
    expect(dora.uid).not.toBe(carl.uid)
  })
})

describe('the list of accounts', () => {
  it('§4 names everybody, the administrator included, each as an account', async () => {
    const answer = await call('admin', 'GET', '/auth/accounts', { token: await adminToken() })
    expect(answer.status).toBe(200)
    expect(Object.keys(objectOf(answer.body))).toStrictEqual(['data'])
    const accounts = listOf(objectOf(answer.body)['data'])
    for (const account of accounts) {
      expect(Object.keys(account).sort()).toStrictEqual(['email', 'role', 'uid', 'username'])
    }
    expect(accounts).toContainEqual(accountOf(ada))
    expect(accounts).toContainEqual(accountOf(bob))
    expect(accounts).toContainEqual(expect.objectContaining({ username: 'admin', role: 'admin' }))
    expect(answer.text).not.toContain('$argon2')
  })

  it('§2 keeps the order in which people came', async () => {
    const [first, second] = [await registerPlayer(), await registerPlayer()]
    const answer = await call('admin', 'GET', '/auth/accounts', { token: await adminToken() })
    const uids = listOf(objectOf(answer.body)['data']).map(({ uid }) => uid)
    expect(uids.indexOf(first.uid)).toBeLessThan(uids.indexOf(second.uid))
    expect(uids.indexOf(await adminUid())).toBeLessThan(uids.indexOf(first.uid))
  })

  it('§4 refuses a player with 403 and a stranger with 401', async () => {
    const refused = await call('admin', 'GET', '/auth/accounts', { token: await newToken(ada, 'admin') })
    expect(outcome(refused)).toStrictEqual(forbidden)
    expect(outcome(await call('admin', 'GET', '/auth/accounts'))).toStrictEqual(refusal(401, 'Not authenticated'))
  })
})
