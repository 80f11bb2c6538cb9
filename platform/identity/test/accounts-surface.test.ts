import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
let clivey: Person
let bobby: Person
let sally: Person
let harry: Person

const password = 'Korrekt Pferd Batterie 77'
const nobody = { kind: 'anonymous', address: '' } as const

interface Person {
  readonly uid: AccountId
  readonly username: string
  readonly token: string
}

/** Page size 3, reserved name `admin`; clivey is superadmin, bobby admin, the others users, harry deleted (accounts A-80). */
beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
  clivey = await person('clivey', 'superadmin')
  bobby = await person('bobby', 'admin')
  sally = await person('sally')
  harry = await person('harry')
  for (const name of ['woody', 'mandy', 'mary', 'lucky', 'brüna', '分支持']) await person(name)
  await one.identity.accounts.remove(harry.uid, nobody)
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const sql = (text: string, values: unknown[] = []) => one.testDatabase.database.pool.query(text, values)

async function person(username: string, role = 'user'): Promise<Person> {
  const email = `${Buffer.from(username).toString('hex')}@example.org`
  const { uid } = await one.identity.accounts.register({ username, email, password }, 'accounts', nobody)
  await sql('update account set email_verified_at = now() where uid = $1', [uid])
  await sql('update account_role set role = $2 where uid = $1', [uid, role])
  const { json } = await ask('POST', '/authy/login', { json: { username, password } })
  return { uid, username, token: json.token }
}

interface Asked {
  readonly json?: unknown
  readonly as?: Person
  readonly headers?: Record<string, string>
}

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, { json, as, headers = {} }: Asked = {}) {
  const { status, body } = await one.service.inject({
    method,
    path,
    headers: {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(as && { 'x-access-token': as.token }),
      ...headers,
    },
    ...(json !== undefined && { body: typeof json === 'string' ? json : JSON.stringify(json) }),
  })
  return { status, json: body === '' ? undefined : JSON.parse(body) }
}

const envelope = { message: expect.any(String) }

describe('A-81 the system', () => {
  it('A-20 A-21 A-22 tells what there is, that it runs, and has a limiter', async () => {
    const map = await ask('GET', '/authy')
    expect(map.json.endpoints).toContainEqual({ url: '/authy/user/<public_id>', methods: ['GET', 'PUT', 'DELETE'] })
    expect(await ask('GET', '/authy/status')).toEqual({
      status: 200,
      json: { message: expect.any(String), version: 'test' },
    })
    expect(await ask('GET', '/authy/ratelimited')).toEqual({ status: 429, json: envelope })
  })

  it('A-2 A-4 refuses in one envelope', async () => {
    expect(await ask('GET', '/authy/nothing')).toEqual({ status: 404, json: envelope })
    expect(await ask('POST', '/authy/status', { json: {} })).toEqual({ status: 405, json: envelope })
    expect(await ask('GET', '/authy/status', { headers: { 'content-type': 'text/html' } })).toEqual({
      status: 400,
      json: envelope,
    })
    expect((await ask('POST', '/authy/login', { json: '{"username":' })).status).toBe(400)
  })
})

describe('A-82 logging in', () => {
  it.each(['sally', 'brüna', '分支持'])('A-23 gives %s a token', async (username) => {
    const { status, json } = await ask('POST', '/authy/login', { json: { username, password } })
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
    const answers = await Promise.all(attempts.map((json) => ask('POST', '/authy/login', { json })))
    for (const answer of answers) expect(answer).toEqual({ status: 401, json: answers[0]?.json })
  })

  it.each([
    '"text"',
    { username: 'sally' },
    { username: 'sally', password, more: 1 },
    { username: 'sa', password },
    { username: 'sally', password: 'short' },
  ])('A-23 takes no %j', async (json) => {
    expect((await ask('POST', '/authy/login', { json })).status).toBe(400)
  })

  it('A-50 A-F5 takes base64 under its mark, and refuses what is none', async () => {
    const encoded = Buffer.from(password).toString('base64')
    const logIn = (word: string) =>
      ask('POST', '/authy/login', { json: { username: 'sally', password: word, password_encoding: 'base64' } })
    expect((await logIn(encoded)).status).toBe(200)
    for (const word of ['not base64!', Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa]).toString('base64')])
      expect((await logIn(word)).status, word).toBe(400)
  })
})

describe('A-83 tokens', () => {
  it('A-5 A-8 meets 401 without one, with junk, with too little power, and after deletion', async () => {
    expect(await ask('GET', '/authy/user')).toEqual({ status: 401, json: envelope })
    expect((await ask('GET', '/authy/user', { as: { ...sally, token: 'junk' } })).status).toBe(401)
    expect(await ask('GET', '/authy/users', { as: sally })).toEqual({ status: 401, json: envelope })
    expect((await ask('GET', '/authy/user', { as: harry })).status).toBe(401)
  })

  it('A-18 meets 401 without any role', async () => {
    const lost = await person('lost')
    await sql('delete from account_role where uid = $1', [lost.uid])
    expect((await ask('GET', '/authy/user', { as: lost })).status).toBe(401)
    await sql('delete from account where uid = $1', [lost.uid])
  })

  it('is refused when it comes twice', async () => {
    const headers = { authorization: `Bearer ${sally.token}` }
    expect((await ask('GET', '/authy/user', { as: sally, headers })).status).toBe(400)
    expect((await ask('GET', '/authy/user', { headers })).status).toBe(400)
  })
})

describe('A-84 reading users', () => {
  it('A-28 A-30 shows oneself', async () => {
    const { status, json } = await ask('GET', '/authy/user', { as: sally })
    expect([status, Object.keys(json)]).toEqual([200, ['public_id', 'username', 'email', 'created', 'last_login']])
    //
    expect(json.created).toBe(new Date(json.created).toUTCString())
    expect(await ask('GET', '/authy/user/role', { as: sally })).toEqual({
      status: 200,
      json: { roles: [{ name: 'user', level: 10, description: 'A person with an account' }] },
    })
  })

  it('A-31 shows all in pages, deleted ones too', async () => {
    const first = await ask('GET', '/authy/users', { as: clivey })
    expect(first.json).toMatchObject({ total_records: 10, next_url: '/authy/users?page=2' })
    expect(first.json.users).toHaveLength(3)
    expect(first.json).not.toHaveProperty('prev_url')
    const last = await ask('GET', '/authy/users?page=4', { as: bobby })
    expect(last.json.users).toHaveLength(1)
    expect(last.json).toMatchObject({ prev_url: '/authy/users?page=3' })
    expect(last.json).not.toHaveProperty('next_url')
    const second = await ask('GET', '/authy/users?page=2', { as: clivey })
    expect(second.json.users[0]).toMatchObject({ username: 'harry', deleted: true, delete_date: expect.any(String) })
  })

  it('A-32 A-61 shows one, also a deleted one, and 404 for a stranger', async () => {
    expect((await ask('GET', `/authy/user/${sally.uid}`, { as: bobby })).json).toMatchObject({
      username: 'sally',
      validated: true,
      deleted: false,
      delete_date: null,
    })
    expect((await ask('GET', `/authy/user/${harry.uid}`, { as: bobby })).json).toMatchObject({ deleted: true })
    expect((await ask('GET', `/authy/user/${newId()}`, { as: bobby })).status).toBe(404)
  })
})

describe('A-86 checking access', () => {
  it('A-24 compares levels', async () => {
    expect(await ask('GET', '/authy/checkaccess/10', { as: sally })).toEqual({
      status: 200,
      json: { public_id: sally.uid },
    })
    for (const level of ['5', 'x', '-1', '1e3'])
      expect((await ask('GET', `/authy/checkaccess/${level}`, { as: sally })).status).toBe(401)
    expect((await ask('GET', '/authy/checkaccess/0', { as: clivey })).status).toBe(200)
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
    const { json, status: actual } = await ask('POST', '/authy/user', { json: wish(more) })
    expect([actual, json]).toEqual([status, expect.objectContaining(envelope)])
  })

  it('A-46 A-F12 says why a password is weak, whatever passfail says', async () => {
    const weak = { password: 'password', confirm_password: 'password', passfail: 1 }
    expect(await ask('POST', '/authy/user', { json: wish(weak) })).toEqual({
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
    const { status, json } = await ask('POST', '/authy/user', { json: wish() })
    expect([status, Object.keys(json)]).toEqual([201, ['message', 'public_id', 'token']])
    expect((await ask('GET', '/authy/user', { headers: { 'x-access-token': json.token } })).status).toBe(401)
    await sql('delete from account where uid = $1', [json.public_id])
  })
})

describe('A-89 A-90 deleting and editing', () => {
  it('A-29 A-34 deletes oneself and others, once', async () => {
    const [dora, dirk] = [await person('dora'), await person('dirk')]
    expect((await ask('DELETE', `/authy/user/${dora.uid}`, { as: sally })).status).toBe(401)
    expect(await ask('DELETE', '/authy/user', { as: dora })).toEqual({ status: 204, json: undefined })
    expect((await ask('DELETE', '/authy/user', { as: dora })).status).toBe(401)
    expect((await ask('DELETE', `/authy/user/${dirk.uid}`, { as: clivey })).status).toBe(204)
    expect((await ask('DELETE', `/authy/user/${dirk.uid}`, { as: clivey })).status).toBe(410)
    expect((await ask('DELETE', `/authy/user/${newId()}`, { as: clivey })).status).toBe(404)
    expect((await ask('POST', '/authy/login', { json: { username: 'dirk', password } })).status).toBe(401)
  })

  it('A-33 changes what an administrator may change, nobody stronger, and ends the sessions', async () => {
    const eddy = await person('eddy')
    const edit = (as: Person, uid: string, json: object) => ask('PUT', `/authy/user/${uid}`, { as, json })
    const word = 'Ganz anderes Wort 99'
    expect((await edit(sally, eddy.uid, { password: word, confirm_password: word })).status).toBe(401)
    expect((await edit(bobby, clivey.uid, { email: 'x@example.org' })).status).toBe(401)
    expect((await edit(bobby, eddy.uid, { password: word, confirm_password: 'other word 1' })).status).toBe(400)
    expect((await edit(bobby, eddy.uid, {})).status).toBe(400)
    expect((await edit(bobby, eddy.uid, { password: word, confirm_password: word })).status).toBe(200)
    expect((await ask('GET', '/authy/user', { as: eddy })).status).toBe(401)
    expect((await ask('POST', '/authy/login', { json: { username: 'eddy', password: word } })).status).toBe(200)
    await one.identity.accounts.remove(eddy.uid, nobody)
  })
})

describe('A-91 look-ups', () => {
  it('A-36 A-37 lead from id to name and back', async () => {
    expect(await ask('GET', `/authy/username/${sally.uid}`)).toEqual({ status: 200, json: { username: 'sally' } })
    expect(await ask('GET', '/authy/fetch/br%C3%BCna')).toMatchObject({ status: 200 })
    expect((await ask('GET', `/authy/username/${newId()}`)).status).toBe(404)
    expect((await ask('GET', `/authy/username/${harry.uid}`)).status).toBe(404)
    for (const id of [`${sally.uid}0`, sally.uid.slice(1), sally.uid.replace(/^./, 'g')])
      expect((await ask('GET', `/authy/username/${id}`)).status).toBe(400)
    for (const name of ['nobody', 'sally%00', '%00'.repeat(4)])
      expect((await ask('GET', `/authy/fetch/${name}`)).status, name).toBe(404)
    expect((await ask('GET', `/authy/fetch/${'x'.repeat(60)}`)).status).toBe(400)
  })
})

describe('A-87 A-92 A-93 A-94 roles', () => {
  const members = (role: string, uid: string) => `/authy/role/${role}/users/${uid}`

  it('A-35 A-70 A-72 A-73 are read by administrators', async () => {
    expect((await ask('GET', `/authy/user/${sally.uid}/role`, { as: bobby })).json).toEqual({
      username: 'sally',
      public_id: sally.uid,
      roles: [{ name: 'user', level: 10 }],
    })
    expect((await ask('GET', '/authy/user/x/role', { as: bobby })).status).toBe(400)
    expect((await ask('GET', `/authy/user/${newId()}/role`, { as: bobby })).status).toBe(404)
    expect((await ask('GET', '/authy/role', { as: bobby })).json.roles[0]).toMatchObject({
      name: 'superadmin',
      level: 0,
    })
    expect((await ask('GET', '/authy/role/guest', { as: bobby })).json).toMatchObject({ role: { level: 99 } })
    for (const path of ['/authy/role/nothing', '/authy/role/%00gods', '/authy/role/%00gods/users'])
      expect((await ask('GET', path, { as: bobby })).status, path).toBe(404)
    expect((await ask('GET', '/authy/role/admin/users', { as: bobby })).json.users).toEqual([
      { name: 'bobby', public_id: bobby.uid },
    ])
    for (const path of ['/authy/role', '/authy/role/user', '/authy/role/user/users'])
      expect((await ask('GET', path, { as: sally })).status).toBe(401)
  })

  it('A-71 A-F7 are made no stronger than who makes them', async () => {
    const make = (as: Person, json: unknown) => ask('POST', '/authy/role', { as, json })
    expect((await make(bobby, { level: 15, name: 'megaguest', description: 'a mega guest' })).status).toBe(201)
    for (const json of [
      { level: 'x', name: 'letters', description: 'a level of letters' },
      { level: 16, name: 'extra', description: 'an extra key', more: 1 },
      { level: 16, name: 'long', description: 'x'.repeat(101) },
      { level: 16, name: 'megaguest', description: 'the same name' },
      { level: 15, name: 'othername', description: 'the same level' },
      { level: -1, name: 'negative', description: 'below nothing' },
      { level: 17, name: 'nul\0', description: 'no text of a database' },
      { level: 17, name: 'half\ud800', description: 'no text at all' },
      { level: 17, name: 'lines', description: 'one line\nand another' },
      '"text"',
    ])
      expect((await make(clivey, json)).status, JSON.stringify(json)).toBe(400)
    expect((await make(bobby, { level: 0, name: 'godlike', description: 'too strong' })).status).toBe(401)
    expect((await make(sally, { level: 50, name: 'plain', description: 'by a plain user' })).status).toBe(401)
  })

  it('A-74 A-75 A-F7 are given and taken, and the sessions end', async () => {
    const rosa = await person('rosa')
    expect((await ask('POST', members('guest', rosa.uid), { as: bobby })).status).toBe(200)
    expect((await ask('GET', '/authy/user', { as: rosa })).status).toBe(401)
    expect((await ask('POST', members('guest', rosa.uid), { as: bobby })).status).toBe(400)
    expect((await ask('POST', members('nothing', rosa.uid), { as: bobby })).status).toBe(404)
    expect((await ask('POST', members('guest', newId()), { as: bobby })).status).toBe(404)
    expect((await ask('POST', members('superadmin', rosa.uid), { as: bobby })).status).toBe(401)
    expect((await ask('POST', members('admin', bobby.uid), { as: sally })).status).toBe(401)
    expect((await ask('DELETE', members('guest', rosa.uid), { as: bobby })).status).toBe(200)
    expect((await ask('DELETE', members('guest', rosa.uid), { as: bobby })).status).toBe(404)
    await one.identity.accounts.remove(rosa.uid, nobody)
  })

  it('A-F7 leave somebody who may do everything', async () => {
    expect((await ask('DELETE', members('superadmin', clivey.uid), { as: clivey })).status).toBe(409)
    expect((await ask('GET', '/authy/checkaccess/0', { as: clivey })).status).toBe(200)
  })
})

describe('the trail', () => {
  it('remembers what happened, cannot be changed, and holds no secret', async () => {
    const { rows } = await sql(`select distinct kind from audit_event`)
    const kinds = rows.map(({ kind }) => kind)
    for (const kind of [
      'account.registered',
      'sign-in.succeeded',
      'sign-in.refused',
      'role.assigned',
      'account.deleted',
      'password.changed',
    ])
      expect(kinds).toContain(kind)
    const { rows: all } = await sql('select audit_event::text as text from audit_event')
    expect(all.map(({ text }) => text).join()).not.toMatch(/Pferd|Wort 99|eyJ/)
    for (const change of [`update audit_event set kind = 'x'`, 'delete from audit_event', 'truncate audit_event'])
      await expect(sql(change)).rejects.toThrow(/written once|permission denied|must be owner/)
  })
})
