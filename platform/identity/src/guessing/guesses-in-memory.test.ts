import type { Clock } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import { attemptsAtOnce, TooManyAttempts } from './guesses.ts'
import { createGuessesInMemory } from './guesses-in-memory.ts'
import { usualPace } from './pace.ts'

function setUp() {
  let now = new Date('2026-03-01T12:00:00Z')
  const clock: Clock = { now: () => now }
  const guesses = createGuessesInMemory({ clock })
  return {
    later: (ms: number) => (now = new Date(now.getTime() + ms)),
    fail: async (username = 'ada', address = '192.0.2.7') => {
      const attempt = await guesses.begin(username, address)
      await attempt.failed()
      attempt.done()
    },
    succeed: async (username = 'ada', address = '192.0.2.7') => {
      const attempt = await guesses.begin(username, address)
      await attempt.succeeded()
      attempt.done()
    },
    begin: () => guesses.begin('ada', '192.0.2.7'),
  }
}

describe('guessing while the database is away (enrollment E-68)', () => {
  it('is slowed down after as many attempts as otherwise', async () => {
    const { fail, later } = setUp()
    for (let tries = 0; tries <= usualPace.free; tries += 1) await fail()
    await expect(fail('ADA')).rejects.toThrow(TooManyAttempts)
    await fail('ada', '198.51.100.1')
    await fail('grace')
    later(usualPace.firstPauseMs)
    await fail()
    await expect(fail()).rejects.toThrow(new TooManyAttempts(2))
  })

  it('is slowed down also when it is done at once', async () => {
    const { fail } = setUp()
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => fail()))
    const judged = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(judged).toBeGreaterThan(usualPace.free)
    expect(judged).toBeLessThanOrEqual(usualPace.free + attemptsAtOnce)
  })

  it('T-13 refuses none of those who come at once with the right password', async () => {
    const { succeed, fail } = setUp()
    await Promise.all(Array.from({ length: 100 }, () => succeed()))
    for (let tries = 0; tries < 10; tries += 1) await fail()
    await Promise.all(Array.from({ length: 100 }, () => succeed()))
  })

  it('judges so many of one client at one account at once', async () => {
    const { begin } = setUp()
    const begun: string[] = []
    const attempts = Array.from({ length: 20 }, () => begin().then((attempt) => (begun.push('one'), attempt)))
    const [first] = await Promise.all(attempts.slice(0, attemptsAtOnce))
    expect(begun).toHaveLength(attemptsAtOnce)
    first?.done()
    await attempts[attemptsAtOnce]
    expect(begun).toHaveLength(attemptsAtOnce + 1)
  })

  it('is forgotten with a success, and by itself', async () => {
    const { fail, succeed, later } = setUp()
    for (let tries = 0; tries < usualPace.free; tries += 1) await fail()
    await succeed()
    for (let tries = 0; tries <= usualPace.free; tries += 1) await fail()
    later(3600_000)
    await fail()
    await fail()
  })
})
