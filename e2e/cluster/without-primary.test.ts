import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administratorPassword, type Cluster, startCluster } from '../support/cluster.ts'
import { type Campus, inTurn, openCampus, query, tally, textOf } from './campus.ts'

/*
 * Identity is started while its primary is away, as `sallyport cluster` runs them.
 */

const standbys = ['secondary-1', 'secondary-2']
/** What processes may take to start, which is no promise to clients. */
const patience = { timeout: 60_000, interval: 50 }

let cluster: Cluster
let campus: Campus
let ada: string

beforeAll(async () => {
  cluster = await startCluster()
  campus = openCampus(cluster)
  ada = textOf(await campus.register(), 'username')
})
afterAll(() => cluster?.stop())

async function pidOf(name: string): Promise<number | undefined> {
  return (await cluster.addresses()).instances[name]?.pid ?? undefined
}

/** `kill -9`, and the cluster has started it again. */
async function killAndAwait(name: string): Promise<void> {
  const pid = await cluster.killMember(name)
  await expect.poll(() => pidOf(name), patience).not.toBeOneOf([pid, undefined])
}

async function untilLoginWorks(): Promise<void> {
  await expect
    .poll(
      () =>
        campus.logIn(ada).then(
          ({ status }) => status,
          () => 0,
        ),
      patience,
    )
    .toBe(200)
}

/** A token of identity itself. */
async function accountToken(): Promise<string> {
  const form = new URLSearchParams({ username: 'admin', password: administratorPassword })
  const reply = await fetch(`${cluster.door}/api/auth/token`, { method: 'POST', body: form })
  return String(Reflect.get(Object(await reply.json()), 'access_token'))
}

async function withToken(path: string, token: string, method = 'GET', at = cluster.door): Promise<number> {
  const reply = await fetch(`${at}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
  await reply.arrayBuffer()
  return reply.status
}

async function partsOf(url: string): Promise<unknown> {
  return Reflect.get(Object(await (await fetch(`${url}/health/ready`)).json()), 'parts')
}

async function expectLoginsAlone(): Promise<Set<string>> {
  const answers = await inTurn(40, (turn) => campus.logIn(ada, turn % 4 === 3 ? 'wrong horse 7' : undefined))
  expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 200: 30, 401: 10 })
  expect(tally(answers.map(({ replica }) => replica))).toEqual({ 'secondary-1': 20, 'secondary-2': 20 })
  expect(await campus.register()).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
  return new Set(answers.flatMap((answer) => (answer.status === 200 ? [sidOf(textOf(answer, 'access_token'))] : [])))
}

function sidOf(token: string): string {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return String(Reflect.get(Object(claims), 'sid'))
}

describe('identity killed while the primary is away', () => {
  it('E-71 T-13 killed: it starts on the standbys, decides logins, and catches up without a restart', async () => {
    const ended = await accountToken()
    expect(await withToken('/api/auth/logout', ended, 'POST')).toBeLessThan(300)
    const { kid } = JSON.parse(Buffer.from((await accountToken()).split('.')[0] ?? '', 'base64url').toString())
    await cluster.killMember('primary')
    await cluster.stopMember('primary')
    await killAndAwait('identity')
    await untilLoginWorks()
    const sids = await expectLoginsAlone()
    // What could not be written down outlasts another end.
    await killAndAwait('identity')
    await untilLoginWorks()

    // Also when the gateway is started meanwhile, which hears the keys of a process that has made none.
    await killAndAwait('gateway')
    await untilLoginWorks()
    const keys = await (await fetch(`${cluster.door}/.well-known/jwks.json`)).json()
    expect(keys).toMatchObject({ keys: expect.arrayContaining([expect.objectContaining({ kid })]) })
    // It hears from the standbys what was revoked, and says that this may not be all.
    expect(await withToken('/api/sections', ended)).toBe(401)
    await expect.poll(() => partsOf(cluster.adminDoor)).toMatchObject({ 'gateway.revocations': 'degraded: lost' })
    const identity = await cluster.urlOf('identity')
    expect(await partsOf(identity)).toMatchObject({ database: 'ready', primary: 'PrimaryAway', audit: 'ready' })
    expect(await partsOf(cluster.adminDoor)).toMatchObject({ identity: 'not ready: primary' })

    const pid = await pidOf('identity')
    await cluster.startMember('primary')
    await expect.poll(async () => (await campus.register()).status, patience).toBe(201)
    await expect.poll(() => partsOf(cluster.adminDoor), patience).toMatchObject({ identity: 'ready' })
    expect(await pidOf('identity')).toBe(pid)
    const written = `select count(*)::int as value from session where sid = any($1)`
    const primary = await cluster.urlOf('primary')
    await expect.poll(() => query(primary, written, [[...sids]]), patience).toBe(sids.size)
    const waiting = 'select count(*)::int as value from audit_pending'
    await expect.poll(() => query(primary, waiting), patience).toBe(0)

    // What was revoked is known to all again, and what is revoked now is heard by all within a second.
    const url = await cluster.urlOf('enrollment.1')
    const places = [cluster.door, url]
    const statuses = (token: string) => Promise.all(places.map((at) => withToken('/api/sections', token, 'GET', at)))
    expect(await statuses(ended)).toEqual([401, 401])
    const fresh = await accountToken()
    expect(await statuses(fresh)).toEqual([403, 403])
    expect(await withToken('/api/auth/logout', fresh, 'POST')).toBeLessThan(300)
    await expect.poll(() => statuses(fresh)).toEqual([401, 401])
  })

  it('E-69 E-71 hung: the same', async () => {
    await cluster.suspend('primary')
    await killAndAwait('identity')
    await untilLoginWorks()
    await expectLoginsAlone()
    const pid = await pidOf('identity')
    await cluster.resume('primary')
    await expect.poll(async () => (await campus.register()).status, patience).toBe(201)
    await expect.poll(() => partsOf(cluster.adminDoor), patience).toMatchObject({ identity: 'ready' })
    expect(await pidOf('identity')).toBe(pid)
  })

  it('E-71 without any copy it waits, says so, and comes to work when one is back', async () => {
    for (const name of [...standbys, 'primary']) await cluster.stopMember(name)
    const pid = await cluster.killMember('identity')
    await expect.poll(() => cluster.output(), patience).toContain('none of them answers')
    expect((await campus.logIn(ada)).status).toBe(503)
    // It is stopped in order while it waits.
    await cluster.stopMember('identity')
    expect(cluster.output()).not.toContain('not everything has stopped in time')
    const starting = cluster.startMember('identity')
    await cluster.startMember('secondary-2')
    await starting
    await untilLoginWorks()
    expect(await pidOf('identity')).not.toBe(pid)
    expect(await campus.logIn(ada)).toMatchObject({ status: 200, replica: 'secondary-2' })
    await cluster.startMember('primary')
    await cluster.startMember('secondary-1')
    await expect.poll(async () => (await campus.register()).status, patience).toBe(201)
  })
})
