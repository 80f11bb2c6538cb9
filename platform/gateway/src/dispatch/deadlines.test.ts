import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Deadlines, type Limited } from './deadlines.ts'

const everyMs = 100
let deadlines: Deadlines
let late: string[]

function limited(name: string, then: () => void = () => undefined): Limited {
  const onTooLate = () => {
    late.push(name)
    then()
  }
  return { looksLeft: 0, place: -1, onTooLate }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  deadlines = new Deadlines(everyMs)
  late = []
})
afterEach(() => void vi.useRealTimers())

describe('a limit that is watched', () => {
  it('is told of once, never early, and late by two looks at most', () => {
    deadlines.watch(limited('other'), 10_000)
    // Right before a look.
    vi.advanceTimersByTime(everyMs - 1)
    deadlines.watch(limited('one'), 1000)
    vi.advanceTimersByTime(1000)
    expect(late).toEqual([])
    vi.advanceTimersByTime(2 * everyMs)
    expect(late).toEqual(['one'])
    vi.advanceTimersByTime(5000)
    expect(late).toEqual(['one'])
  })

  it('is not told of once it is forgotten, in whatever order that comes', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => limited(name))
    const [a, b, c, d] = all
    for (const one of all) deadlines.watch(one, 1000)
    for (const one of [b, d, a]) if (one) deadlines.forget(one)
    for (const one of [b, d, a]) if (one) deadlines.forget(one)
    vi.advanceTimersByTime(2000)
    expect(late).toEqual(['c'])
    expect(all.map(({ place }) => place)).toEqual([-1, -1, -1, -1])
    expect(c).toBeDefined()
  })

  it('begins anew when it is set once more', () => {
    const one = limited('one')
    deadlines.watch(one, 1000)
    vi.advanceTimersByTime(900)
    deadlines.watch(one, 1000)
    vi.advanceTimersByTime(1000)
    expect(late).toEqual([])
    vi.advanceTimersByTime(200)
    expect(late).toEqual(['one'])
  })

  it('is not told of when another one ended it in the same moment', () => {
    const second = limited('second')
    deadlines.watch(
      limited('first', () => deadlines.forget(second)),
      1000,
    )
    deadlines.watch(second, 1000)
    vi.advanceTimersByTime(2000)
    expect(late).toEqual(['first'])
  })

  it('costs no timer when there is none', () => {
    deadlines.watch(limited('one'), 1000)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(2000)
    expect(vi.getTimerCount()).toBe(0)
    deadlines.watch(limited('two'), 1000)
    vi.advanceTimersByTime(2000)
    expect(late).toEqual(['one', 'two'])
  })
})
