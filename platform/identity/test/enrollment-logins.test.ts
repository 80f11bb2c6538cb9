import { pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, error, newName, password, startEnrollmentUsers, strong } from './enrollment-support.ts'
import { credentialOf, fromGateway } from './support.ts'

let on: Awaited<ReturnType<typeof startEnrollmentUsers>>
beforeAll(async () => (on = await startEnrollmentUsers()))
afterAll(() => on.stop())

describe('POST /api/login', () => {
  it('E-23 gives unsigned claims to the gateway alone', async () => {
    const username = newName()
    await on.register({ username })
    expect((await on.logIn(username)).status).toBe(200)
    for (const [who, headers] of [
      ['nobody', {}],
      ['another service', { 'x-gateway-credential': credentialOf('wallet') }],
      ['the gateway for somebody else', { 'x-gateway-credential': credentialOf('gateway', 'wallet') }],
      ['somebody with a token', { 'x-gateway-credential': on.root }],
      ['the gateway elsewhere in the request', bearer(credentialOf('gateway'))],
      ['no token', { 'x-gateway-credential': 'x' }],
    ] as const) {
      const answer = await on.logIn(username, password, headers)
      expect([who, answer]).toMatchObject([who, { status: 401, body: error('unauthenticated') }])
    }
  })

  it('E-24 E-25 T-2 answers claims, none of which has ever been there before', async () => {
    const username = newName()
    await on.register({ username, roles: ['student', 'instructor'] }, bearer(on.root))
    const before = Math.floor(Date.now() / 1000)
    const answers = [await on.logIn(username), await on.logIn(username.toUpperCase())].map(({ body }) => body)
    const { uid } = await on.one.identity.accounts.findByUsername(username)
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
    const answer = await on.logIn('player', strong)
    expect(answer).toMatchObject({ status: 200, body: { access_token: { username: 'player', roles: [] } } })
  })

  it('E-64 says which copy has decided, also when it refuses', async () => {
    const username = newName()
    await on.register({ username })
    expect((await on.logIn(username)).headers['x-replica']).toBe('primary')
    expect((await on.logIn(username, 'wrong horse')).headers['x-replica']).toBe('primary')
  })

  it('E-16 T-14 refuses an unknown user and a wrong password in the same words', async () => {
    const username = newName()
    await on.register({ username })
    const wrong = await on.logIn(username, 'wrong horse')
    expect(wrong).toMatchObject({ status: 401, body: error('invalid_credentials') })
    for (const name of [newName(), 'a', `${username}\u0000`, 'ada@example.org', 'x'.repeat(1000)])
      expect((await on.logIn(name)).body).toEqual(wrong.body)
  })

  it('E-16 T-14 does the same work for an unknown user as for a wrong password', async () => {
    const username = newName()
    await on.register({ username })
    const hashesOf = async (login: () => Promise<unknown>) => {
      const before = await on.hashesSoFar()
      await login()
      return (await on.hashesSoFar()) - before
    }
    expect(await hashesOf(() => on.logIn(username, 'wrong horse'))).toBe(1)
    expect(await hashesOf(() => on.logIn(newName()))).toBe(1)
  })

  it.each([
    {},
    { username: 'ada' },
    { username: 'ada', password: 7 },
    { username: 'ada', password, roles: [] },
    [],
    null,
  ])('E-50 answers 422 to %j', async (body) =>
    expect(await on.ask('/api/login', body, fromGateway())).toMatchObject({ status: 422 }),
  )

  it('E-50 answers 400 to what is no JSON, and 404 and 405 in the same words', async () => {
    expect(await on.ask('/api/login', 'username=ada', fromGateway())).toMatchObject({
      status: 400,
      body: error('malformed_json'),
    })
    expect(await on.ask('/api/login/ada', {})).toMatchObject({ status: 404, body: error('not_found') })
    const reply = await on.one.service.inject({
      method: 'GET',
      path: '/api/login?username=ada&password=x',
      headers: {},
    })
    expect(reply).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  })

  it('refuses whoever is suspended or gone, or has a second factor, as it refuses a wrong password', async () => {
    const wrong = (await on.logIn('player', 'wrong horse')).body
    const refused = { status: 401, body: wrong }
    const root = { kind: 'operator', level: 0 } as const
    const username = newName()
    await on.register({ username })
    const { uid } = await on.one.identity.accounts.findByUsername(username)
    await on.one.identity.accounts.suspend(uid, root)
    expect(await on.logIn(username)).toMatchObject(refused)
    await on.one.identity.accounts.resume(uid, root)
    expect(await on.logIn(username)).toMatchObject({ status: 200 })
    const { pool } = on.one.testDatabase.database
    await pool.query('update account set has_second_factor = true where uid = $1', [uid])
    expect(await on.logIn(username)).toMatchObject(refused)
    await pool.query('update account set has_second_factor = false where uid = $1', [uid])
    await on.one.identity.accounts.remove(uid, root)
    expect(await on.logIn(username)).toMatchObject(refused)
  })

  it('E-14 takes passwords of any characters, to the letter', async () => {
    for (const secret of ['pässwörd', 'ü'.repeat(1024), ' '.repeat(8), '😀'.repeat(8)]) {
      const username = newName()
      expect(await on.register({ username, password: secret })).toMatchObject({ status: 201 })
      expect(await on.logIn(username, secret)).toMatchObject({ status: 200 })
    }
    const username = newName()
    await on.register({ username, password: 'pässwörd'.normalize('NFC') })
    expect(await on.logIn(username, 'pässwörd'.normalize('NFD'))).toMatchObject({ status: 401 })
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
      await on.register({ username, password: secret })
      const record = await on.stored(username)
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
    await on.register({ username })
    await on.overwrite(username, record)
    expect(await on.logIn(username, secret)).toMatchObject({ status: 200 })
    expect(await on.logIn(username, `${secret}!`)).toMatchObject({ status: 401 })
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
    await on.register({ username })
    await on.overwrite(username, record)
    expect(await on.logIn(username)).toMatchObject({ status: 401, body: error('invalid_credentials') })
  })
})
