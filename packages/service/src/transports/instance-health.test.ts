import { beforeEach, describe, expect, it } from 'vitest'
import { InstanceHealth } from './instance-health.ts'
import { Rotation } from './rotation.ts'

let now = 0
let health: InstanceHealth

beforeEach(() => {
  now = 0
  health = new InstanceHealth(() => now)
})

function fail(failure: 'refused' | 'lost' | 'silent', times = 1): void {
  for (let n = 0; n < times; n += 1) health.failed(failure, false)
}

describe('an instance', () => {
  it('E-41 that refuses once is passed over for two seconds', () => {
    fail('refused')
    now = 1999
    expect(health.admits()).toBe(false)
    now = 2000
    expect(health.admits()).toBe(true)
  })

  it('that is lost or silent is passed over at the third time in a row', () => {
    fail('lost')
    fail('silent')
    expect(health.admits()).toBe(true)
    health.answered(false)
    fail('lost', 2)
    expect(health.admits()).toBe(true)
    fail('lost')
    expect(health.admits()).toBe(false)
  })

  it('E-43 that stays silent is passed over for longer, but never so long that it is not back within five seconds', () => {
    fail('silent', 3)
    for (const pause of [2000, 4000, 4000]) {
      now += pause - 1
      expect(health.admits()).toBe(false)
      now += 1
      expect(health.admits()).toBe(true)
      health.failed('silent', health.take())
    }
  })

  it('is tried by one call, and by another when that one is given up', () => {
    fail('refused')
    now = 2000
    const trial = health.take()
    expect([trial, health.admits()]).toEqual([true, false])
    health.abandoned(trial)
    expect(health.admits()).toBe(true)
  })

  it('E-43 that refused is tried by another call soon while the first waits for its answer, one that hung is not', () => {
    fail('refused')
    now = 2000
    health.take()
    now = 2499
    expect(health.admits()).toBe(false)
    now = 2500
    expect(health.admits()).toBe(true)

    const hung = new InstanceHealth(() => now)
    for (let n = 0; n < 3; n += 1) hung.failed('silent', false)
    now += 2000
    hung.take()
    now += 60_000
    expect(hung.admits()).toBe(false)
  })

  it('E-43 is tried by another call soon when the first is slow for a reason of its own', () => {
    fail('lost', 3)
    now = 2000
    const slow = health.take(true)
    now = 2499
    expect(health.admits()).toBe(false)
    now = 2500
    expect(health.admits()).toBe(true)
    const quick = health.take()
    expect(health.admits()).toBe(false)
    expect(health.answered(quick)).toBe(true)
    // What becomes of the slow one is no longer a trial.
    health.failed('lost', slow)
    expect(health.isUp).toBe(true)
  })

  it('that is out is brought back by the call that tries it, not by those that were under way', () => {
    fail('refused')
    health.answered(false)
    expect(health.isUp).toBe(false)
    now = 2000
    const trial = health.take()
    health.answered(false)
    expect([health.isUp, health.admits()]).toEqual([false, false])
    health.answered(trial)
    expect(health.isUp).toBe(true)
  })

  it('that is out is not kept out by calls that were under way', () => {
    fail('refused')
    now = 1500
    fail('refused')
    now = 2000
    expect(health.admits()).toBe(true)
  })
})

describe('turns', () => {
  const three = () => new Rotation(['a', 'b', 'c'].map((name) => ({ name, health: new InstanceHealth(() => now) })))

  it('pass over one that has failed a call, unless there is no other', () => {
    const rotation = three()
    const [a, b, c] = rotation.instances
    expect([rotation.next(), rotation.next(undefined, b), rotation.next()]).toEqual([a, c, a])
    expect(rotation.next((one) => one === b, b)).toBe(b)
  })

  it('are nobody’s when all are out, but of one that is tried every quarter of a second', () => {
    const rotation = three()
    for (const one of rotation.instances) one.health.failed('refused', one.health.take())
    expect(rotation.next()).toBeUndefined()
    now = 250
    const first = rotation.next()
    first?.health.take()
    expect(first).toBe(rotation.instances[0])
    expect(rotation.next()).toBe(rotation.instances[1])
  })

  it('are waited for, not given to one that is out, as long as another is only busy', () => {
    const rotation = three()
    const [a, b, c] = rotation.instances
    for (const one of [a, b]) one?.health.failed('refused', false)
    now = 1000
    expect(rotation.next((one) => one !== c)).toBeUndefined()
  })
})
