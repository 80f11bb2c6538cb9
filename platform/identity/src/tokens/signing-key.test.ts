import { describe, expect, it } from 'vitest'
import { isPublished, isRotationDue, leadMs, overlapMs, standingsOf } from './signing-key.ts'

const day = 86_400_000
const start = Date.parse('2026-01-01T00:00:00Z')
const at = (days: number, ms = 0): Date => new Date(start + days * day + ms)
const key = (kid: string, signsFrom: Date, revokedAt?: Date) => ({ kid, signsFrom, revokedAt })

function states(keys: Parameters<typeof standingsOf>[0], now: Date): Record<string, string> {
  return Object.fromEntries(standingsOf(keys, now).map((standing) => [standing.key.kid, standing.state]))
}

describe('signing keys (design §4)', () => {
  const [first, second] = [key('first', at(0)), key('second', at(90))]

  it('sign until the next one does, to the millisecond', () => {
    expect(states([first, second], at(90, -1))).toEqual({ first: 'signing', second: 'next' })
    expect(states([first, second], at(90))).toEqual({ first: 'verifying', second: 'signing' })
  })

  it('are published until the last token they signed has expired, and a margin more', () => {
    expect(overlapMs).toBe((4 * 3600 + 300) * 1000)
    expect(states([first, second], at(90, overlapMs - 1))['first']).toBe('verifying')
    expect(states([first, second], at(90, overlapMs))['first']).toBe('retired')
    expect(standingsOf([first, second], at(0))[0]?.retiresAt).toEqual(at(90, overlapMs))
    expect(standingsOf([first, second], at(0)).filter(isPublished)).toHaveLength(2)
    expect(standingsOf([first, second], at(91)).filter(isPublished)).toHaveLength(1)
  })

  it('give way at once to the next one when they are revoked, and are published no longer', () => {
    const stolen = key('first', at(0), at(89))
    expect(states([stolen, second], at(89))).toEqual({ first: 'revoked', second: 'signing' })
    expect(standingsOf([stolen, second], at(89)).filter(isPublished)).toHaveLength(1)
  })

  it('that were revoked before they signed change nothing for the others', () => {
    const unused = key('second', at(90), at(89))
    expect(states([first, unused], at(100))).toEqual({ first: 'signing', second: 'revoked' })
    expect(standingsOf([first, unused], at(100))[0]?.retiresAt).toBeUndefined()
  })

  it('do not come back when the one that followed them is revoked', () => {
    const stolen = key('second', at(90), at(100))
    const third = key('third', at(100))
    expect(states([first, stolen, third], at(100))).toEqual({ first: 'retired', second: 'revoked', third: 'signing' })
  })

  it('sign ahead of their time for an instance whose clock is behind, rather than none', () => {
    expect(states([first], at(0, -1000))).toEqual({ first: 'signing' })
  })

  it.each([
    ['a moment before there is just time to be published', at(90, -leadMs - 1), false],
    ['when there is just time', at(90, -leadMs), true],
    ['long after', at(400), true],
  ])('are due to be followed %s', (_, now, due) => expect(isRotationDue([first], 90, now)).toBe(due))

  it('are not due while another waits, nor ever where it is not wanted', () => {
    expect(isRotationDue([first, second], 90, at(90, -1))).toBe(false)
    expect(isRotationDue([first], 0, at(4000))).toBe(false)
  })
})
