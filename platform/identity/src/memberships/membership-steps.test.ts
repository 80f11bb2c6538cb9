import { type AccountId, newId } from '@sallyport/kernel'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Membership } from './memberships.ts'
import { keyOf, membershipTask, type MembershipStep } from './membership-steps.ts'

function setUp(work: () => Promise<void>) {
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const wallet: Membership = { name: 'wallet', open: work, close: work }
  const step: MembershipStep = { membership: 'wallet', action: 'open', uid: newId<AccountId>() }
  return { lines, step, task: membershipTask([wallet], log) }
}

function attempt(number: number) {
  return { jobId: '1', attempt: number, maxAttempts: 5, signal: new AbortController().signal }
}

describe('a step of an account at another service (market §10)', () => {
  it('is done by its job', async () => {
    let done = 0
    const { lines, step, task } = setUp(async () => void (done += 1))
    await task.run(step, attempt(1))
    expect(done).toBe(1)
    expect(lines).toEqual([])
  })

  it('is tried again when it fails, and after the fifth failure the operator is told to make up for it', async () => {
    const { lines, step, task } = setUp(async () => {
      throw new Error('away')
    })
    for (const number of [1, 2, 3, 4]) await expect(task.run(step, attempt(number))).rejects.toThrow('away')
    expect(lines).toEqual([])
    await expect(task.run(step, attempt(5))).rejects.toThrow('away')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(keyOf(step))
    expect(lines[0]).toContain('by hand')
  })

  it.each([
    {},
    null,
    'x',
    { membership: 'wallet', action: 'open', uid: 'nobody' },
    { membership: 'bank', action: 'open', uid: newId() },
    { membership: 'wallet', action: 'rob', uid: newId() },
  ])('is not made of %j', (payload) => {
    const { task } = setUp(async () => undefined)
    expect(() => task.parse(payload)).toThrow(TypeError)
  })
})
