import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
const heard: { token: string; body: string; type: string | undefined }[] = []
let answer: (response: ServerResponse) => void
const took = (response: ServerResponse) => void response.writeHead(201).end()

/** The service that wants to know of new accounts. */
const receiver = createServer((request, response) => void receive(request, response))

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request)
  heard.push({ token: String(request.headers['x-access-token']), body, type: request.headers['content-type'] })
  answer(response)
}

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const address = receiver.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  one = await startIdentity(undefined, { hookUrl: `http://127.0.0.1:${port}/hook` })
  await one.service.start()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
  receiver.close()
})
afterEach(() => void heard.splice(0))

const password = 'Korrekt Pferd Batterie 77'

async function signUp(username: string) {
  const body = { username, email: `${username}@example.org`, password, confirm_password: password }
  const reply = await one.service.inject({
    method: 'POST',
    path: '/authy/user',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: reply.status, ...JSON.parse(reply.body) }
}

async function owed(): Promise<string[]> {
  const { rows } = await one.testDatabase.database.pool.query(
    `select key from graphile_worker.jobs where task_identifier = 'call-hook'`,
  )
  return rows.map(({ key }) => key)
}

/** Lets the jobs that are owed run now. */
async function hasten(): Promise<void> {
  await one.testDatabase.database.pool.query(`
    select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), run_at => now())`)
}

describe('A-57 the provisioning hook', () => {
  it('is told of a new account once, with a token of it that opens nothing', async () => {
    answer = took
    const { status, public_id } = await signUp('newcomer')
    expect(status).toBe(201)
    await expect.poll(() => heard.length).toBe(1)
    expect(heard[0]).toMatchObject({ body: JSON.stringify({ public_id }), type: 'application/json' })
    const token = heard[0]?.token ?? ''
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ public_id })
    const used = await one.service.inject({ method: 'GET', path: '/authy/user', headers: { 'x-access-token': token } })
    expect(used.status).toBe(401)
    await expect.poll(owed).toEqual([])
    expect(heard).toHaveLength(1)
  })

  it('A-F1 is told later when it fails, and sign-up does not fail with it', async () => {
    answer = (response) => void response.writeHead(500).end()
    const { status, public_id } = await signUp('patient')
    expect(status).toBe(201)
    await expect.poll(() => heard.length).toBe(1)
    expect(await owed()).toEqual([`tell of ${public_id}`])
    answer = took
    await hasten()
    await expect.poll(() => heard.length).toBe(2)
    await expect.poll(owed).toEqual([])
  })

  it('does not carry its token to where it is sent on', async () => {
    answer = (response) => void response.writeHead(307, { location: '/elsewhere' }).end()
    const { public_id } = await signUp('wanderer')
    await expect.poll(() => heard.length).toBe(1)
    expect(await owed()).toEqual([`tell of ${public_id}`])
  })

  it('is told nothing of accounts of the market, and nothing of one that is gone again', async () => {
    answer = took
    const by = { kind: 'anonymous', address: '' } as const
    const person = { username: 'player', email: 'player@example.org', password: 'Correct-Horse7!' }
    const before = await owed()
    await one.identity.accounts.register(person, 'market', by)
    expect(await owed()).toEqual(before)
    answer = (response) => void response.writeHead(503).end()
    const { public_id } = await signUp('leaver')
    await expect.poll(() => heard.length).toBe(1)
    await one.identity.accounts.remove(public_id, by)
    answer = took
    await hasten()
    await expect.poll(owed).toEqual([])
    expect(heard.filter(({ body }) => body.includes(public_id))).toHaveLength(1)
  })
})
