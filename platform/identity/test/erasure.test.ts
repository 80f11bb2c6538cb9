import { randomBytes } from 'node:crypto'
import { openDatabase } from '@sallyport/database'
import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { beginPatiently, startIdentity, type TestIdentity } from './support.ts'

const start = Date.UTC(2026, 5, 1, 12)
const clock = { time: start, now: () => new Date(clock.time) }
const names = ['wallet', 'gacha', 'auction', 'enrollment', 'pictures'] as const

let started: TestIdentity
beforeAll(async () => {
  started = await startIdentity({}, { clock })
  await started.service.start()
})
afterAll(async () => {
  await started.stop()
  await started.testDatabase.drop()
})
beforeEach(() => {
  clock.time = start
  for (const name of names) {
    started[name].away = false
    started[name].heard.length = 0
  }
})

type Json = Record<string, unknown>

async function ask(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: { token?: string; json?: Json; headers?: Record<string, string>; address?: string } = {},
) {
  const { token, json, address = '192.0.2.44' } = options
  const { status, body } = await started.service.inject({
    method,
    path,
    headers: {
      'x-forwarded-for': address,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(json && { body: JSON.stringify(json) }),
  })
  const read: Json = body === '' ? {} : JSON.parse(body)
  return { status, body: read }
}

interface Person {
  readonly uid: string
  readonly username: string
  readonly email: string
  readonly token: string
}
const password = 'Gr4nite-Tower!'

async function register(address = '192.0.2.44'): Promise<Person> {
  const username = `ada_${randomBytes(6).toString('hex')}`
  const json = { username, email: `${username}@players.example`, password }
  const { body } = await ask('POST', '/api/auth/accounts', { json, address })
  return { uid: String(body['uid']), ...json, token: await signIn(username, address) }
}
async function signIn(username: string, address = '192.0.2.44'): Promise<string> {
  const { body } = await started.service.inject({
    method: 'POST',
    path: '/api/auth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': address },
    body: new URLSearchParams({ username, password }).toString(),
  })
  return String(Reflect.get(Object(JSON.parse(body)), 'access_token'))
}
const erase = ({ token }: Pick<Person, 'token'>, json: Json = {}) => ask('POST', '/v1/me/erasure', { token, json })
const follow = (begun: Json) =>
  ask('GET', `/v1/erasures/${String(begun['id'])}`, { headers: { 'receipt-token': String(begun['receipt_token']) } })
const untilDone = async (begun: Json) => {
  await expect.poll(async () => (await follow(begun)).body['state']).toBe('done')
  return (await follow(begun)).body
}

/** Every row of every table of the database, as text. */
async function everyRow(): Promise<string> {
  const { pool } = started.testDatabase.database
  const { rows } = await pool.query(`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`)
  const tables = await Promise.all(rows.map(({ name }) => pool.query(`select t::text as row from ${name} as t`)))
  return tables.flatMap(({ rows }) => rows.map(({ row }) => String(row))).join('\n')
}

describe('erasing oneself', () => {
  it('leaves nothing of a person in any row but the random id, and a receipt', async () => {
    const ada = await register('203.0.113.77')
    await ask('POST', '/v1/account/api-keys', {
      token: ada.token,
      json: { name: `the telephone of ${ada.username}`, scopes: ['wallet:read'], allowed_addresses: ['203.0.113.77'] },
      address: '203.0.113.77',
    })
    // Somebody has mistyped their name, from the same address.
    await signIn('nobody-at-all', '203.0.113.77')
    await ask('POST', '/v1/account/password-reset-requests', {
      json: { email: ada.email.toUpperCase() },
      address: '203.0.113.77',
    })
    // A client has said who was going to sign in.
    await started.testDatabase.database.pool.query(
      `insert into openid_record (model, digest, payload) values ('Interaction', sha256($1::bytea), $2)`,
      [ada.username, { params: { login_hint: ada.email.toUpperCase() } }],
    )
    expect(await everyRow()).toContain('203.0.113.77')
    const { status, body } = await ask('POST', '/v1/me/erasure', {
      token: ada.token,
      json: {},
      address: '203.0.113.77',
    })
    expect(status).toBe(202)
    const done = await untilDone(body)
    expect(done['receipt']).toMatchObject({
      id: body['id'],
      scope: 'everything',
      services: {
        wallet: { removed: { things: 1 } },
        identity: { removed: { accounts: 1, sessions: 1, 'API keys': 1 } },
      },
      audit_head: expect.stringMatching(/^\d+:[0-9a-f]{64}$/),
    })
    const rows = (await everyRow()).toLowerCase()
    for (const trace of [ada.username, ada.email, '203.0.113.77', '$argon2']) expect(rows).not.toContain(trace)
    expect(JSON.stringify(done)).not.toContain(ada.uid)
    expect(started.letters.filter(({ to }) => to === ada.email)).toEqual([])
    for (const name of names)
      expect(started[name].heard.filter((line) => line.startsWith('erase'))).toEqual([
        `erasePerson ${ada.uid}`,
        `erasePerson ${ada.uid}`,
      ])
  })

  it('waits for an event that is being written down, and the next ones say no more from where', async () => {
    const ada = await register('203.0.113.91')
    const owner = openDatabase({ service: 'owner', connection: started.testDatabase.ownerConnection })
    const gate = await owner.pool.connect()
    try {
      await owner.pool.query(`
        create function wait_at_gate() returns trigger language plpgsql as $$
        begin
          perform pg_advisory_xact_lock_shared(1, 1);
          return new;
        end
        $$;
        create trigger wait_at_gate before insert on audit_event for each row
          when (new.kind = 'sign-in.refused') execute function wait_at_gate()`)
      await gate.query(`${beginPatiently}; select pg_advisory_xact_lock(1, 1)`)
      const waiting = async (condition: string) =>
        (
          await owner.pool.query(`select from pg_locks where locktype = 'advisory' and not granted and ${condition}
            and database = (select oid from pg_database where datname = current_database())`)
        ).rowCount
      const refused = ask('POST', '/authy/login', {
        json: { username: ada.username, password: 'wrong-Password1!' },
        address: '203.0.113.91',
      })
      await expect.poll(() => waiting('classid = 1'), { timeout: 20_000 }).toBe(1)
      const { body } = await erase(ada)
      await expect.poll(() => waiting('classid <> 1'), { timeout: 20_000 }).toBe(1)
      await gate.query('commit')
      await refused
      await untilDone(body)
      expect(await everyRow()).not.toContain('203.0.113.91')

      // One more who had looked the account up before.
      await owner.pool.query(
        `insert into audit_event (at, kind, actor_kind, actor, address, subject) values
           (now(), 'sign-in.half-done', 'anonymous', null, '203.0.113.91', $1),
           (now(), 'personal-data.exported', 'account', $1, '203.0.113.91', $1)`,
        [ada.uid],
      )
      await owner.pool.query(
        `insert into openid_record (model, digest, payload) values ('Grant', sha256('late'), $1)`,
        [{ accountId: ada.uid, note: '203.0.113.91' }],
      )
      expect(await everyRow()).not.toContain('203.0.113.91')
    } finally {
      gate.release(true)
      await owner.pool.query('drop trigger if exists wait_at_gate on audit_event; drop function if exists wait_at_gate')
      await owner.close()
    }
  })

  it('ends every token at once, and frees the names', async () => {
    const ada = await register()
    const { body } = await erase(ada)
    expect((await ask('GET', '/api/auth/userinfo', { token: ada.token })).status).toBe(401)
    await untilDone(body)
    const json = { username: ada.username, email: ada.email, password }
    expect((await ask('POST', '/api/auth/accounts', { json })).status).toBe(200)
  })

  it('asks who did not sign in lately for the password', async () => {
    const ada = await register()
    clock.time += 5 * 60_000 + 1
    expect(await erase(ada)).toMatchObject({ status: 401, body: { code: 'fresh-sign-in-needed' } })
    expect(await erase(ada, { password: 'wrong-Password1!' })).toMatchObject({
      status: 401,
      body: { code: 'wrong-credentials' },
    })
    expect((await ask('GET', '/api/auth/userinfo', { token: ada.token })).status).toBe(200)
    expect((await erase(ada, { password })).status).toBe(202)
  })

  it('is nothing for a program of others that somebody signed in to', async () => {
    const ada = await register()
    const { pool } = started.testDatabase.database
    await pool.query(
      `insert into client (id, name, first_party, metadata, created_at) values ('orchard', 'Orchard', false, '{}', now())`,
    )
    await pool.query(`update session set client = 'orchard' where uid = $1`, [ada.uid])
    for (const answer of [await erase(ada, { password }), await ask('DELETE', '/v1/me/pictures', { token: ada.token })])
      expect(answer).toMatchObject({ status: 403, body: { code: 'not-for-third-parties' } })
    expect((await ask('GET', '/api/auth/userinfo', { token: ada.token })).status).toBe(200)
  })

  it('is told of to nobody without its token', async () => {
    const ada = await register()
    const { body } = await erase(ada)
    const path = `/v1/erasures/${String(body['id'])}`
    for (const headers of [{}, { 'receipt-token': 'x' }, { 'receipt-token': String(body['id']) }])
      expect(await ask('GET', path, { headers })).toMatchObject({ status: 404, body: { code: 'unknown-erasure' } })
    const token = { 'receipt-token': String(body['receipt_token']) }
    expect((await ask('GET', `/v1/erasures/${newId()}`, { headers: token })).status).toBe(404)
  })

  it('goes on when a service that was away is back, also with another process', async () => {
    const ada = await register()
    started.enrollment.away = true
    const { body } = await erase(ada)
    await expect.poll(async () => JSON.stringify((await follow(body)).body['steps']).match(/"done"/g)?.length).toBe(4)
    expect((await follow(body)).body).toMatchObject({ state: 'under-way', receipt: null })
    started.enrollment.away = false
    await started.stop()
    started = await startIdentity(started, { clock })
    await started.service.start()
    await untilDone(body)
    expect((await everyRow()).toLowerCase()).not.toContain(ada.username)
  })

  it('is done once when it is asked for twice at once', async () => {
    const ada = await register()
    const answers = await Promise.all([erase(ada), erase(ada), erase(ada)])
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1)
    const begun = answers.find(({ status }) => status === 202)?.body ?? {}
    await untilDone(begun)
    const { rows } = await started.testDatabase.database.pool.query(
      `select count(*)::int as n from audit_event where kind = 'account.erased' and subject = $1`,
      [ada.uid],
    )
    expect(rows).toEqual([{ n: 1 }])
  })

  it('is finished whichever of the services are last, at the same time', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => register()))
    const begun = await Promise.all(people.map((person) => erase(person)))
    for (const { body } of begun) await untilDone(body)
  })

  it('keeps reserved the name of whoever had a role of the enrollment system, and the name cannot be read', async () => {
    const ada = await register()
    await started.testDatabase.database.pool.query(`insert into account_role values ($1, 'student')`, [ada.uid])
    await untilDone((await erase(ada)).body)
    expect(await everyRow()).not.toContain(ada.username)
    const json = { username: ada.username, email: ada.email, password }
    expect((await ask('POST', '/api/auth/accounts', { json })).status).toBe(409)
  })
})

describe('DELETE /v1/me/pictures', () => {
  it('S-F4 erases what the pictures service holds, after a fresh sign-in, and the account stays', async () => {
    const ada = await register()
    const { status, body } = await ask('DELETE', '/v1/me/pictures', { token: ada.token })
    expect(status).toBe(202)
    expect(await untilDone(body)).toMatchObject({
      scope: 'pictures',
      receipt: { services: { pictures: {}, identity: {} } },
    })
    expect((await ask('GET', '/api/auth/userinfo', { token: ada.token })).status).toBe(200)
    expect(started.wallet.heard.filter((line) => line.startsWith('erase'))).toEqual([])
    expect(started.pictures.heard).toContain(`erasePerson ${ada.uid}`)
    clock.time += 5 * 60_000 + 1
    expect((await ask('DELETE', '/v1/me/pictures', { token: ada.token })).status).toBe(401)
  })
})
