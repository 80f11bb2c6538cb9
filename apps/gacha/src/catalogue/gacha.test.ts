import { describe, expect, it } from 'vitest'
import { InvalidName, InvalidRarity, isGachaName, parseName, parseRarity } from './gacha.ts'

describe('the name of a gacha', () => {
  it.each(['a', 'Z', 'Pop!_OS', '???', '_', 'x'.repeat(30)])('§5 may be %s', (name) => {
    expect(parseName(name)).toBe(name)
  })

  it.each([
    '',
    'x'.repeat(31),
    'Windows95',
    'Arch Linux',
    ' Ubuntu',
    'Ubuntu ',
    'Ubuntu\n',
    'Ub\0untu',
    'Pop!-OS',
    'a/b',
    'Ünicode',
    'ſ',
    'Ж',
    '😀',
  ])('§5 may not be %j', (name) => {
    expect(() => parseName(name)).toThrow(InvalidName)
    expect(isGachaName(name)).toBe(false)
  })
})

describe('a rarity', () => {
  it('§5 is written as one of five strings', () => {
    expect(['1', '2', '3', '4', '5'].map(parseRarity)).toEqual([1, 2, 3, 4, 5])
  })

  it.each(['', '0', '6', '01', '1.0', ' 1', '1 ', '1\n', '+1', '1e0', 'one', '١', '12'])(
    '§5 is not written %j',
    (text) => {
      expect(() => parseRarity(text)).toThrow(InvalidRarity)
    },
  )
})
