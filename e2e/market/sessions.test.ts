import { beforeAll, describe, expect, it } from 'vitest'
import { administrator } from '../support/global-setup.ts'
import { bothDoors, call, invalidToken, listOf, objectOf, outcome, refusal, sortedStatuses } from '../support/http.ts'
import { adminToken, buy, newToken, type Player, registerPlayer, signIn } from '../support/people.ts'

const unknownAccount = refusal(404, 'Account not found')

/** Every service refuses this token, on both doors, whatever is asked for. */
async function expectDead(token: string, uid: string): Promise<void> {
  for (const [door, method, path] of [
    ['public', 'GET', '/auth/userinfo'],
    ['admin', 'GET', '/auth/userinfo'],
    ['public', 'GET', `/auth/accounts/${uid}`],
    ['public', 'DELETE', `/auth/accounts/${uid}`],
    ['public', 'POST', '/auth/logout'],
    ['public', 'GET', '/distro/user/gacha/all'],
    ['public', 'GET', `/distro/${uid}/gacha/collection`],
    ['public', 'POST', `/distro/${uid}/gacha/roll`],
    ['admin', 'GET', '/distro/gacha/all'],
    ['public', 'GET', `/tux-management/balances/${uid}`],
    ['public', 'GET', `/tux-management/transactions/${uid}`],
    ['admin', 'GET', `/tux-management/transactions/${uid}`],
  ] as const) {
    const answer = await call(door, method, path, { token })
    expect(outcome(answer), `${method} ${path} on the ${door} door`).toStrictEqual(invalidToken)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  }
  const purchase = await call('public', 'POST', '/tux-management/buy', { token, json: { amount: 1, user_id: uid } })
  expect(outcome(purchase)).toStrictEqual(invalidToken)
}

describe.each(bothDoors)('logout on the %s door', (door) => {
  it('§4 says whose token it ended', async () => {
    const { username, token } = await registerPlayer()
    expect(outcome(await call(door, 'POST', '/auth/logout', { token }))).toStrictEqual({
      status: 200,
      body: { message: `Logout successful. The access token of user ${username} has been invalidated.` },
    })
  })

  it('§3 ends the presented token at once on every service', async () => {
    const { uid, token } = await registerPlayer()
    await call(door, 'POST', '/auth/logout', { token })
    await expectDead(token, uid)
  })

  it('§13 ends the presented token only', async () => {
    const ada = await registerPlayer()
    const other = await newToken(ada, door)
    await call(door, 'POST', '/auth/logout', { token: ada.token })
    expect((await call(door, 'GET', '/auth/userinfo', { token: other })).status).toBe(200)
    expect((await signIn(ada, {}, door)).status).toBe(200)
  })

  it('§4 ends no other session of an administrator', async () => {
    const remaining = await adminToken()
    const token = await newToken(administrator, door)
    expect((await call(door, 'POST', '/auth/logout', { token })).status).toBe(200)
    expect(outcome(await call(door, 'GET', '/auth/userinfo', { token }))).toStrictEqual(invalidToken)
    expect((await call(door, 'GET', '/auth/userinfo', { token: remaining })).status).toBe(200)
  })
})

describe.each(bothDoors)('deletion on the %s door', (door) => {
  const remove = (token: string, uid: string) => call(door, 'DELETE', `/auth/accounts/${uid}`, { token })

  it('§4 answers 200 with the uid and ends every token at once on every service', async () => {
    const ada = await registerPlayer()
    const other = await newToken(ada)
    expect(outcome(await remove(ada.token, ada.uid))).toStrictEqual({
      status: 200,
      body: { message: `Account ${ada.uid} successfully deleted` },
    })
    await expectDead(ada.token, ada.uid)
    await expectDead(other, ada.uid)
    expect(outcome(await signIn(ada))).toStrictEqual(refusal(401, 'Incorrect username or password'))
  })

  it('§4 is open to an administrator, once', async () => {
    const { uid, token } = await registerPlayer()
    expect((await remove(await adminToken(), uid)).status).toBe(200)
    expect(outcome(await remove(await adminToken(), uid))).toStrictEqual(unknownAccount)
    await expectDead(token, uid)
  })

  it('§4 frees name and e-mail address at once, and the newcomer starts afresh', async () => {
    const ada = await registerPlayer()
    await buy(ada, 20)
    await remove(ada.token, ada.uid)
    const { username, email } = ada
    const heir = await registerPlayer({ username, email })
    expect(heir.uid).not.toBe(ada.uid)
    const balance = await call('public', 'GET', `/tux-management/balances/${heir.uid}`, { token: heir.token })
    expect(outcome(balance)).toStrictEqual({ status: 200, body: { fiat_balance: 1000, tux_balance: 0 } })
    expect(outcome(await call('public', 'GET', '/auth/userinfo', { token: ada.token }))).toStrictEqual(invalidToken)
  })

  it('§4 takes a body and a content type that mean nothing', async () => {
    const { uid, token } = await registerPlayer()
    const answer = await call(door, 'DELETE', `/auth/accounts/${uid}`, { token, json: { uid: 'other' } })
    expect(answer.status).toBe(200)
  })
})

describe('a deleted account', () => {
  let ada: Player

  beforeAll(async () => {
    ada = await registerPlayer()
    await buy(ada, 20)
    await call('public', 'DELETE', `/auth/accounts/${ada.uid}`, { token: ada.token })
  })

  it('§11 is unknown to an administrator and no longer listed', async () => {
    const token = await adminToken()
    for (const door of bothDoors) {
      expect(outcome(await call(door, 'GET', `/auth/accounts/${ada.uid}`, { token }))).toStrictEqual(unknownAccount)
    }
    const list = await call('admin', 'GET', '/auth/accounts', { token })
    expect(listOf(objectOf(list.body)['data']).map(({ uid }) => uid)).not.toContain(ada.uid)
  })

  it('§11 has no history', async () => {
    const answer = await call('admin', 'GET', `/tux-management/transactions/${ada.uid}`, { token: await adminToken() })
    expect(outcome(answer)).toStrictEqual(refusal(404, 'User does not exists!'))
  })

  it('§4 is one deletion however many ask for it at once', async () => {
    const bob = await registerPlayer()
    const token = await adminToken()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('admin', 'DELETE', `/auth/accounts/${bob.uid}`, { token })),
    )
    expect(sortedStatuses(answers)).toStrictEqual([200, 404, 404, 404, 404])
  })
})
