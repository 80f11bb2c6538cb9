import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
let two: TestIdentity

const rates = {
  everything: [{ requests: 150, seconds: 60 }],
  logIn: [{ requests: 100, seconds: 3600 }],
  signUp: [{ requests: 20, seconds: 3600 }],
  validation: [{ requests: 20, seconds: 3600 }],
}

beforeAll(async () => {
  one = await startIdentity(undefined, { rates })
  await one.service.start()
  two = await startIdentity(one, { rates })
  await two.service.start()
})
afterAll(async () => {
  await two.stop()
  await one.stop()
  await one.testDatabase.drop()
})

interface Asked {
  readonly at?: TestIdentity
  readonly from: string
  readonly json?: object
}

async function ask(method: 'GET' | 'POST', path: string, { at = one, from, json }: Asked) {
  const { status, body, headers } = await at.service.inject({
    method,
    path,
    headers: { 'x-forwarded-for': from, ...(json && { 'content-type': 'application/json' }) },
    ...(json && { body: JSON.stringify(json) }),
  })
  return { status, headers, body: JSON.parse(body) }
}

function times<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}

function countOf(answers: readonly { status: number }[], status: number): number {
  return answers.filter((answer) => answer.status === status).length
}

const logIn =
  (from: string, at = one) =>
  (index: number) =>
    ask('POST', '/authy/login', { at, from, json: { username: `nobody${index}`, password: 'wrong password' } })

describe('A-12 A-F10 the limits of one client', () => {
  it('refuses the 101st login in an hour, however many come at once and to which process', async () => {
    const from = '192.0.2.1'
    const answers = await Promise.all([times(60, logIn(from)), times(60, logIn(from, two))])
    expect(countOf(answers.flat(), 401)).toBe(100)
    const refused = answers.flat().filter(({ status }) => status === 429)
    expect(refused).toHaveLength(20)
    for (const { body, headers } of refused) {
      expect(body).toEqual({ message: expect.any(String) })
      expect(Number(headers['retry-after'])).toBeGreaterThan(3500)
    }
    expect((await logIn('192.0.2.2')(0)).status).toBe(401)
  })

  it('still refuses it after a restart', async () => {
    const three = await startIdentity(one, { rates })
    expect((await logIn('192.0.2.1', three)(0)).status).toBe(429)
    await three.stop()
  })

  it('refuses the 21st sign-up and the 21st validation', async () => {
    const signUp = () => ask('POST', '/authy/user', { from: '192.0.2.3', json: {} })
    expect(countOf(await times(25, signUp), 429)).toBe(5)
    const validate = () => ask('GET', '/authy/validate/nothing', { from: '192.0.2.3' })
    const answers = await times(25, validate)
    expect([countOf(answers, 404), countOf(answers, 429)]).toEqual([20, 5])
  })

  it('refuses whatever comes after so many requests of any kind, but at no other surface', async () => {
    const answers = await times(160, () => ask('GET', '/authy/status', { from: '192.0.2.4' }))
    expect(countOf(answers, 429)).toBe(10)
    expect((await ask('GET', '/api/auth/userinfo', { from: '192.0.2.4' })).status).toBe(401)
  })

  it('does not ask the database about those who are over it', async () => {
    await one.testDatabase.database.pool.query('update request_limit set points = 100')
    await times(20, logIn('192.0.2.1'))
    const { rows } = await one.testDatabase.database.pool.query(
      `select points from request_limit where key = 'accounts log-in/3600:192.0.2.1'`,
    )
    expect(rows).toEqual([{ points: 100 }])
  })
})

describe('A-F6 guessing through a surface', () => {
  it('meets 429 with the time to wait, in the words of the market too, for a name that nobody has as well', async () => {
    const market = (username: string) => async () => {
      const { status, body, headers } = await one.service.inject({
        method: 'POST',
        path: '/api/auth/token',
        headers: { 'x-forwarded-for': '192.0.2.9', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ username, password: 'Wrong-Horse7!' }).toString(),
      })
      return { status, headers, body: JSON.parse(body) }
    }
    const person = { username: 'guessed', email: 'guessed@example.org', password: 'Correct-Horse7!' }
    await one.identity.accounts.register(person, 'market', { kind: 'anonymous', address: '' })
    for (const username of ['guessed', 'unguessed']) {
      const answers = []
      for (let count = 0; count < 22; count += 1) answers.push(await market(username)())
      expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 21 }, () => 401), 429])
      expect(answers.at(-1)?.body).toEqual({ detail: 'Too many attempts with wrong passwords' })
      expect(answers.at(-1)?.headers['retry-after']).toBe('1')
    }
  })

  it('does not refuse many who sign in rightly at once', async () => {
    const person = { username: 'popular', email: 'popular@example.org', password: 'Correct-Horse7!' }
    await one.identity.accounts.register(person, 'market', { kind: 'anonymous', address: '' })
    const answers = await times(60, () =>
      one.service.inject({
        method: 'POST',
        path: '/api/auth/token',
        headers: { 'x-forwarded-for': '192.0.2.10', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ username: person.username, password: person.password }).toString(),
      }),
    )
    expect(countOf(answers, 200)).toBe(60)
  })
})
