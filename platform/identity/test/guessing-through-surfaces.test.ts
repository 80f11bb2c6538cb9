import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIdentity, type TestIdentity } from './support.ts'

/** It stands still, so that no pause passes however long the attempts take. */
const clock = { now: () => new Date('2026-01-01T12:00:00Z') }
let one: TestIdentity

beforeAll(async () => {
  one = await startIdentity(undefined, { clock })
  await one.service.start()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

function times<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}

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
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 60 }, () => 200))
  })
})
