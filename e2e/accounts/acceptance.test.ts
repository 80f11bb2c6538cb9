import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AccountsInstallation, type Client, importAccounts, startAccounts } from './fixture/installation.ts'

const clients: readonly Client[] = ['plain', 'marked base64', 'unmarked base64']
const strong = 'Korrekt Pferd Batterie 77'
const envelope = { message: expect.any(String) }

let imported: Awaited<ReturnType<typeof importAccounts>>
beforeAll(async () => {
  imported = await importAccounts()
})
afterAll(() => imported.remove())

describe.each(clients)('A-80 the account service, with passwords in %s', (client) => {
  let at: AccountsInstallation
  let clivey = ''
  let sally = ''
  beforeAll(async () => {
    at = await startAccounts(imported.dataDirectory, client)
    clivey = await at.tokenOf('clivey')
    sally = await at.tokenOf('sally')
  })
  afterAll(() => at.stop())

  const status = async (...request: Parameters<AccountsInstallation['ask']>) => (await at.ask(...request)).status
  const wish = (more: object = {}, passwords = { password: strong, confirm_password: strong }) => ({
    username: 'newcomer',
    email: 'newcomer@example.org',
    ...at.encode(passwords),
    ...more,
  })

  it('A-81 tells about itself, and refuses in JSON', async () => {
    expect(await at.ask('GET', '/authy/status')).toMatchObject({ status: 200, body: envelope })
    expect(await at.ask('GET', '/authy/nowhere')).toMatchObject({ status: 404, body: envelope })
    expect(await status('GET', '/authy/status', { headers: { 'content-type': 'text/html' } })).toBe(400)
    expect(await at.ask('POST', '/authy/status', { json: {} })).toMatchObject({ status: 405, body: envelope })
    expect(await at.ask('GET', '/authy/ratelimited')).toMatchObject({ status: 429, body: envelope })
    expect(await status('GET', '/authy')).toBe(200)
  })

  it('A-84 shows users to administrators, three on a page', async () => {
    expect(await status('GET', '/authy/users', { token: sally })).toBe(401)
    const { body } = await at.ask('GET', '/authy/users', { token: clivey })
    expect(body).toMatchObject({ total_records: 10, next_url: '/authy/users?page=2' })
    expect(Reflect.get(Object(body), 'users')).toHaveLength(3)
    const one = await at.ask('GET', `/authy/user/${await at.idOf('sally')}`, { token: clivey })
    expect(one).toMatchObject({
      status: 200,
      body: { username: 'sally', email: 'sally@example.org', validated: true, deleted: false, delete_date: null },
    })
    expect(one.field('created')).toBe('Tue, 11 Jun 2019 10:03:09 GMT')
    expect(await status('GET', `/authy/user/${randomUUID()}`, { token: clivey })).toBe(404)
  })

  it('A-82 lets the right people in, whatever they are called', async () => {
    for (const username of ['sally', 'brüna', 'bobby'])
      expect(await at.logIn(username)).toMatchObject({ status: 200, body: { token: expect.any(String) } })
    const json = { username: 'sally', ...at.encode({ password: 'password' }) }
    expect(await status('POST', '/authy/login', { json, headers: { 'x-forwarded-proto': 'HTTPS' } })).toBe(200)
    // lengths count the characters as sent, and three are too few.
    expect((await at.logIn('分支持', '分支持')).status).toBe(client === 'plain' ? 400 : 200)
  })

  it('A-82 refuses everybody else', async () => {
    for (const [username, password] of [
      ['sally', 'Password'],
      ['sally', 'wrong password'],
      ['nobody', 'password'],
      ['harry', 'password'],
    ] as const)
      expect((await at.logIn(username, password)).status, username).toBe(401)
    for (const json of ['{"username": ', '"a text"']) expect(await status('POST', '/authy/login', { json })).toBe(400)
  })

  it('A-83 asks for a token that is one', async () => {
    expect(await status('GET', '/authy/user')).toBe(401)
    expect(await status('GET', '/authy/user', { token: 'junk' })).toBe(401)
    expect(await status('GET', '/authy/role', { token: sally })).toBe(401)
    expect(await status('GET', '/authy/user', { token: sally, headers: { 'x-forwarded-proto': 'https' } })).toBe(200)
  })

  it('A-28 A-30 shows people themselves and their roles', async () => {
    const own = await at.ask('GET', '/authy/user', { token: sally })
    expect(own.body).toEqual({
      public_id: await at.idOf('sally'),
      username: 'sally',
      email: 'sally@example.org',
      created: 'Tue, 11 Jun 2019 10:03:09 GMT',
      last_login: expect.stringMatching(/GMT$/),
    })
    expect((await at.ask('GET', '/authy/user/role', { token: sally })).body).toEqual({
      roles: [{ name: 'user', level: 10, description: expect.any(String) }],
    })
  })

  it('A-85 takes a validation string that is known, once', async () => {
    const path = '/authy/validate/lucky-has-a-known-validation-string'
    expect(await at.ask('GET', path)).toMatchObject({ status: 200, body: envelope })
    expect(await status('GET', path)).toBe(404)
    expect(await status('GET', `/authy/validate/${randomUUID().repeat(4)}`)).toBe(404)
  })

  it('A-86 compares levels', async () => {
    const { body } = await at.ask('GET', '/authy/checkaccess/10', { token: sally })
    expect(body).toEqual({ public_id: await at.idOf('sally') })
    for (const level of ['5', 'abc'])
      expect(await status('GET', `/authy/checkaccess/${level}`, { token: sally })).toBe(401)
  })

  it("A-87 shows administrators a user's roles", async () => {
    const path = `/authy/user/${await at.idOf('sally')}/role`
    expect((await at.ask('GET', path, { token: clivey })).body).toMatchObject({ roles: [{ name: 'user', level: 10 }] })
    expect(await status('GET', path, { token: await at.tokenOf('mary') })).toBe(401)
    expect(await status('GET', '/authy/user/not-a-uuid/role', { token: clivey })).toBe(400)
    expect(await status('GET', `/authy/user/${randomUUID()}/role`, { token: clivey })).toBe(404)
  })

  it('A-92 shows administrators the roles', async () => {
    expect(await status('GET', '/authy/role', { token: clivey })).toBe(200)
    expect((await at.ask('GET', '/authy/role/user', { token: clivey })).body).toMatchObject({
      role: { name: 'user', level: 10 },
    })
    for (const path of ['/authy/role/wizard', '/authy/role/wizard/users'])
      expect(await status('GET', path, { token: clivey })).toBe(404)
    for (const path of ['/authy/role', '/authy/role/user', '/authy/role/user/users'])
      expect(await status('GET', path, { token: sally }), path).toBe(401)
    const { body } = await at.ask('GET', '/authy/role/user/users', { token: clivey })
    expect(Reflect.get(Object(body), 'users')).toHaveLength(8)
  })

  it('A-88 lets somebody sign up who cannot log in before the address is proven', async () => {
    const weak = { password: 'password', confirm_password: 'password' }
    const refused: [object, number][] = [
      [wish({ passfail: 1 }, weak), 401],
      [wish({}, weak), 401],
      [wish({ username: 'admin' }), 409],
      [wish({ extra: 1 }), 400],
      [wish({}, { password: strong, confirm_password: `${strong}!` }), 400],
      [wish({ email: 'user1@email' }), 400],
      [wish({ username: 'mary' }), 409],
      [wish({ email: 'mary@example.org' }), 409],
      // Deleted names stay reserved.
      [wish({ username: 'harry' }), 409],
      [wish({ email: 'harry@example.org' }), 409],
    ]
    for (const [json, expected] of refused) {
      const answer = await at.ask('POST', '/authy/user', { json })
      expect([answer.status, answer.body], JSON.stringify(json)).toEqual([expected, expect.objectContaining(envelope)])
    }
    expect(await status('POST', '/authy/user', { json: '"a text"' })).toBe(400)
    const bad = { password: 'not base64!', confirm_password: 'not base64!', password_encoding: 'base64' }
    expect(await status('POST', '/authy/user', { json: wish(bad) })).toBe(400)
    expect(await at.ask('POST', '/authy/user', { json: wish() })).toMatchObject({
      status: 201,
      body: { ...envelope, public_id: expect.any(String), token: expect.any(String) },
    })
    expect((await at.logIn('newcomer', strong)).status).toBe(401)
  })

  it('A-90 lets administrators change an address, and nobody else', async () => {
    const path = `/authy/user/${await at.idOf('brüna')}`
    const json = { email: 'bruena@example.net' }
    expect(await status('PUT', path, { json, token: sally })).toBe(401)
    expect(await status('PUT', path, { json, token: clivey })).toBe(200)
  })

  it('A-91 finds names by ids and ids by names', async () => {
    const id = await at.idOf('sally')
    expect((await at.ask('GET', `/authy/username/${id}`)).body).toEqual({ username: 'sally' })
    expect(await status('GET', `/authy/username/${randomUUID()}`)).toBe(404)
    for (const wrong of [`${id}0`, id.slice(1), `g${id.slice(1)}`])
      expect(await status('GET', `/authy/username/${wrong}`), wrong).toBe(400)
    expect(await status('GET', '/authy/fetch/nobody')).toBe(404)
    expect(await status('GET', `/authy/fetch/${'x'.repeat(60)}`)).toBe(400)
  })

  it('A-93 gives roles and takes them', async () => {
    const [mary, roles] = [await at.idOf('mary'), '/authy/role']
    const path = `${roles}/guest/users/${mary}`
    expect(await status('POST', path, { token: clivey })).toBe(200)
    expect(await status('POST', path, { token: clivey })).toBe(400)
    for (const method of ['POST', 'DELETE']) {
      expect(await status(method, `${roles}/wizard/users/${mary}`, { token: clivey })).toBe(404)
      expect(await status(method, `${roles}/guest/users/${randomUUID()}`, { token: clivey })).toBe(404)
    }
    expect(await status('DELETE', path, { token: sally })).toBe(401)
    expect(await status('DELETE', path, { token: clivey })).toBe(200)
    expect(await status('DELETE', path, { token: clivey })).toBe(404)
  })

  it('A-94 A-F7 makes roles, none stronger than whoever makes them', async () => {
    const role = { level: 15, name: 'megaguest', description: 'More than a guest' }
    const make = (more: object, token = clivey) => status('POST', '/authy/role', { json: { ...role, ...more }, token })
    expect(await make({}, sally)).toBe(401)
    expect(await make({})).toBe(201)
    for (const more of [{}, { level: 'x' }, { extra: 1 }, { description: 'x'.repeat(101) }])
      expect(await make(more), JSON.stringify(more)).toBe(400)
    expect(await status('POST', '/authy/role', { json: '"a text"', token: clivey })).toBe(400)
    const bobby = await at.tokenOf('bobby')
    expect(await make({ level: 0, name: 'overlord' }, bobby)).toBe(401)
    expect(await status('POST', `/authy/role/superadmin/users/${await at.idOf('bobby')}`, { token: bobby })).toBe(401)
  })

  it('A-89 A-F3 deletes, once, and ends what the deleted had open', async () => {
    const [woody, mandy] = [await at.tokenOf('woody'), await at.idOf('mandy')]
    expect(await status('DELETE', `/authy/user/${mandy}`, { token: sally })).toBe(401)
    expect(await status('DELETE', '/authy/user', { token: woody })).toBe(204)
    expect(await status('GET', '/authy/user', { token: woody })).toBe(401)
    expect(await status('DELETE', `/authy/user/${mandy}`, { token: clivey })).toBe(204)
    expect(await status('DELETE', `/authy/user/${mandy}`, { token: clivey })).toBe(410)
    expect(await status('DELETE', `/authy/user/${randomUUID()}`, { token: clivey })).toBe(404)
  })
})
