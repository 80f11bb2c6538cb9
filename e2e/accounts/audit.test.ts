import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call, callPath, listOf, objectOf } from '../support/http.ts'
import {
  adminToken,
  adminUid,
  goodPassword,
  type Player,
  registerPlayer,
  signIn,
  uniqueName,
} from '../support/people.ts'

const path = '/v1/audit/events'
const list = async (query = '') => callPath('admin', 'GET', `${path}?${query}`, { token: await adminToken() })
const itemsOf = (answer: Answer) => listOf(objectOf(answer.body)['items'])
const kindsOf = (answer: Answer) => itemsOf(answer).map(({ kind }) => kind)

let ada: Player
beforeAll(async () => {
  ada = await registerPlayer()
})

describe('the audit trail behind the doors', () => {
  it('is for administrators, on their door', async () => {
    expect((await list()).status).toBe(200)
    expect(await callPath('admin', 'GET', path, { token: ada.token })).toMatchObject({
      status: 403,
      headers: { 'content-type': expect.stringContaining('application/problem+json') },
    })
    expect((await callPath('admin', 'GET', path)).status).toBe(401)
    expect((await callPath('admin', 'GET', path, { token: 'x.y.z' })).status).toBe(401)
    for (const token of [await adminToken(), undefined])
      expect((await callPath('public', 'GET', path, token === undefined ? {} : { token })).status).toBe(404)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('takes no %s', async (method) => {
    const json = { kind: 'sign-out' }
    expect((await callPath('admin', method, path, { token: await adminToken(), json })).status).toBe(405)
    expect((await callPath('admin', method, `${path}/1`, { token: await adminToken(), json })).status).toBe(404)
  })

  it('tells the life of an account, with who did what and from where', async () => {
    const bob = await registerPlayer()
    await signIn({ ...bob, password: 'Wrong-Tower-1!' })
    const token = bob.token
    const wrong = { old_password: 'Wrong-Tower-1!', new_password: 'Other-Tower-2!' }
    const change = `/auth/accounts/${bob.uid}/changePassword`
    expect((await call('public', 'POST', change, { token, json: wrong })).status).toBe(403)
    const right = { ...wrong, old_password: goodPassword }
    expect((await call('public', 'POST', change, { token, json: right })).status).toBe(200)
    const other = { username: uniqueName('renamed') }
    expect((await call('public', 'PUT', `/auth/accounts/${bob.uid}`, { token, json: other })).status).toBe(200)
    expect((await call('public', 'POST', '/auth/logout', { token })).status).toBe(200)
    await call('admin', 'DELETE', `/auth/accounts/${bob.uid}`, { token: await adminToken() })

    const life = await list(`subject=${bob.uid}`)
    expect(kindsOf(life)).toEqual([
      'account.deleted',
      'sign-out',
      'account.renamed',
      'password.changed',
      'password.change-refused',
      'sign-in.refused',
      'sign-in.succeeded',
      'account.registered',
    ])
    const [deleted, , , , , refused] = itemsOf(life)
    expect(deleted).toMatchObject({
      actor: { kind: 'account', accountId: await adminUid(), username: 'admin' },
      address: expect.stringMatching(/127\.0\.0\.1|::1/),
      subject: { accountId: bob.uid },
    })
    expect(refused).toMatchObject({ actor: { kind: 'anonymous' }, details: { on: 'market', reason: 'wrong-password' } })
    for (const secret of [
      goodPassword,
      'Wrong-Tower',
      'Other-Tower',
      bob.token,
      bob.email,
      bob.username,
      other.username,
    ])
      expect(life.text).not.toContain(secret)
  })

  it('is filtered by kind, by who did it and by time, and read in pages', async () => {
    for (let failures = 0; failures < 3; failures += 1) await signIn({ ...ada, password: 'Wrong-Tower-1!' })
    const own = `subject=${ada.uid}&kind=sign-in.refused`
    const whole = itemsOf(await list(own))
    expect(whole).toHaveLength(3)
    const first = objectOf((await list(`${own}&limit=2`)).body)
    const second = objectOf((await list(`${own}&limit=2&after=${String(first['next'])}`)).body)
    expect([...listOf(first['items']), ...listOf(second['items'])]).toEqual(whole)
    expect(second['next']).toBeNull()
    expect(kindsOf(await list(`actor=${ada.uid}`))).toEqual(['sign-in.succeeded'])
    const [newest, middle] = whole
    const between = await list(`${own}&from=${String(middle?.['at'])}&to=${String(newest?.['at'])}`)
    expect(itemsOf(between)).toEqual([middle])
  })
})
