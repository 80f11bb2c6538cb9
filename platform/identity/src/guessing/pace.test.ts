import { describe, expect, it } from 'vitest'
import { pauseAfter, strangersPace, usualPace } from './pace.ts'

describe('the pace of guessing', () => {
  it('leaves twenty attempts free, and then doubles the pause', () => {
    expect([1, 20, 21, 22, 23].map((attempts) => pauseAfter(attempts, usualPace))).toEqual([0, 0, 1000, 2000, 4000])
  })

  it('locks nobody out for ever, however long somebody goes on', () => {
    for (const attempts of [40, 100, 1_000_000]) expect(pauseAfter(attempts, usualPace)).toBe(300_000)
  })

  it('leaves strangers nothing free while an account is under pressure', () => {
    expect(pauseAfter(1, strangersPace)).toBe(30_000)
  })
})
