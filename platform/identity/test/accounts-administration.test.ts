import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nobody, password, type Person, startAccountService } from './accounts-support.ts'

let on: Awaited<ReturnType<typeof startAccountService>>
beforeAll(async () => (on = await startAccountService()))
afterAll(() => on.stop())

describe('A-84 reading users', () => {
  it('A-28 A-30 shows oneself', async () => {
    const { status, json } = await on.ask('GET', '/authy/user', { as: on.sally })
    expect([status, Object.keys(json)]).toEqual([200, ['public_id', 'username', 'email', 'created', 'last_login']])
    //
    expect(json.created).toBe(new Date(json.created).toUTCString())
    expect(await on.ask('GET', '/authy/user/role', { as: on.sally })).toEqual({
      status: 200,
      json: { roles: [{ name: 'user', level: 10, description: 'A person with an account' }] },
    })
  })

  it('A-31 shows all in pages, deleted ones too', async () => {
    const first = await on.ask('GET', '/authy/users', { as: on.clivey })
    expect(first.json).toMatchObject({ total_records: 10, next_url: '/authy/users?page=2' })
    expect(first.json.users).toHaveLength(3)
    expect(first.json).not.toHaveProperty('prev_url')
    const last = await on.ask('GET', '/authy/users?page=4', { as: on.bobby })
    expect(last.json.users).toHaveLength(1)
    expect(last.json).toMatchObject({ prev_url: '/authy/users?page=3' })
    expect(last.json).not.toHaveProperty('next_url')
    const second = await on.ask('GET', '/authy/users?page=2', { as: on.clivey })
    expect(second.json.users[0]).toMatchObject({ username: 'harry', deleted: true, delete_date: expect.any(String) })
  })

  it('A-32 A-61 shows one, also a deleted one, and 404 for a stranger', async () => {
    expect((await on.ask('GET', `/authy/user/${on.sally.uid}`, { as: on.bobby })).json).toMatchObject({
      username: 'sally',
      validated: true,
      deleted: false,
      delete_date: null,
    })
    expect((await on.ask('GET', `/authy/user/${on.harry.uid}`, { as: on.bobby })).json).toMatchObject({ deleted: true })
    expect((await on.ask('GET', `/authy/user/${newId()}`, { as: on.bobby })).status).toBe(404)
  })
})

describe('A-89 A-90 deleting and editing', () => {
  it('A-29 A-34 deletes oneself and others, once', async () => {
    const [dora, dirk] = [await on.person('dora'), await on.person('dirk')]
    expect((await on.ask('DELETE', `/authy/user/${dora.uid}`, { as: on.sally })).status).toBe(401)
    expect(await on.ask('DELETE', '/authy/user', { as: dora })).toEqual({ status: 204, json: undefined })
    expect((await on.ask('DELETE', '/authy/user', { as: dora })).status).toBe(401)
    expect((await on.ask('DELETE', `/authy/user/${dirk.uid}`, { as: on.clivey })).status).toBe(204)
    expect((await on.ask('DELETE', `/authy/user/${dirk.uid}`, { as: on.clivey })).status).toBe(410)
    expect((await on.ask('DELETE', `/authy/user/${newId()}`, { as: on.clivey })).status).toBe(404)
    expect((await on.ask('POST', '/authy/login', { json: { username: 'dirk', password } })).status).toBe(401)
  })

  it('A-33 changes what an administrator may change, nobody stronger, and ends the sessions', async () => {
    const eddy = await on.person('eddy')
    const edit = (as: Person, uid: string, json: object) => on.ask('PUT', `/authy/user/${uid}`, { as, json })
    const word = 'Ganz anderes Wort 99'
    expect((await edit(on.sally, eddy.uid, { password: word, confirm_password: word })).status).toBe(401)
    expect((await edit(on.bobby, on.clivey.uid, { email: 'x@example.org' })).status).toBe(401)
    expect((await edit(on.bobby, eddy.uid, { password: word, confirm_password: 'other word 1' })).status).toBe(400)
    expect((await edit(on.bobby, eddy.uid, {})).status).toBe(400)
    expect((await edit(on.bobby, eddy.uid, { password: word, confirm_password: word })).status).toBe(200)
    expect((await on.ask('GET', '/authy/user', { as: eddy })).status).toBe(401)
    expect((await on.ask('POST', '/authy/login', { json: { username: 'eddy', password: word } })).status).toBe(200)
    await on.one.identity.accounts.remove(eddy.uid, nobody)
  })
})

describe('A-87 A-92 A-93 A-94 roles', () => {
  const members = (role: string, uid: string) => `/authy/role/${role}/users/${uid}`

  it('A-35 A-70 A-72 A-73 are read by administrators', async () => {
    expect((await on.ask('GET', `/authy/user/${on.sally.uid}/role`, { as: on.bobby })).json).toEqual({
      username: 'sally',
      public_id: on.sally.uid,
      roles: [{ name: 'user', level: 10 }],
    })
    expect((await on.ask('GET', '/authy/user/x/role', { as: on.bobby })).status).toBe(400)
    expect((await on.ask('GET', `/authy/user/${newId()}/role`, { as: on.bobby })).status).toBe(404)
    expect((await on.ask('GET', '/authy/role', { as: on.bobby })).json.roles[0]).toMatchObject({
      name: 'superadmin',
      level: 0,
    })
    expect((await on.ask('GET', '/authy/role/guest', { as: on.bobby })).json).toMatchObject({ role: { level: 99 } })
    for (const path of ['/authy/role/nothing', '/authy/role/%00gods', '/authy/role/%00gods/users'])
      expect((await on.ask('GET', path, { as: on.bobby })).status, path).toBe(404)
    expect((await on.ask('GET', '/authy/role/admin/users', { as: on.bobby })).json.users).toEqual([
      { name: 'bobby', public_id: on.bobby.uid },
    ])
    for (const path of ['/authy/role', '/authy/role/user', '/authy/role/user/users'])
      expect((await on.ask('GET', path, { as: on.sally })).status).toBe(401)
  })

  it('A-71 A-F7 are made no stronger than who makes them', async () => {
    const make = (as: Person, json: unknown) => on.ask('POST', '/authy/role', { as, json })
    expect((await make(on.bobby, { level: 15, name: 'megaguest', description: 'a mega guest' })).status).toBe(201)
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
      expect((await make(on.clivey, json)).status, JSON.stringify(json)).toBe(400)
    expect((await make(on.bobby, { level: 0, name: 'godlike', description: 'too strong' })).status).toBe(401)
    expect((await make(on.sally, { level: 50, name: 'plain', description: 'by a plain user' })).status).toBe(401)
  })

  it('A-74 A-75 A-F7 are given and taken, and the sessions end', async () => {
    const rosa = await on.person('rosa')
    expect((await on.ask('POST', members('guest', rosa.uid), { as: on.bobby })).status).toBe(200)
    expect((await on.ask('GET', '/authy/user', { as: rosa })).status).toBe(401)
    expect((await on.ask('POST', members('guest', rosa.uid), { as: on.bobby })).status).toBe(400)
    expect((await on.ask('POST', members('nothing', rosa.uid), { as: on.bobby })).status).toBe(404)
    expect((await on.ask('POST', members('guest', newId()), { as: on.bobby })).status).toBe(404)
    expect((await on.ask('POST', members('superadmin', rosa.uid), { as: on.bobby })).status).toBe(401)
    expect((await on.ask('POST', members('admin', on.bobby.uid), { as: on.sally })).status).toBe(401)
    expect((await on.ask('DELETE', members('guest', rosa.uid), { as: on.bobby })).status).toBe(200)
    expect((await on.ask('DELETE', members('guest', rosa.uid), { as: on.bobby })).status).toBe(404)
    await on.one.identity.accounts.remove(rosa.uid, nobody)
  })

  it('A-F7 leave somebody who may do everything', async () => {
    expect((await on.ask('DELETE', members('superadmin', on.clivey.uid), { as: on.clivey })).status).toBe(409)
    expect((await on.ask('GET', '/authy/checkaccess/0', { as: on.clivey })).status).toBe(200)
  })
})

describe('the trail', () => {
  it('remembers what happened, cannot be changed, and holds no secret', async () => {
    const { rows } = await on.sql(`select distinct kind from audit_event`)
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
    const { rows: all } = await on.sql('select audit_event::text as text from audit_event')
    expect(all.map(({ text }) => text).join()).not.toMatch(/Pferd|Wort 99|eyJ/)
    for (const change of [`update audit_event set kind = 'x'`, 'delete from audit_event', 'truncate audit_event'])
      await expect(on.sql(change)).rejects.toThrow(/written once|permission denied|must be owner/)
  })
})
