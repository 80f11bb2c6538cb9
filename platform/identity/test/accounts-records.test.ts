import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const password = 'Korrekt Pferd Batterie 77'
const sql = (text: string, values: unknown[] = []) => one.testDatabase.database.pool.query(text, values)

async function post(path: string, json: object) {
  const { status, body } = await one.service.inject({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  })
  return { status, json: JSON.parse(body) }
}

function signUp(username: string, email = `${Buffer.from(username).toString('hex').slice(0, 60)}@example.org`) {
  return post('/authy/user', { username, email, password, confirm_password: password })
}

describe('the records of the account service', () => {
  it('A-13 A-14 A-15 A-16 A-17 begin with these roles, whose names and levels are unique', async () => {
    const { rows } = await sql('select name, level from role order by level')
    for (const role of [
      { name: 'superadmin', level: 0 },
      { name: 'admin', level: 1 },
      { name: 'user', level: 10 },
      { name: 'guest', level: 99 },
    ])
      expect(rows).toContainEqual(role)
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
    expect(new Set(rows.map(({ level }) => level)).size).toBe(rows.length)
  })

  it('A-11 A-54 A-55 know a user by a UUID alone, made and last seen at sign-up', async () => {
    const { status, json } = await signUp('recorded')
    expect(status).toBe(201)
    expect(json.public_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const { rows } = await sql('select created_at, last_login_at, deleted_at from account where uid = $1', [
      json.public_id,
    ])
    expect(rows).toEqual([{ created_at: expect.any(Date), last_login_at: rows[0].created_at, deleted_at: null }])
  })

  it('A-51 A-56 let somebody with the longest name, of any letters, in again', async () => {
    const username = '分'.repeat(50)
    const { json } = await signUp(username)
    await sql('update account set email_verified_at = now() where uid = $1', [json.public_id])
    expect((await post('/authy/login', { username, password })).status).toBe(200)
    expect((await signUp('分'.repeat(51))).status).toBe(400)
  })

  it('A-F14 take one name once, however many ask for it at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => signUp('contested', `contested${index}@example.org`)),
    )
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)])
  })

  it('A-3 A-26 say in the envelope that there is no refreshing of tokens', async () => {
    expect(await post('/authy/refresh', {})).toEqual({ status: 404, json: { message: expect.any(String) } })
  })
})
