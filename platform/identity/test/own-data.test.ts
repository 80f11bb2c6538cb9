import { decodeJwt } from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noon, password, startExports } from './export-support.ts'

let on: Awaited<ReturnType<typeof startExports>>
beforeAll(async () => (on = await startExports()))
afterAll(() => on.stop())
beforeEach(() => on.reset())

describe('who may have what is held of them', () => {
  const codeOf = (text: string): unknown => Reflect.get(Object(JSON.parse(text)), 'code')

  it.each(['/v1/me/export', '/v1/me/pictures'])('has signed in within the last five minutes, for %s', async (path) => {
    const ada = await on.newPerson()
    on.clock.time = noon + 300_000
    const { status, headers, text } = await on.ask('GET', path, { token: ada.token })
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", error_description="this is only for who has just signed in: sign in again", max_age="300"',
    )
    expect(JSON.parse(text)).toMatchObject({ code: 'fresh-sign-in-needed', max_age: 300 })
    const again = await on.ask('GET', path, { token: await on.signIn(ada.username) })
    expect([200, 404]).toContain(again.status)
  })

  it('is no program of a third party', async () => {
    const ada = await on.newPerson()
    const { sid } = decodeJwt(ada.token)
    await sql`insert into client (id, name, first_party, metadata, created_at) values (${ada.uid}, 'Somebody', false, '{}', now())`.execute(
      on.db(),
    )
    await sql`update session set client = ${ada.uid} where sid = ${sid}`.execute(on.db())
    const { status, text } = await on.ask('GET', '/v1/me/export', { token: ada.token })
    expect([status, codeOf(text)]).toEqual([403, 'not-for-third-parties'])
  })

  it('is nobody without a token', async () => {
    expect((await on.ask('GET', '/v1/me/export')).status).toBe(401)
  })
})

describe('S-F4 what pictures knows of somebody who is signed in', () => {
  it('is the same as by address and password, with the key masked and without the password', async () => {
    const ada = await on.newPerson()
    const email = `${ada.username}@example.org`
    expect((await on.ask('GET', '/v1/me/pictures', { token: ada.token })).status).toBe(404)
    const person = { 'First Name': 'Ada', 'Last Name': 'Lovelace', email, Password: password }
    const registered = await on.ask('POST', '/users/api/v1/register', { json: person })
    const { 'API Key': key }: Record<string, unknown> = JSON.parse(registered.text)
    const { status, text } = await on.ask('GET', '/v1/me/pictures', { token: ada.token })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual(
      JSON.parse((await on.ask('POST', '/gdpr/api/v1/gdpr1', { json: { email, password } })).text),
    )
    expect(JSON.parse(text)).toEqual({
      Reg_Id: expect.any(Number),
      Reg_Name: 'Ada',
      Reg_LastName: 'Lovelace',
      Reg_Email: email,
      Reg_Authentication_Key: String(key).slice(0, 6).padEnd(40, '*'),
      Reg_Expiration_Date: '2026-07-01',
      Reg_Last_Access_Ip: '192.0.2.7',
      Reg_Is_Blocked: false,
    })
    const { rows } = await sql`
      select from audit_event where subject = ${ada.uid} and actor = ${ada.uid} and kind = 'pictures.data-read'`.execute(
      on.db(),
    )
    expect(rows).toHaveLength(2)
  })
})
