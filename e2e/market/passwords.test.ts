import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { bothDoors, call, expectInvalid, invalidToken, outcome, refusal } from '../support/http.ts'
import { adminToken, goodPassword, newToken, type Player, registerPlayer, signIn } from '../support/people.ts'

const newPassword = 'Other-Gr4nite!'
const forbidden = refusal(403, 'You do not have the permission for the required action')
const wrongOld = refusal(403, 'Invalid uid_account or password')
const invalidPassword = refusal(400, expect.stringMatching(/^Invalid password/))
const changed = { status: 200, body: { message: 'Password successfully updated' } }
let ada: Player
let bob: Player

beforeAll(async () => {
  ;[ada, bob] = await Promise.all([registerPlayer(), registerPlayer()])
})

describe.each(bothDoors)('a password change on the %s door', (door) => {
  const change = (token: string, uid: string, old_password: unknown, new_password: unknown) =>
    call(door, 'POST', `/auth/accounts/${uid}/changePassword`, { token, json: { old_password, new_password } })

  it('§4 lets the owner sign in with the new password and no longer with the old', async () => {
    const carl = await registerPlayer()
    expect(outcome(await change(carl.token, carl.uid, goodPassword, newPassword))).toStrictEqual(changed)
    expect((await signIn(carl, {}, door)).status).toBe(401)
    expect((await signIn({ ...carl, password: newPassword }, {}, door)).status).toBe(200)
  })

  it('§3 keeps the session that made it and ends the others, on every service', async () => {
    const carl = await registerPlayer()
    const [other, third] = [await newToken(carl), await newToken(carl, 'admin')]
    expect(outcome(await change(carl.token, carl.uid, goodPassword, newPassword))).toStrictEqual(changed)
    const paths = ['/auth/userinfo', `/tux-management/balances/${carl.uid}`, `/distro/${carl.uid}/gacha/collection`]
    for (const path of paths) {
      expect((await call('public', 'GET', path, { token: carl.token })).status, path).toBe(200)
      for (const token of [other, third]) {
        expect(outcome(await call('public', 'GET', path, { token })), path).toStrictEqual(invalidToken)
      }
    }
  })

  it('§4 takes the old password from an administrator too, and ends the sessions of the owner', async () => {
    const carl = await registerPlayer()
    const token = await adminToken()
    expect(outcome(await change(token, carl.uid, 'Wr0ng-Granite!', newPassword))).toStrictEqual(wrongOld)
    expect((await call(door, 'GET', '/auth/userinfo', { token: carl.token })).status).toBe(200)
    expect(outcome(await change(token, carl.uid, goodPassword, newPassword))).toStrictEqual(changed)
    expect(outcome(await call(door, 'GET', '/auth/userinfo', { token: carl.token }))).toStrictEqual(invalidToken)
    expect((await call(door, 'GET', '/auth/userinfo', { token })).status).toBe(200)
  })

  it('§4 refuses a wrong old password with 403 and changes nothing', async () => {
    expect(outcome(await change(ada.token, ada.uid, 'Wr0ng-Granite!', newPassword))).toStrictEqual(wrongOld)
    expect(outcome(await change(ada.token, ada.uid, '', newPassword))).toStrictEqual(wrongOld)
    expect((await signIn(ada)).status).toBe(200)
  })

  it('§4 refuses an unknown uid to an administrator as a wrong password, not as unknown', async () => {
    for (const uid of [randomUUID(), 'nobody']) {
      expect(outcome(await change(await adminToken(), uid, goodPassword, newPassword))).toStrictEqual(wrongOld)
      expect(outcome(await change(await adminToken(), uid, goodPassword, 'weak'))).toStrictEqual(invalidPassword)
    }
  })

  it.each([
    '',
    'short1!',
    'gr4nite-tower!',
    'GR4NITE-TOWER!',
    'Granite-Tower!',
    'Gr4niteTower',
    `Gr4nite!${'x'.repeat(65)}`,
  ])('§4 refuses the new password "%s" with 400, before it checks the old one', async (weak) => {
    expect(outcome(await change(ada.token, ada.uid, goodPassword, weak))).toStrictEqual(invalidPassword)
    expect(outcome(await change(ada.token, ada.uid, 'Wr0ng-Granite!', weak))).toStrictEqual(invalidPassword)
  })

  it('§4 refuses another player with 403, before anything else', async () => {
    for (const uid of [ada.uid, randomUUID()]) {
      for (const wish of [newPassword, 'weak']) {
        const answer = await change(bob.token, uid, goodPassword, wish)
        expect(outcome(answer)).toStrictEqual(forbidden)
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
      }
    }
  })

  it('§2 refuses missing fields and values that are no strings with 422, and never echoes a password', async () => {
    const path = `/auth/accounts/${ada.uid}/changePassword`
    for (const { token } of [ada, bob]) {
      expectInvalid(await call(door, 'POST', path, { token, json: {} }), 'body.old_password', 'body.new_password')
      for (const [json, place] of [
        [{ old_password: goodPassword }, 'body.new_password'],
        [{ new_password: newPassword }, 'body.old_password'],
        [{ old_password: goodPassword, new_password: [newPassword] }, 'body.new_password'],
        [{ old_password: { goodPassword }, new_password: newPassword }, 'body.old_password'],
        [{ old_password: null, new_password: newPassword }, 'body.old_password'],
      ] as const) {
        const answer = await call(door, 'POST', path, { token, json })
        expectInvalid(answer, place)
        expect(answer.text).not.toContain(goodPassword)
        expect(answer.text).not.toContain(newPassword)
      }
    }
  })
})

it('§13 does not cut a long password: its first 72 bytes are not enough', async () => {
  const password = `Gr4nite!${'x'.repeat(64)}`
  const carl = await registerPlayer({ password })
  expect((await signIn({ ...carl, password: `${password}y` })).status).toBe(401)
  expect((await signIn({ ...carl, password: password.slice(0, -1) })).status).toBe(401)
  expect((await signIn(carl)).status).toBe(200)
})
