import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, error, newName, password, startEnrollmentUsers, strong } from './enrollment-support.ts'

let on: Awaited<ReturnType<typeof startEnrollmentUsers>>
beforeAll(async () => (on = await startEnrollmentUsers()))
afterAll(() => on.stop())

describe('POST /api/users', () => {
  it('E-13 E-14 registers a user under the name in lower case, and says where', async () => {
    const name = newName()
    const answer = await on.register({ username: name.toUpperCase(), roles: ['student', 'student'] })
    expect(answer).toMatchObject({ status: 201, body: { username: name, roles: ['student'] } })
    expect(answer.headers['location']).toBe(`/api/users/${name}`)
  })

  it('E-14 E-17 gives a name once, whatever its case', async () => {
    const username = newName()
    await on.register({ username })
    expect(await on.register({ username: username.toUpperCase() })).toMatchObject({
      status: 409,
      body: error('username_taken'),
    })
    expect(await on.register({ username: 'PLAYER' })).toMatchObject({ status: 409 })
  })

  it('E-17 T-14 gives a name to one of twenty who ask at once', async () => {
    const username = newName()
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => on.register({ username })))).map(
      ({ status }) => status,
    )
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(19)
    const { rows } = await on.one.testDatabase.database.pool.query(
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
    const { status, body } = await on.register(more)
    expect({ status, body }).toEqual({ status: 422, body: error(expect.any(String)) })
    expect(JSON.stringify(body)).not.toContain(String(Reflect.get(more, 'password') ?? 'nothing secret'))
  })

  it('E-50 answers 422 to a missing field, 400 to what is no JSON, 413 to what is too long', async () => {
    expect(await on.ask('/api/users', { username: newName(), password })).toMatchObject({ status: 422 })
    for (const body of ['{"username":', '', 'username=ada']) {
      expect(await on.ask('/api/users', body)).toMatchObject({ status: 400, body: error('malformed_json') })
    }
    expect(await on.register({ username: 'x'.repeat(65 * 1024) })).toMatchObject({
      status: 413,
      body: error('too_large'),
    })
  })

  it('E-13 E-50 says which role is none', async () => {
    expect((await on.register({ roles: ['student', 'Student'] })).body).toEqual({
      error: { code: 'invalid', message: 'roles.1: must be equal to one of the allowed values' },
    })
  })

  it('E-15 makes instructors and registrars for administrators alone', async () => {
    for (const roles of [['instructor'], ['registrar'], ['student', 'registrar']]) {
      const refused = { status: 403, body: error('forbidden') }
      expect(await on.register({ roles })).toMatchObject(refused)
      expect(await on.register({ roles }, bearer(on.plain))).toMatchObject(refused)
      expect(await on.register({ roles }, bearer('no token'))).toMatchObject(refused)
      expect(await on.register({ roles }, bearer(on.root))).toMatchObject({ status: 201, body: { roles } })
    }
    expect(await on.register({}, bearer('no token'))).toMatchObject({ status: 201 })
  })

  it('E-15 does not take a token for an administrator’s whose owner is none any more', async () => {
    const { accounts } = on.one.identity
    const person = { username: 'second', email: 'second@example.org', password: strong }
    const { uid } = await accounts.registerAdministrator(person)
    const second = await on.token('second')
    await on.one.testDatabase.database.pool.query('delete from account_role where uid = $1', [uid])
    expect(await on.register({ roles: ['registrar'] }, bearer(second))).toMatchObject({ status: 403 })
  })

  it('E-9 E-10 asks no other service, and works without them', async () => {
    const receivers = [on.one.wallet, on.one.gacha, on.one.auction]
    const before = receivers.map(({ heard }) => heard.length)
    const username = newName()
    for (const receiver of receivers) receiver.away = true
    try {
      expect(await on.register({ username })).toMatchObject({ status: 201 })
      expect(await on.logIn(username)).toMatchObject({ status: 200 })
    } finally {
      for (const receiver of receivers) receiver.away = false
    }
    expect(receivers.map(({ heard }) => heard.length)).toEqual(before)
  })
})
