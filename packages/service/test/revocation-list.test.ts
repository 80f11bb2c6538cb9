import { describe, expect, it } from 'vitest'
import { RevocationList } from '../src/index.ts'
import { stoppedClock } from './support.ts'

const now = (clock: { now(): Date }): number => Math.floor(clock.now().getTime() / 1000)

describe('revocations (design §4)', () => {
  it('concern one session, or everything an account has', () => {
    const clock = stoppedClock()
    const list = new RevocationList(clock)
    list.apply([
      { sequence: 4, kind: 'session', id: 'one', until: now(clock) + 900 },
      { sequence: 5, kind: 'account', id: 'ada', until: now(clock) + 900 },
    ])
    expect(list.isRevoked('one', 'bob')).toBe(true)
    expect(list.isRevoked('two', 'bob')).toBe(false)
    expect(list.isRevoked('two', 'ada')).toBe(true)
    // A session's id is no account's id.
    expect(list.isRevoked('ada', 'one')).toBe(false)
  })

  it('are forgotten when no token they concern can be valid any more', () => {
    const clock = stoppedClock()
    const list = new RevocationList(clock)
    list.apply([{ sequence: 1, kind: 'session', id: 'one', until: now(clock) + 900 }])
    clock.set(new Date(clock.now().getTime() + 901_000))
    list.apply([])
    expect(list.isRevoked('one', 'bob')).toBe(false)
  })
})
