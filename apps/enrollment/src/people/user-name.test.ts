import { describe, expect, it } from 'vitest'
import { NotYours, onlyOneself, parseUserName, userNameOf } from './user-name.ts'

describe('user names', () => {
  it.each([
    ['Ada', 'ada'],
    ['ada', 'ada'],
    ['a.b_c+d-9', 'a.b_c+d-9'],
    ['x'.repeat(64), 'x'.repeat(64)],
  ])('E-14 %s is known as %s', (text, name) => expect(parseUserName(text)).toBe(name))

  it.each([
    ['too short', 'ab'],
    ['too long', 'x'.repeat(65)],
    ['an e-mail address', 'ada@example.org'],
    ['a UUID', '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11'],
    ['a UUID in capitals', '6F1A3C6E-8F0B-4A53-9A3E-0C9B7F3F1D11'],
    ['with a space', 'ada l'],
    ['with a line break', 'ada\n'],
    ['with the NUL character', 'ada\0'],
    ['with a letter whose lower case is another one', '\u212Aate'],
    ['nothing', ''],
  ])('E-14 there is none that is %s', (_what, text) => expect(parseUserName(text)).toBeUndefined())

  it('E-47 nobody is known by a name that only looks like somebody’s', () => {
    expect('\u212Aate'.toLowerCase()).toBe('kate')
    expect(() => userNameOf({ username: '\u212Aate' })).toThrow(NotYours)
  })

  it('E-47 the name in a path has to be the caller’s own, whatever its case', () => {
    expect(onlyOneself({ username: 'Ada' }, 'aDA')).toBe('ada')
    expect(() => onlyOneself({ username: 'ada' }, 'grace')).toThrow(NotYours)
    expect(() => onlyOneself({ username: 'ada' }, '')).toThrow(NotYours)
  })
})
