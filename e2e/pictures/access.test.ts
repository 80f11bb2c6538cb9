import { rm } from 'node:fs/promises'
import { openDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { type Program, startProgram } from '../support/program.ts'

const administratorPassword = 'Front-Door-8180!'
const download = '/pictures/api/v1/download'
const demoKey = 'Demo_Key_SFA_Trial'

let dataDirectory: string
let program: Program
let door: string
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory, {
    // Proxies on this machine are believed, so that the tests call from any address.
    SALLYPORT_TRUSTED_PROXIES: '127.0.0.1,::1',
    SALLYPORT_PICTURES_LIMIT_ADDRESS: 'none',
    SALLYPORT_ADMIN_PASSWORD: administratorPassword,
    SALLYPORT_LOG_LEVEL: 'info',
  })
  door = program.addresses.public
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

interface Call {
  readonly from?: string
  readonly key?: string
  readonly json?: unknown
  readonly method?: string
}
const home = '192.0.2.1'

async function ask(path: string, { from = home, key, json, method = 'GET' }: Call = {}) {
  const headers = {
    'x-forwarded-for': from,
    ...(key !== undefined && { 'x-api-key': key }),
    ...(json !== undefined && { 'content-type': 'application/json' }),
  }
  const answer = await fetch(door + path, {
    method,
    headers,
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.includes('json') === true
  const body: Record<string, unknown> = isJson ? JSON.parse(text) : {}
  return { status: answer.status, body, text }
}

let people = 0
interface Person {
  readonly email: string
  readonly key: string
}
const password = 'pythonnn'
const register = (email: string, from: string) =>
  ask('/users/api/v1/register', {
    from,
    method: 'POST',
    json: { 'First Name': 'Michael', 'Last Name': 'Vandans', email, Password: password },
  })
async function newPerson(from = home): Promise<Person> {
  people += 1
  const email = `michael${people}@gmail.com`
  const { status, body } = await register(email, from)
  expect(status).toBe(200)
  return { email, key: String(body['API Key']) }
}
const see = ({ email }: Person) => ask('/gdpr/api/v1/gdpr1', { method: 'POST', json: { email, password } })

async function inIdentity<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const connection = postgres.connection('identity', 'service')
  const database = openDatabase<Record<string, never>>({ connection, service: 'test' })
  try {
    return await work(async (text, values) => (await database.pool.query<Record<string, string>>(text, values)).rows)
  } finally {
    await database.close()
  }
}
type Query = (text: string, values: unknown[]) => Promise<Record<string, string>[]>

/** Has the key of somebody run out at midnight, UTC, of a day that is so many days from today. */
const endAt = ({ email }: Person, days: number) =>
  inIdentity((query) =>
    query(
      `update api_key set expires_at = midnight, created_at = midnight - interval '31 days'
       from (select (date_trunc('day', now() at time zone 'UTC') + make_interval(days => $2)) at time zone 'UTC' as midnight) as ends
       where uid = (select uid from account where email = $1)`,
      [email, days],
    ),
  )
const today = () => new Date().toISOString().slice(0, 10)

describe('S-24 a key', () => {
  it('S-42 S-F2 S-F10 is good from its own address alone, and outlives a call from another one', async () => {
    const ada = await newPerson()
    const elsewhere = await ask(download, { key: ada.key, from: '192.0.2.2' })
    expect([elsewhere.status, elsewhere.body]).toEqual([
      401,
      { Info: 'The API key belongs to another address: register again from this one for another key' },
    ])
    expect((await ask(download, { key: ada.key })).status).toBe(200)
    // S-43: nothing is removed because of it, and S-45: whoever moves registers again.
    const moved = await register(ada.email, '192.0.2.2')
    expect(moved.status).toBe(200)
    expect((await ask(download, { key: String(moved.body['API Key']), from: '192.0.2.2' })).status).toBe(200)
    expect((await ask(download, { key: ada.key })).status).toBe(200)
  })

  it('S-2b S-4b is refused when it is wrong or missing, and the right one after it is not', async () => {
    const ada = await newPerson()
    const statuses = []
    // Another letter than the last one, whatever that is.
    const wrong = ada.key.slice(0, -1) + (ada.key.endsWith('_') ? '-' : '_')
    for (const key of [wrong, '', ada.key.toLowerCase(), ada.key]) {
      statuses.push((await ask(download, { key })).status)
    }
    statuses.push((await ask(download)).status)
    expect(statuses).toEqual([401, 401, 401, 200, 401])
  })

  it('S-41 is good on its last day, and not on the day after; nothing is removed then', async () => {
    const [lasting, over] = [await newPerson(), await newPerson()]
    let day: string
    do {
      day = today()
      await endAt(lasting, 1)
      await endAt(over, 0)
      // At midnight this day is over: then another one is the last.
    } while (day !== today())
    expect((await see(lasting)).body).toMatchObject({ Reg_Expiration_Date: day })
    expect((await ask(download, { key: lasting.key })).status).toBe(200)
    const refused = await ask(download, { key: over.key })
    expect([refused.status, refused.body]).toEqual([
      401,
      { Info: 'The API key has expired: register again for another one' },
    ])
    expect((await see(over)).status).toBe(200)
    const again = await register(over.email, home)
    expect((await ask(download, { key: String(again.body['API Key']) })).status).toBe(200)
  })

  it('S-44 of somebody who is blocked says so', async () => {
    const ada = await newPerson()
    const [row] = await inIdentity((query) => query('select uid from account where email = $1', [ada.email]))
    const form = new URLSearchParams({ username: 'admin', password: administratorPassword })
    const signedIn = await fetch(`${door}/api/auth/token`, { method: 'POST', body: form })
    const token = String(Reflect.get(Object(await signedIn.json()), 'access_token'))
    const suspended = await fetch(`${program.addresses.admin}/v1/accounts/${row?.['uid']}/suspension`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(suspended.status).toBe(204)
    const refused = await ask(download, { key: ada.key })
    expect([refused.status, refused.body]).toEqual([
      401,
      { Info: expect.stringMatching(/^The account of the API key is blocked: register again/) },
    ])
    expect((await see(ada)).body).toMatchObject({ Reg_Is_Blocked: true })
  })

  it('S-37 ends at once when the data is removed, which is not to be seen any more', async () => {
    const ada = await newPerson()
    expect((await ask(download, { key: ada.key })).status).toBe(200)
    const removed = await ask('/gdpr/api/v1/gdpr2', { method: 'DELETE', json: { email: ada.email, password } })
    expect([removed.status, Object.keys(removed.body)]).toEqual([200, ['Info']])
    expect((await see(ada)).status).toBe(401)
    expect((await ask(download, { key: ada.key })).status).toBe(401)
  })
})

describe('S-C9 S-F15 what is logged', () => {
  it('tells of every refusal and why, and neither of keys nor of passwords', async () => {
    const ada = await newPerson('192.0.2.9')
    await ask(download, { key: ada.key, from: '192.0.2.10' })
    await ask(download, { key: 'w'.repeat(40), from: '192.0.2.11' })
    await ask(download, { from: '192.0.2.12' })
    await ask('/users/api/v1/register', {
      method: 'POST',
      from: '192.0.2.13',
      json: { email: 'line\nbreak', Password: 'secret-one' },
    })
    const lines = (): Record<string, unknown>[] =>
      program
        .output()
        .split('\n')
        // The last line may not be whole yet.
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line))
    const refusedFrom = (client: string) => lines().find((line) => line['client'] === client)
    await expect.poll(() => refusedFrom('192.0.2.13')).toMatchObject({ status: 422, path: '/users/api/v1/register' })
    expect(refusedFrom('192.0.2.10')).toMatchObject({ status: 401, refused: 'key-from-elsewhere' })
    expect(refusedFrom('192.0.2.11')).toMatchObject({ status: 401, refused: 'unknown-key' })
    expect(refusedFrom('192.0.2.12')).toMatchObject({ status: 401, refused: 'unauthenticated' })
    for (const secret of [ada.key, 'w'.repeat(40), password, 'secret-one']) {
      expect(program.output()).not.toContain(secret)
    }
  })

  it('S-C9 the audit trail knows of registrations, refusals, data that was shown and data that was removed', async () => {
    const ada = await newPerson()
    await ask('/gdpr/api/v1/gdpr1', { method: 'POST', json: { email: ada.email, password: 'py' } })
    await see(ada)
    const [row] = await inIdentity((query) => query('select uid from account where email = $1', [ada.email]))
    const kinds = async (): Promise<(string | undefined)[]> => {
      const events = await inIdentity((query) =>
        query('select kind from audit_event where subject = $1', [row?.['uid']]),
      )
      return events.map(({ kind }) => kind)
    }
    expect(await kinds()).toEqual(
      expect.arrayContaining(['account.registered', 'api-key.created', 'sign-in.refused', 'pictures.data-read']),
    )
    await ask('/gdpr/api/v1/gdpr2', { method: 'POST', json: { email: ada.email, password } })
    // What other services hold is removed a moment later.
    await expect.poll(kinds).toContain('account.erased')
  })
})

it('S-20 S-F13 no refusal has the names of a success, nor nulls', async () => {
  const { status, body } = await ask('/users/api/v1/register', { method: 'POST', json: { email: 'x', Password: 'y' } })
  expect([status, Object.keys(body).sort()]).toEqual([422, ['Error', 'Error:', 'code']])
  expect(Object.values(body)).not.toContain(null)
})

it('S-25 a download takes no parameters, and minds none', async () => {
  expect((await ask(`${download}?api_key=x&size=small`, { key: demoKey })).status).toBe(200)
  expect((await ask(`${download}?api_key=${demoKey}`)).status).toBe(401)
})
