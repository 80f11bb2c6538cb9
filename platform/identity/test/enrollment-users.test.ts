import { pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { createMetrics } from '@sallyport/service'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { credentialOf, fromGateway, startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
let root: string
let plain: string
const metrics = createMetrics()
beforeAll(async () => {
  one = await startIdentity(undefined, {
    metrics,
    passwordHashing: { newHashes: { algorithm: 'pbkdf2_sha256', pbkdf2Iterations: 260_000 } },
  })
  await one.service.start()
  await one.identity.accounts.registerAdministrator({ username: 'root', email: 'root@example.org', password: strong })
  root = await token('root')
  const person = { username: 'player', email: 'player@example.org', password: strong }
  await one.identity.accounts.register(person, 'market', { kind: 'anonymous', address: '' })
  plain = await token('player')
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const strong = 'Correct-Horse7!'
const password = 'correct horse'
let count = 0
const newName = () => `ada.${(count += 1)}`

async function ask(path: string, body: unknown, headers: Record<string, string> = {}) {
  const reply = await one.service.inject({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const parsed: unknown = JSON.parse(reply.body)
  return { status: reply.status, headers: reply.headers, body: parsed }
}

const register = (more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  ask('/api/users', { username: newName(), password, roles: ['student'], ...more }, headers)
const logIn = (username: unknown, secret: unknown = password, headers = fromGateway()) =>
  ask('/api/login', { username, password: secret }, headers)

/** Of the market, where administrators sign in as well. */
async function token(username: string): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ username, password: strong }).toString()
  const reply = await one.service.inject({ method: 'POST', path: '/api/auth/token', headers, body })
  return String(JSON.parse(reply.body).access_token)
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

async function hashesSoFar(): Promise<number> {
  const [, count = '0'] = /_finished_total\{task="verify"\} (\d+)/.exec(await metrics.metrics()) ?? []
  return Number(count)
}

function error(code: string) {
  return { error: { code, message: expect.any(String) } }
}

async function stored(username: string): Promise<string> {
  const { rows } = await one.testDatabase.database.pool.query('select password_hash from account where username = $1', [
    username,
  ])
  return String(rows[0].password_hash)
}

async function overwrite(username: string, hash: string): Promise<void> {
  await one.testDatabase.database.pool.query('update account set password_hash = $2 where username = $1', [
    username,
    hash,
  ])
}

describe('POST /api/users', () => {
  it('E-13 E-14 registers a user under the name in lower case, and says where', async () => {
    const name = newName()
    const answer = await register({ username: name.toUpperCase(), roles: ['student', 'student'] })
    expect(answer).toMatchObject({ status: 201, body: { username: name, roles: ['student'] } })
    expect(answer.headers['location']).toBe(`/api/users/${name}`)
  })

  it('E-14 E-17 gives a name once, whatever its case', async () => {
    const username = newName()
    await register({ username })
    expect(await register({ username: username.toUpperCase() })).toMatchObject({
      status: 409,
      body: error('username_taken'),
    })
    expect(await register({ username: 'PLAYER' })).toMatchObject({ status: 409 })
  })

  it('E-17 T-14 gives a name to one of twenty who ask at once', async () => {
    const username = newName()
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => register({ username })))).map(
      ({ status }) => status,
    )
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(19)
    const { rows } = await one.testDatabase.database.pool.query(
      `select array_agg(role order by role) as roles from account join account_role using (uid) where username = $1`,
      [username],
    )
    expect(rows).toEqual([{ roles: ['student', 'user'] }])
  })

  it.each([
    ['a name that is too short', { username: 'ab' }],
    ['a name with other characters', { username: 'ada lovelace' }],
    ['a name shaped like a UUID', { username: '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11' }],
    ['a name shaped like an e-mail address', { username: 'ada@example.org' }],
    ['a short password', { password: 'seven77' }],
    ['a common password', { password: 'football' }],
    ['a password that is too long', { password: 'x'.repeat(1025) }],
    ['half a character in a password', { password: 'correct\ud800horse' }],
    ['no roles', { roles: [] }],
    ['an unknown role', { roles: ['dean'] }],
    ['a role in capital letters', { roles: ['Student'] }],
    ['roles that are no list', { roles: 'student' }],
    ['an administrator’s role', { roles: ['admin'] }],
    ['a name that is no text', { username: 7 }],
    ['an unknown field', { email: 'ada@example.org' }],
  ])('E-13 E-14 E-50 answers 422 to %s', async (_, more) => {
    const { status, body } = await register(more)
    expect({ status, body }).toEqual({ status: 422, body: error(expect.any(String)) })
    expect(JSON.stringify(body)).not.toContain(String(Reflect.get(more, 'password') ?? 'nothing secret'))
  })

  it('E-50 answers 422 to a missing field, 400 to what is no JSON, 413 to what is too long', async () => {
    expect(await ask('/api/users', { username: newName(), password })).toMatchObject({ status: 422 })
    expect(await ask('/api/users', '{"username":')).toMatchObject({ status: 400, body: error('malformed_json') })
    expect(await register({ username: 'x'.repeat(65 * 1024) })).toMatchObject({ status: 413, body: error('too_large') })
  })

  it('E-15 makes instructors and registrars for administrators alone', async () => {
    for (const roles of [['instructor'], ['registrar'], ['student', 'registrar']]) {
      const refused = { status: 403, body: error('forbidden') }
      expect(await register({ roles })).toMatchObject(refused)
      expect(await register({ roles }, bearer(plain))).toMatchObject(refused)
      expect(await register({ roles }, bearer('no token'))).toMatchObject(refused)
      expect(await register({ roles }, bearer(root))).toMatchObject({ status: 201, body: { roles } })
    }
    expect(await register({}, bearer('no token'))).toMatchObject({ status: 201 })
  })

  it('E-15 does not take a token for an administrator’s whose owner is none any more', async () => {
    const { accounts } = one.identity
    const person = { username: 'second', email: 'second@example.org', password: strong }
    const { uid } = await accounts.registerAdministrator(person)
    const second = await token('second')
    await one.testDatabase.database.pool.query('delete from account_role where uid = $1', [uid])
    expect(await register({ roles: ['registrar'] }, bearer(second))).toMatchObject({ status: 403 })
  })

  it('E-9 E-10 asks no other service, and works without them', async () => {
    const receivers = [one.wallet, one.gacha, one.auction]
    const before = receivers.map(({ heard }) => heard.length)
    const username = newName()
    for (const receiver of receivers) receiver.away = true
    try {
      expect(await register({ username })).toMatchObject({ status: 201 })
      expect(await logIn(username)).toMatchObject({ status: 200 })
    } finally {
      for (const receiver of receivers) receiver.away = false
    }
    expect(receivers.map(({ heard }) => heard.length)).toEqual(before)
  })
})

describe('POST /api/login', () => {
  it('E-23 gives unsigned claims to the gateway alone', async () => {
    const username = newName()
    await register({ username })
    expect((await logIn(username)).status).toBe(200)
    for (const [who, headers] of [
      ['nobody', {}],
      ['another service', { 'x-gateway-credential': credentialOf('wallet') }],
      ['the gateway for somebody else', { 'x-gateway-credential': credentialOf('gateway', 'wallet') }],
      ['somebody with a token', { 'x-gateway-credential': root }],
      ['the gateway elsewhere in the request', bearer(credentialOf('gateway'))],
      ['no token', { 'x-gateway-credential': 'x' }],
    ] as const) {
      const answer = await logIn(username, password, headers)
      expect([who, answer]).toMatchObject([who, { status: 401, body: error('unauthenticated') }])
    }
  })

  it('E-24 E-25 T-2 answers claims, none of which has ever been there before', async () => {
    const username = newName()
    await register({ username, roles: ['student', 'instructor'] }, bearer(root))
    const before = Math.floor(Date.now() / 1000)
    const answers = [await logIn(username), await logIn(username.toUpperCase())].map(({ body }) => body)
    const { uid } = await one.identity.accounts.findByUsername(username)
    const uuid = expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    const refresh_token = {
      aud: 'krakend.local.gd',
      iss: 'auth.local.gd',
      sub: uid,
      username,
      jti: uuid,
      sid: uuid,
      iat: expect.any(Number),
      exp: expect.any(Number),
    }
    const ids = new Set<unknown>()
    for (const answer of answers) {
      expect(answer).toEqual({
        access_token: { ...refresh_token, roles: ['instructor', 'student'] },
        refresh_token,
        exp: expect.any(Number),
      })
      const { access_token: access, refresh_token: refresh, exp } = Object(answer)
      expect(access.exp).toBe(access.iat + 20 * 60)
      expect(exp).toBe(access.exp)
      expect(refresh.exp).toBe(access.exp)
      expect(access.iat).toBeGreaterThanOrEqual(before)
      expect(access.sid).toBe(refresh.sid)
      for (const id of [access.jti, refresh.jti, access.sid]) ids.add(id)
    }
    expect(ids.size).toBe(6)
  })

  it('E-25 names the roles of the enrollment system alone', async () => {
    const answer = await logIn('player', strong)
    expect(answer).toMatchObject({ status: 200, body: { access_token: { username: 'player', roles: [] } } })
  })

  it('E-64 says which copy has decided, also when it refuses', async () => {
    const username = newName()
    await register({ username })
    expect((await logIn(username)).headers['x-replica']).toBe('primary')
    expect((await logIn(username, 'wrong horse')).headers['x-replica']).toBe('primary')
  })

  it('E-16 T-14 refuses an unknown user and a wrong password in the same words', async () => {
    const username = newName()
    await register({ username })
    const wrong = await logIn(username, 'wrong horse')
    expect(wrong).toMatchObject({ status: 401, body: error('invalid_credentials') })
    for (const name of [newName(), 'a', `${username}\u0000`, 'ada@example.org', 'x'.repeat(1000)])
      expect((await logIn(name)).body).toEqual(wrong.body)
  })

  it('E-16 T-14 does the same work for an unknown user as for a wrong password', async () => {
    const username = newName()
    await register({ username })
    const hashesOf = async (login: () => Promise<unknown>) => {
      const before = await hashesSoFar()
      await login()
      return (await hashesSoFar()) - before
    }
    expect(await hashesOf(() => logIn(username, 'wrong horse'))).toBe(1)
    expect(await hashesOf(() => logIn(newName()))).toBe(1)
  })

  it.each([
    {},
    { username: 'ada' },
    { username: 'ada', password: 7 },
    { username: 'ada', password, roles: [] },
    [],
    null,
  ])('E-50 answers 422 to %j', async (body) =>
    expect(await ask('/api/login', body, fromGateway())).toMatchObject({ status: 422 }),
  )

  it('E-50 answers 400 to what is no JSON, and 404 and 405 in the same words', async () => {
    expect(await ask('/api/login', 'username=ada', fromGateway())).toMatchObject({
      status: 400,
      body: error('malformed_json'),
    })
    expect(await ask('/api/login/ada', {})).toMatchObject({ status: 404, body: error('not_found') })
    const reply = await one.service.inject({ method: 'GET', path: '/api/login?username=ada&password=x', headers: {} })
    expect(reply).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  })

  it('refuses whoever is suspended or gone, or has a second factor, as it refuses a wrong password', async () => {
    const wrong = (await logIn('player', 'wrong horse')).body
    const refused = { status: 401, body: wrong }
    const root = { kind: 'operator', level: 0 } as const
    const username = newName()
    await register({ username })
    const { uid } = await one.identity.accounts.findByUsername(username)
    await one.identity.accounts.suspend(uid, root)
    expect(await logIn(username)).toMatchObject(refused)
    await one.identity.accounts.resume(uid, root)
    expect(await logIn(username)).toMatchObject({ status: 200 })
    const { pool } = one.testDatabase.database
    await pool.query('update account set has_second_factor = true where uid = $1', [uid])
    expect(await logIn(username)).toMatchObject(refused)
    await pool.query('update account set has_second_factor = false where uid = $1', [uid])
    await one.identity.accounts.remove(uid, root)
    expect(await logIn(username)).toMatchObject(refused)
  })

  it('E-14 takes passwords of any characters, to the letter', async () => {
    for (const secret of ['pässwörd', 'ü'.repeat(1024), ' '.repeat(8), '😀'.repeat(8)]) {
      const username = newName()
      expect(await register({ username, password: secret })).toMatchObject({ status: 201 })
      expect(await logIn(username, secret)).toMatchObject({ status: 200 })
    }
    const username = newName()
    await register({ username, password: 'pässwörd'.normalize('NFC') })
    expect(await logIn(username, 'pässwörd'.normalize('NFD'))).toMatchObject({ status: 401 })
  })
})

describe('stored passwords', () => {
  /** As Django's hasher does it, made of nothing of ours. */
  function checks(secret: string, record: string): boolean {
    const [algorithm = '', iterations = '', salt = '', hash = ''] = record.split('$')
    const key = pbkdf2Sync(Buffer.from(secret), Buffer.from(salt), Number(iterations), 32, 'sha256')
    return algorithm === 'pbkdf2_sha256' && timingSafeEqual(key, Buffer.from(hash, 'base64'))
  }

  it('E-18 E-19 T-2 T-3 are accepted by an independent checker', async () => {
    for (const secret of ['correct horse', 'pässwörd', '密码是这个密码吗']) {
      const username = newName()
      await register({ username, password: secret })
      const record = await stored(username)
      expect(record).toMatch(/^pbkdf2_sha256\$260000\$[\da-f]{32}\$[A-Za-z\d+/]{43}=$/)
      expect(checks(secret, record)).toBe(true)
      expect(checks(`${secret}!`, record)).toBe(false)
    }
  })

  it.each([
    [
      'correct horse',
      'pbkdf2_sha256$260000$0123456789abcdef0123456789abcdef$61y2gXSD6Y0lj5dtGPaW8LYz7XB7JCWZdne+uUOjfWI=',
    ],
    ['pässwörd', `pbkdf2_sha256$260000$${'0'.repeat(32)}$6NxUD8HnsI9YRsSUIQup1tTj3Cbo2II2d2Gjy8dErDU=`],
    // RFC 7914 §11, its first 32 bytes.
    [
      'passwd',
      `pbkdf2_sha256$1$salt$${Buffer.from('55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc', 'hex').toString('base64')}`,
    ],
  ])('E-22 T-3 of elsewhere sign in: %s', async (secret, record) => {
    const username = newName()
    await register({ username })
    await overwrite(username, record)
    expect(await logIn(username, secret)).toMatchObject({ status: 200 })
    expect(await logIn(username, `${secret}!`)).toMatchObject({ status: 401 })
  })

  it.each([
    '',
    'pbkdf2_sha256$260000$salt',
    'pbkdf2_sha256$260000$salt$not base64!',
    'pbkdf2_sha256$many$salt$61y2gXSD6Y0lj5dtGPaW8LYz7XB7JCWZdne+uUOjfWI=',
    'pbkdf2_sha256$0$salt$61y2gXSD6Y0lj5dtGPaW8LYz7XB7JCWZdne+uUOjfWI=',
    'pbkdf2_sha256$260000$sa$lt$61y2gXSD6Y0lj5dtGPaW8LYz7XB7JCWZdne+uUOjfWI=',
    'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99',
    'plain text',
  ])('E-20 T-3 are no match when they are broken: %j', async (record) => {
    const username = newName()
    await register({ username })
    await overwrite(username, record)
    expect(await logIn(username)).toMatchObject({ status: 401, body: error('invalid_credentials') })
  })
})
