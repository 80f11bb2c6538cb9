import { describe, expect, it } from 'vitest'
import { parseSectionId, statusOf, UnknownSection } from './section.ts'

describe('the status of a section', () => {
  it.each([
    ['open', { capacity: 2, enrolled: 0, waiting: 0 }],
    ['open', { capacity: 2, enrolled: 1, waiting: 0 }],
    ['waitlist', { capacity: 2, enrolled: 2, waiting: 0 }],
    ['waitlist', { capacity: 2, enrolled: 2, waiting: 14 }],
    ['waitlist', { capacity: 2, enrolled: 1, waiting: 1 }],
    ['full', { capacity: 2, enrolled: 2, waiting: 15 }],
    ['full', { capacity: 2, enrolled: 1, waiting: 15 }],
  ])('E-49 is %s with %j', (status, counts) => expect(statusOf(counts)).toBe(status))
})

describe('the id of a section', () => {
  it('E-50 is a positive integer', () => {
    expect(parseSectionId('1')).toBe(1)
    expect(parseSectionId('2147483647')).toBe(2_147_483_647)
  })

  it.each([
    '0',
    '-1',
    '1.0',
    '1e3',
    '01',
    '+1',
    ' 1',
    '',
    'one',
    '0x1',
    '2147483648',
    '99999999999999999999',
    '1\n',
    '١',
  ])('E-50 is not %j, which is unknown and not invalid', (text) =>
    expect(() => parseSectionId(text)).toThrow(UnknownSection),
  )
})
