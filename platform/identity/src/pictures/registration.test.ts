import { describe, expect, it } from 'vitest'
import { checkName, endOfKey, lastDayOf, maskedKey, RegistrationRefused } from './registration.ts'

describe('S-17 names', () => {
  it.each(['A', ' Ada ', 'a'.repeat(100), '𝄞'.repeat(100), 'SELECT Reg_Name FROM x', '<b>'])('may be %j', (name) =>
    expect(() => checkName(name)).not.toThrow(),
  )

  it.each(['', '  ', 'a'.repeat(101), 'a\0b', '\ud800'])('may not be %j', (name) =>
    expect(() => checkName(name)).toThrow(RegistrationRefused),
  )
})

describe('S-41 a key', () => {
  it.each(['2026-06-01T00:00:00.000Z', '2026-06-01T23:59:59.999Z'])(
    'that is made at %s counts to the end of the thirtieth day after',
    (madeAt) => {
      const end = endOfKey(new Date(madeAt))
      expect(end.toISOString()).toBe('2026-07-02T00:00:00.000Z')
      expect(lastDayOf(end)).toBe('2026-07-01')
    },
  )

  it('S-F3 is shown by how it begins', () => expect(maskedKey('AbCd-1')).toBe(`AbCd-1${'*'.repeat(34)}`))
})
