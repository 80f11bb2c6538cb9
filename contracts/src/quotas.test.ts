import { describe, expect, it } from 'vitest'
import { identityContract, logIn } from './identity/index.ts'
import { nameOfWindow, parseRates, quota, withQuotaAt, withRates } from './quotas.ts'

describe('A-12 rates', () => {
  it('are read as they are written', () => {
    expect(parseRates('500/minute, 50/second')).toEqual([
      { requests: 500, seconds: 60 },
      { requests: 50, seconds: 1 },
    ])
    expect(parseRates('1/day')).toEqual([{ requests: 1, seconds: 86_400 }])
    expect(parseRates('none')).toEqual([])
  })

  it.each(['', '0/hour', '5', '5/week', '5/hour,', '-5/hour', '5/hours', '5/constructor'])('are not %j', (text) => {
    expect(parseRates(text)).toBeUndefined()
  })
})

describe('a window', () => {
  it.each([
    [1, 'second'],
    [3600, 'hour'],
    [90, '90 seconds'],
  ])('of %i seconds has a name', (seconds, name) => {
    expect(nameOfWindow({ requests: 1, seconds })).toBe(name)
  })
})

describe('an operator', () => {
  const quotasOf = (contracts: ReturnType<typeof withRates>) =>
    contracts.flatMap(({ surfaces }) => surfaces.flatMap(({ routes }) => routes.flatMap((route) => route.quotas ?? [])))

  it('gives a quota other rates, or none, and leaves the others alone', () => {
    const changed = withRates([identityContract], {
      'accounts-log-in': [],
      'accounts-sign-up': [{ requests: 2, seconds: 60 }],
    })
    const names = new Map(quotasOf(changed).map(({ name, rates }) => [name, rates]))
    expect(names.get('accounts-log-in')).toEqual([])
    expect(names.get('accounts-sign-up')).toEqual([{ requests: 2, seconds: 60 }])
    expect(names.get('accounts-validation')).toEqual([{ requests: 20, seconds: 3600 }])
  })

  it('sets one for everything at one door, mounts included', () => {
    const everything = quota('everything', 'address', '10/second')
    const [contract] = withQuotaAt('public', [identityContract], everything)
    const things = contract?.surfaces.flatMap(({ routes, mounts = [] }) => [...routes, ...mounts]) ?? []
    for (const { door, quotas = [] } of things) expect(quotas.includes(everything)).toBe(door === 'public')
    expect(things.find(({ name }) => name === logIn.name)?.quotas).toHaveLength(2)
  })
})
