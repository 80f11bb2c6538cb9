import { randomBytes } from 'node:crypto'
import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, storedDigestOf } from '../src/api-keys/api-key.ts'
import { findByDigest, sweepKeys } from '../src/api-keys/api-key-store.ts'
import { beginPatiently, startIdentity, type TestIdentity } from './support.ts'

const noon = Date.UTC(2026, 5, 1, 12)
const dayMs = 86_400_000
const clock = { time: noon, now: () => new Date(clock.time) }
const superadmin = { kind: 'account', uid: newId<AccountId>(), address: '', level: 0 } as const

let started: TestIdentity
beforeAll(async () => {
  started = await startIdentity({}, { clock })
  await started.service.start()
})
afterAll(() => started.stop())

let email: string
let address: string
beforeEach(() => {
  clock.time = noon
  email = `${randomBytes(8).toString('hex')}@gmail.com`
  address = `192.0.2.${randomBytes(1)[0]}`
})

type Json = Record<string, unknown>

async function ask(path: string, json: unknown, method: 'POST' | 'DELETE' | 'GET' = 'POST') {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address }
  const { status, body } = await started.service.inject({
    method,
    path,
    headers,
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const read: Json = JSON.parse(body)
  return { status, body: read }
}
const person = (more: Json = {}): Json => ({
  'First Name': 'Michael',
  'Last Name': 'Vandans',
  email,
  Password: 'pythonnn',
  ...more,
})
const register = (more: Json = {}) => ask('/users/api/v1/register', person(more))
const see = (more: Json = {}) => ask('/gdpr/api/v1/gdpr1', { email, password: 'pythonnn', ...more })
const remove = (more: Json = {}) => ask('/gdpr/api/v1/gdpr2', { email, password: 'pythonnn', ...more }, 'DELETE')

async function newKey(more: Json = {}): Promise<string> {
  const { status, body } = await register(more)
  expect(status, JSON.stringify(body)).toBe(200)
  return String(body['API Key'])
}
const keyOf = (text: string) =>
  findByDigest(started.testDatabase.database.db, storedDigestOf(digestOf(text), started.masterKey), clock.now())
async function uidOf(text: string): Promise<AccountId> {
  const key = await keyOf(text)
  if (!key) throw new TypeError('there is no such key')
  return key.uid
}

describe('registration', () => {
  it('S-19, S-40, S-41 gives a key of 40 characters for thirty days and the rest of the last one', async () => {
    const { status, body } = await register()
    expect(status).toBe(200)
    expect(body).toEqual({ 'API Key': expect.stringMatching(/^[\w-]{40}$/), 'Expiration Date': '2026-07-01' })
    const key = await keyOf(String(body['API Key']))
    expect(key).toMatchObject({ scopes: ['pictures:download', 'pictures:upload'], networks: [`${address}/32`] })
    expect(key?.expiresAt).toEqual(new Date('2026-07-02T00:00:00Z'))
  })

  it('S-16 takes both spellings of address and password', async () => {
    const { email: _, Password: __, ...names } = person()
    expect((await ask('/users/api/v1/register', { ...names, Email: email, password: 'pythonnn' })).status).toBe(200)
  })

  it.each<[string, Json]>([
    ['S-1a a common password', { Password: 'football' }],
    ['S-18 a common password in its own case', { Password: 'password' }],
    ['S-1b a short password', { Password: 'python' }],
    ['no address', { email: 'michaelgmail.com' }],
    ['S-17 an address that no server has', { email: 'michael@gmail..com' }],
    ['S-17 an address of 101 characters', { email: `${'a'.repeat(91)}@gmail.com` }],
    ['S-17 an empty name', { 'First Name': '' }],
    ['S-17 a name of 101 characters', { 'Last Name': 'a'.repeat(101) }],
    ['a name with NUL', { 'Last Name': 'a\0b' }],
  ])('refuses %s with 422, and does not say which', async (_what, more) => {
    const { status, body } = await register(more)
    expect([status, body['code']]).toEqual([422, 'registration-refused'])
    expect(body['Error:']).toBe(body['Error'])
  })

  it.each<[string, unknown]>([
    ['no body', undefined],
    ['a list', []],
    ['a name that is a number', person({ 'First Name': 5 })],
    ['a password that is a number', person({ Password: 12_345_678 })],
    ['no password', person({ Password: undefined })],
    ['no last name', person({ 'Last Name': undefined })],
  ])('S-F8, S-F13 refuses %s with 422 and says why', async (_what, json) => {
    const { status, body } = await ask('/users/api/v1/register', json)
    expect(status).toBe(422)
    expect(body).toEqual({ 'Error:': expect.any(String), Error: body['Error:'], code: 'invalid' })
  })

  it('S-42 binds a key to the network of 64 bits of an IPv6 address', async () => {
    address = '2001:db8:1:2:3:4:5:6'
    expect((await keyOf(await newKey()))?.networks).toEqual(['2001:db8:1:2::/64'])
  })

  it('S-F1 S-C6 S-C8 keeps a digest of the key alone, and never the password', async () => {
    const text = await newKey()
    const { db } = started.testDatabase.database
    const rows = JSON.stringify([
      await db.selectFrom('api_key_secret').selectAll().execute(),
      await db.selectFrom('account').select(['username', 'email', 'password_hash']).execute(),
    ])
    expect(rows).not.toContain(text)
    expect(rows).not.toContain('pythonnn')
  })
})

describe('S-21, S-45 registering again', () => {
  it('gives another key by the right password, whatever the case of the address, and the names of now', async () => {
    const first = await newKey()
    const second = await newKey({ email: email.toUpperCase(), 'First Name': 'Mike' })
    expect(second).not.toBe(first)
    expect(await uidOf(second)).toBe(await uidOf(first))
    expect((await see()).body).toMatchObject({
      Reg_Name: 'Mike',
      Reg_Authentication_Key: expect.stringMatching(/^.{6}\*{34}$/),
    })
  })

  it('by a wrong one is refused like any bad input', async () => {
    await newKey()
    const wrong = await register({ Password: 'pythonnm' })
    expect(wrong).toEqual(await register({ Password: 'python' }))
  })

  it('is slowed after twenty wrong ones', async () => {
    await newKey()
    for (let index = 0; index < 21; index += 1) {
      expect((await register({ Password: 'pythonnm' })).status).toBe(422)
    }
    expect((await register()).status).toBe(429)
  })

  it('keeps ten keys, and ends the oldest', async () => {
    const keys: string[] = []
    for (let index = 0; index < 11; index += 1) {
      clock.time = noon + index * 1000
      keys.push(await newKey())
    }
    const known = await Promise.all(keys.map(async (text) => (await keyOf(text)) !== undefined))
    expect(known).toEqual([false, ...Array.from({ length: 10 }, () => true)])
  })

  it('at once, with an address that is new, makes one account', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => newKey()))
    expect(new Set(await Promise.all(keys.map(uidOf))).size).toBe(1)
  })

  it('gives a key to who has an account from elsewhere, and not to who has a second factor', async () => {
    const { accounts } = started.identity
    const username = `p${newId().slice(0, 8)}`
    const by = { kind: 'anonymous', address } as const
    const { uid } = await accounts.register({ username, email, password: 'Correct-Horse7!' }, 'market', by)
    expect(await uidOf(await newKey({ Password: 'Correct-Horse7!' }))).toBe(uid)
    const { db } = started.testDatabase.database
    await db.updateTable('account').set({ has_second_factor: true }).where('uid', '=', uid).execute()
    expect((await register({ Password: 'Correct-Horse7!' })).status).toBe(422)
    expect((await see({ password: 'Correct-Horse7!' })).status).toBe(401)
  })
})

describe('S-43 a key that has run out', () => {
  it('is remembered for a while, and its account for good', async () => {
    const text = await newKey()
    const { db } = started.testDatabase.database
    clock.time = noon + 31 * dayMs
    await sweepKeys(db, clock.now(), 1000)
    expect(await keyOf(text)).toBeDefined()
    clock.time = noon + 121 * dayMs
    await sweepKeys(db, clock.now(), 1000)
    expect(await keyOf(text)).toBeUndefined()
    expect((await see()).body).toMatchObject({ Reg_Authentication_Key: null, Reg_Expiration_Date: null })
  })
})

describe('S-36 seeing my data', () => {
  it('S-F3 S-C8 shows everything but the password and the whole key', async () => {
    const text = await newKey()
    const { status, body } = await see()
    expect(status).toBe(200)
    expect(body).toEqual({
      Reg_Id: expect.any(Number),
      Reg_Name: 'Michael',
      Reg_LastName: 'Vandans',
      Reg_Email: email,
      Reg_Authentication_Key: text.slice(0, 6) + '*'.repeat(34),
      Reg_Expiration_Date: '2026-07-01',
      Reg_Last_Access_Ip: address,
      Reg_Is_Blocked: false,
    })
    await newKey()
    expect((await see()).body['Reg_Id']).toBe(body['Reg_Id'])
  })

  it('S-44 also of somebody who is blocked', async () => {
    await started.identity.accounts.suspend(await uidOf(await newKey()), superadmin)
    expect((await see()).body).toMatchObject({ Reg_Is_Blocked: true })
    expect((await register()).status).toBe(422)
  })

  it.each<[string, Json]>([
    ['S-3a no address', { email: 'michaelgmail.com' }],
    ['an address with NUL', { email: 'a\0@gmail.com' }],
    ['no address at all', { email: undefined }],
    ['an empty password', { password: '' }],
    ['a password that is a number', { password: 5 }],
  ])('S-35 refuses %s with 422', async (_what, more) => {
    const { status, body } = await see(more)
    expect([status, typeof body['Error:']]).toEqual([422, 'string'])
  })

  it('S-F5 refuses an unknown address, a wrong password and who is not registered here alike', async () => {
    await newKey()
    const wrong = await see({ password: 'py' })
    expect([wrong.status, wrong.body['code']]).toEqual([401, 'wrong-credentials'])
    expect(await see({ email: `nobody-${email}` })).toEqual(wrong)
    const username = `p${newId().slice(0, 8)}`
    const stranger = { username, email: `${username}@gmail.com`, password: 'Correct-Horse7!' }
    await started.identity.accounts.register(stranger, 'market', { kind: 'anonymous', address })
    expect(await see({ email: stranger.email, password: stranger.password })).toEqual(wrong)
  })

  it('S-F4 is slowed after twenty wrong passwords, for unknown addresses too', async () => {
    await newKey()
    for (const asked of [email, `nobody-${email}`]) {
      const answers = await Promise.all(Array.from({ length: 22 }, () => see({ email: asked, password: 'wrong-one' })))
      expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    }
  })
})

describe('S-37 removing my data', () => {
  it.each(['DELETE', 'POST'] as const)('by %s removes the account that serves nothing else', async (method) => {
    const text = await newKey()
    const uid = await uidOf(text)
    const gone = await ask('/gdpr/api/v1/gdpr2', { email, Password: 'pythonnn' }, method)
    expect([gone.status, Object.keys(gone.body)]).toEqual([200, ['Info']])
    expect(await keyOf(text)).toBeUndefined()
    expect((await see()).status).toBe(401)
    await expect(started.identity.accounts.read(uid)).rejects.toThrow('Account not found')
  })

  it('does not get around a block that is set while it is under way', async () => {
    await newKey()
    const { pool } = started.testDatabase.database
    const administrator = await pool.connect()
    await administrator.query(beginPatiently)
    await administrator.query('update account set suspended_at = now() where email = $1', [email])
    const removing = remove()
    const waiting = async () => {
      const { rows } = await pool.query(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return rows[0].n
    }
    try {
      await expect.poll(waiting).toBe(1)
    } finally {
      await administrator.query('commit')
      administrator.release()
    }
    expect(await removing).toMatchObject({ status: 422, body: { code: 'nothing-removed' } })
    expect((await see()).body['Reg_Is_Blocked']).toBe(true)
  })

  it('leaves an account that serves something else, without what was known here', async () => {
    const username = `p${newId().slice(0, 8)}`
    const password = 'Correct-Horse7!'
    const { uid } = await started.identity.accounts.register({ username, email, password }, 'market', {
      kind: 'anonymous',
      address,
    })
    const text = await newKey({ Password: password })
    expect((await remove({ password })).status).toBe(200)
    expect(await keyOf(text)).toBeUndefined()
    expect((await see({ password })).status).toBe(401)
    expect((await started.identity.accounts.read(uid)).username).toBe(username)
  })

  it('S-3b is refused with 401 by a wrong password', async () => {
    await newKey()
    const { status, body } = await remove({ password: 'py' })
    expect([status, typeof body['Error:']]).toEqual([401, 'string'])
  })

  it('is refused with 422 to somebody who is blocked, or a block would not last', async () => {
    await started.identity.accounts.suspend(await uidOf(await newKey()), superadmin)
    const { status, body } = await remove()
    expect([status, typeof body['Error']]).toEqual([422, 'string'])
  })
})

describe('S-34 the demo key', () => {
  it('S-4a is told to anybody', async () => {
    const { status, body } = await ask('/demo-key/api/v1/demo_key', undefined, 'GET')
    expect([status, body]).toEqual([200, { 'API Key': 'Demo_Key_SFA_Trial' }])
  })
})
