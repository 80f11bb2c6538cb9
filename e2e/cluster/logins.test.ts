import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import {
  type Campus,
  inTurn,
  newName,
  openCampus,
  type Person,
  query,
  rounds,
  roundsLimitMs,
  tally,
  textOf,
} from './campus.ts'

/*
 * Registrations and logins on a primary and two standbys, as `sallyport cluster` runs them.
 */

const standbys = ['secondary-1', 'secondary-2']
/** So soon a standby that came back has its turns back (E-69). */
const backLimitMs = 5000
/** What a server may take to start, which is no promise to clients. */
const startLimitMs = 60_000

let cluster: Cluster
let campus: Campus
let ada: string

beforeAll(async () => {
  cluster = await startCluster()
  campus = openCampus(cluster)
  ada = await registered()
})
afterAll(() => cluster?.stop())

async function registered(): Promise<string> {
  const answer = await campus.register()
  expect(answer).toMatchObject({ status: 201 })
  return textOf(answer, 'username')
}

/** Logs in so often that each copy had its turn, and tells which copies decided. */
async function decidersOf(logins: number): Promise<Record<string, number>> {
  const answers = await inTurn(logins, () => campus.logIn(ada))
  expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 200: logins })
  return tally(answers.map(({ replica }) => replica))
}

async function untilBothDecide(limitMs = backLimitMs): Promise<void> {
  await expect
    .poll(async () => Object.keys(await decidersOf(4)).sort(), { timeout: limitMs, interval: 50 })
    .toEqual(standbys)
}

async function nodes(): Promise<Record<string, unknown>> {
  const reply = await fetch(`${await cluster.urlOf('identity')}/health`)
  const { nodes }: Record<string, unknown> = Object(await reply.json())
  if (!Array.isArray(nodes)) throw new TypeError('health names no nodes')
  return Object.fromEntries(
    nodes.map((node: unknown) => {
      const { name, state }: Record<string, unknown> = Object(node)
      return [String(name), state]
    }),
  )
}

describe('while all databases work', () => {
  it('T-2 E-26 E-29 tokens say what they must, and the published keys verify them', async () => {
    const answers = await inTurn(2, () => campus.logIn(ada))
    const keys = createRemoteJWKSet(new URL(`${cluster.door}/.well-known/jwks.json`))
    const expected = { issuer: 'auth.local.gd', audience: 'krakend.local.gd', algorithms: ['RS256'] }
    const seen = new Set<unknown>()
    for (const answer of answers) {
      const { payload, protectedHeader } = await jwtVerify(textOf(answer, 'access_token'), keys, expected)
      expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) })
      expect(payload).toMatchObject({ username: ada, roles: ['student'], exp: (payload.iat ?? 0) + 20 * 60 })
      const { payload: refresh } = await jwtVerify(textOf(answer, 'refresh_token'), keys, expected)
      expect(refresh).not.toHaveProperty('roles')
      for (const { jti } of [payload, refresh]) seen.add(jti)
    }
    expect(seen.size).toBe(4)
  })

  it('T-13 E-70 whoever was registered can log in at once', async () => {
    await inTurn(100, async () => {
      expect(await campus.logIn(await registered())).toMatchObject({ status: 200 })
    })
  })

  it('T-13 E-64 forty logins are decided by each standby twenty times, right or wrong', async () => {
    await untilBothDecide()
    const answers = await inTurn(40, (turn) => campus.logIn(ada, turn % 4 === 3 ? 'wrong horse 7' : undefined))
    expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 200: 30, 401: 10 })
    expect(tally(answers.map(({ replica }) => replica))).toEqual({ 'secondary-1': 20, 'secondary-2': 20 })
  })

  it('T-13 E-66 no standby takes a write', async () => {
    for (const name of standbys)
      await expect(
        query(await cluster.urlOf(name), "update account set username = 'eve' where username = $1", [ada]),
      ).rejects.toMatchObject({ code: '25006' })
  })

  it('T-12 E-8 the services have databases and roles of their own', async () => {
    const url = await cluster.urlOf('primary')
    const other = url.replaceAll('identity', 'enrollment')
    const tables = "select count(*)::int as value from pg_tables where schemaname = 'public' and tablename = $1"
    expect([await query(url, tables, ['account']), await query(url, tables, ['section'])]).toEqual([1, 0])
    expect([await query(other, tables, ['account']), await query(other, tables, ['section'])]).toEqual([0, 1])
    await expect(query(url.replace('/identity?', '/enrollment?'), 'select 1')).rejects.toMatchObject({ code: '42501' })
    await expect(query(other.replace('/enrollment?', '/identity?'), 'select 1')).rejects.toMatchObject({
      code: '42501',
    })
  })
})

describe('when a standby is away', () => {
  it('T-13 E-69 killed: no login fails, and it has its turns back when it is back', async () => {
    const pid = await cluster.killMember('secondary-1')
    expect(await decidersOf(10)).toEqual(expect.objectContaining({ 'secondary-2': expect.any(Number) }))
    await expect.poll(() => pidOf('secondary-1'), { timeout: startLimitMs }).not.toBeOneOf([pid, undefined])
    await untilBothDecide()
    expect(await nodes()).toEqual({ primary: 'up', 'secondary-1': 'up', 'secondary-2': 'up' })
  })

  it('T-13 E-69 suspended: no login fails, and the other one decides', async () => {
    await cluster.suspend('secondary-2')
    expect(await decidersOf(10)).toEqual({ 'secondary-1': 10 })
    expect(await nodes()).toMatchObject({ 'secondary-1': 'up', 'secondary-2': 'down' })
    await cluster.resume('secondary-2')
    await untilBothDecide()
  })

  it('T-13 E-69 both: the primary decides', async () => {
    await cluster.suspend('secondary-1')
    await cluster.stopMember('secondary-2')
    expect(await decidersOf(6)).toEqual({ primary: 6 })
    const late = await registered()
    expect(await campus.logIn(late)).toMatchObject({ status: 200, replica: 'primary' })
    await cluster.resume('secondary-1')
    await cluster.startMember('secondary-2')
    await untilBothDecide()
    // They have caught up.
    const answers = await inTurn(2, () => campus.logIn(late))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  })
})

describe('when the primary is away', () => {
  it.each(['stopped', 'suspended'])('T-13 E-68 %s: logins go on, and registering is 503', async (how) => {
    const late = await registered()
    if (how === 'stopped') await cluster.stopMember('primary')
    else await cluster.suspend('primary')
    expect(await campus.register()).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
    for (const who of [ada, late, ada, late]) {
      const answer = await campus.logIn(who)
      expect(answer).toMatchObject({ status: 200, replica: expect.stringMatching(/^secondary-[12]$/) })
    }
    expect((await campus.logIn(ada, 'wrong horse 7')).status).toBe(401)
    expect(await nodes()).toMatchObject({ primary: 'down', 'secondary-1': 'up', 'secondary-2': 'up' })

    if (how === 'stopped') await cluster.startMember('primary')
    else await cluster.resume('primary')
    await expect.poll(async () => (await campus.register()).status, { timeout: startLimitMs }).toBe(201)
    // The standbys follow it again by themselves, and nobody is lost.
    await untilBothDecide(startLimitMs)
    const fresh = await registered()
    for (const who of [fresh, late, fresh, late]) expect((await campus.logIn(who)).status).toBe(200)
  })
})

describe('while standbys are killed, again and again', () => {
  it(
    `T-13 E-69 E-70 whoever was registered can log in at once, ${rounds * 10} times`,
    { timeout: roundsLimitMs },
    async () => {
      const calm: number[] = []
      const disturbed: number[] = []
      const replicas: (string | null)[] = []
      const session = async (times: number[]): Promise<void> => {
        const username = await registered()
        const began = performance.now()
        const answer = await campus.logIn(username)
        times.push(performance.now() - began)
        expect(answer).toMatchObject({ status: 200 })
        replicas.push(answer.replica)
      }
      await inTurn(10, () => session(calm))
      replicas.length = 0

      const over = new AbortController()
      const disturbing = (async () => {
        for (let turn = 0; !over.signal.aborted; turn += 1) {
          const name = standbys[turn % 2] ?? ''
          const pid = await cluster.killMember(name)
          await expect.poll(() => pidOf(name), { timeout: startLimitMs }).not.toBeOneOf([pid, undefined])
        }
      })()
      try {
        await inTurn(rounds * 10, () => session(disturbed))
      } finally {
        over.abort()
        await disturbing
      }
      const shares = Object.entries(tally(replicas)).map(([name, count]) => `${name} ${count}`)
      process.stdout.write(
        `${replicas.length} logins while standbys were killed: ${shares.sort().join(', ')}; median ${middle(calm)} ms before, ` +
          `${middle(disturbed)} ms then, ${Math.max(...disturbed).toFixed(0)} ms at most\n`,
      )
      await untilBothDecide(startLimitMs)
    },
  )
})

describe('when the users service is away', () => {
  let student: Person
  beforeAll(async () => {
    student = await campus.personWith('student')
  })

  it('T-12 E-10 E-44 E-47 registering and logging in is 503, and enrollment works for whoever has a token', async () => {
    await cluster.stopMember('identity')
    for (const answer of [await campus.register(), await campus.logIn(ada)])
      expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) })
    expect((await campus.ask(student, 'GET', '/sections')).status).toBe(200)
    expect((await campus.ask(student, 'GET', `/students/${student.username}/enrollments`)).status).toBe(200)
    // Also after a restart: the keys come from the gateway.
    await cluster.stopMember('enrollment.1')
    await cluster.startMember('enrollment.1')
    const url = await cluster.urlOf('enrollment.1')
    expect((await campus.ask(student, 'GET', '/sections', undefined, url)).status).toBe(200)
    await cluster.startMember('identity')
    await expect.poll(async () => (await campus.logIn(ada)).status, { timeout: backLimitMs }).toBe(200)
    expect((await campus.logIn(newName())).status).toBe(401)
  })
})

async function pidOf(name: string): Promise<number | undefined> {
  return (await cluster.addresses()).instances[name]?.pid ?? undefined
}

function middle(times: readonly number[]): string {
  return (times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0).toFixed(0)
}
