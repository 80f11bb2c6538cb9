import type { Clock } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import { TooManyAttempts } from './guesses.ts'
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

  it('counts attempts that are made at once before any of them is judged', async () => {
    const { begin } = setUp()
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, begin))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(usualPace.free + 1)
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
