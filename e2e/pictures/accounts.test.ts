import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Answer, callPath, objectOf, textOf } from '../support/http.ts'

let email: string
beforeEach(() => {
  email = `michael.${randomBytes(6).toString('hex')}@gmail.com`
})

const ask = (method: string, path: string, json?: unknown): Promise<Answer> =>
  callPath('public', method, path, json === undefined ? {} : { json })
const register = (more: object = {}, path = '/users/api/v1/register') =>
  ask('POST', path, { 'First Name': 'Michael', 'Last Name': 'Vandans', email, Password: 'pythonnn', ...more })
const see = (more: object = {}) => ask('POST', '/gdpr/api/v1/gdpr1', { email, password: 'pythonnn', ...more })

/** The day in thirty days, UTC. */
const lastDay = (): string => new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)

describe('the recorded scenarios', () => {
  it.each([
    ['S-1a a common password', 'football'],
    ['S-1b a short password', 'python'],
  ])('%s is refused', async (_what, password) => {
    const { status, body } = await register({ Password: password })
    expect([status, objectOf(body)['Error:']]).toEqual([422, expect.any(String)])
  })

  it('S-1c a good password gives a key of 40 characters for thirty days', async () => {
    const days = [lastDay()]
    const answer = await register()
    days.push(lastDay())
    expect(answer.status, answer.text).toBe(200)
    expect(textOf(answer, 'API Key')).toHaveLength(40)
    expect(days).toContain(textOf(answer, 'Expiration Date'))
  })

  it('S-3a an address that is none is refused', async () => {
    const { status, body } = await see({ email: 'michaelgmail.com' })
    expect([status, objectOf(body)['Error:']]).toEqual([422, expect.any(String)])
  })

  it('S-3b a wrong password removes nothing', async () => {
    await register()
    const { status, body } = await ask('DELETE', '/gdpr/api/v1/gdpr2', { email, password: 'py' })
    expect([status, objectOf(body)['Error:']]).toEqual([401, expect.any(String)])
    expect((await see()).status).toBe(200)
  })

  it('S-4a the demo key is told to anybody', async () => {
    const { status, body } = await ask('GET', '/demo-key/api/v1/demo_key')
    expect([status, body]).toEqual([200, { 'API Key': 'Demo_Key_SFA_Trial' }])
  })

  it('S-5a, S-5b, S-C3, S-C4 a name that is SQL is kept and shown as it is', async () => {
    const name = 'SELECT Reg_Name FROM [SFA_DB].[dbo].[TB_SFA_Registration]'
    expect((await register({ 'First Name': name })).status).toBe(200)
    const { status, body } = await see()
    expect([status, objectOf(body)['Reg_Name']]).toEqual([200, name])
  })
})

describe('the description of the routes', () => {
  it('S-6 S-16 S-35 has examples that work as they are written', async () => {
    const { body: described } = await ask('GET', '/swagger.json')
    const exampleOf = (path: string, method: string): unknown =>
      ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema', 'examples', '0'].reduce(
        (at: unknown, name) => Reflect.get(Object(at), name),
        described,
      )
    const statuses = []
    for (const [method, path] of [
      ['post', '/users/api/v1/register'],
      ['post', '/gdpr/api/v1/gdpr1'],
      ['delete', '/gdpr/api/v1/gdpr2'],
    ] as const) {
      statuses.push((await ask(method.toUpperCase(), path, exampleOf(path, method))).status)
    }
    expect(statuses).toEqual([200, 200, 200])
  })
})

describe('S-2 S-10 S-13 S-14 S-15 S-F13 the paths that clients know', () => {
  it.each([
    '/users/api/v1/register',
    '/Users/api/v1/register',
    '/pictures/api/v1/register',
    '/Pictures/API/v1/Register',
  ])('%s registers', async (path) => {
    expect((await register({}, path)).status).toBe(200)
  })

  it.each([
    '/demo-key/api/v1/demo_key',
    '/Demo%20Key/api/v1/demo_key',
    '/demo%20key/api/v1/demo_key',
    '/pictures/api/v1/demo_key',
  ])('%s tells the demo key', async (path) => {
    expect((await ask('GET', path)).status).toBe(200)
  })

  it.each(['/gdpr/api/v1/gdpr1', '/GDPR/api/v1/gdpr1', '/pictures/api/v1/gdpr1'])('%s shows data', async (path) => {
    await register()
    expect((await ask('POST', path, { email, Password: 'pythonnn' })).status).toBe(200)
  })

  it.each([
    ['DELETE', '/gdpr/api/v1/gdpr2'],
    ['DELETE', '/GDPR/api/v1/gdpr2'],
    ['DELETE', '/pictures/api/v1/gdpr2'],
    ['POST', '/gdpr/api/v1/gdpr2'],
  ])('S-F4 %s %s removes data', async (method, path) => {
    await register()
    expect((await ask(method, path, { email, password: 'pythonnn' })).status).toBe(200)
    expect((await see()).status).toBe(401)
  })

  it('and no other: what is unknown is a 404, a wrong method a 405', async () => {
    expect((await ask('GET', '/Users/api/v1/nothing')).status).toBe(404)
    expect((await ask('GET', '/Users/api/v1/register')).status).toBe(405)
  })
})

describe('keys', () => {
  it('S-34 the demo key is good for no route that does not say so', async () => {
    const headers = { 'X-API-KEY': 'Demo_Key_SFA_Trial' }
    expect((await callPath('public', 'GET', '/v1/wallet/balances', { headers })).status).toBe(401)
  })

  it('S-42 a key is for pictures alone', async () => {
    const headers = { 'X-API-KEY': textOf(await register(), 'API Key') }
    expect((await callPath('public', 'GET', '/v1/wallet/balances', { headers })).status).toBe(403)
  })

  it('S-F8 S-C10 bodies that are none of these end in 422, never in 500', async () => {
    for (const json of [null, [], 'text', 5, { email: {} }, { 'First Name': null }]) {
      expect((await ask('POST', '/users/api/v1/register', json)).status).toBe(422)
      expect((await ask('DELETE', '/gdpr/api/v1/gdpr2', json)).status).toBe(422)
    }
    expect((await ask('DELETE', '/gdpr/api/v1/gdpr2')).status).toBe(422)
  })
})
