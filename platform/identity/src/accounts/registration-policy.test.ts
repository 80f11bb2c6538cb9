import { describe, expect, it } from 'vitest'
import { InvalidEmail, InvalidPassword, InvalidUsername } from './account.ts'
import { platformFloor, registrationPolicies } from './registration-policy.ts'

const { market } = registrationPolicies

describe('the floor under every policy (design §4)', () => {
  it('takes eight characters that are not among the most common passwords', () => {
    for (const password of ['pythonnn', 'correct horse', 'ünïcödé!']) {
      expect(() => platformFloor.checkPassword(password)).not.toThrow()
    }
    for (const password of ['python', 'football', 'password', '12345678']) {
      expect(() => platformFloor.checkPassword(password)).toThrow(InvalidPassword)
    }
  })

  it('takes no user name that looks like an id or an e-mail address', () => {
    for (const name of [
      '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11',
      '6F1A3C6E-8F0B-4A53-9A3E-0C9B7F3F1D11',
      'ada@example',
    ]) {
      expect(() => platformFloor.checkUsername(name)).toThrow(InvalidUsername)
    }
  })
})

describe('a user name of the market (market §4)', () => {
  it.each(['ada', 'Ada_99', 'a__', 'x'.repeat(30)])('may be %s', (name) => {
    expect(() => market.checkUsername(name)).not.toThrow()
  })
  it.each(['', 'ab', '1ada', '_ada', 'ada!', 'ad a', 'àda', 'ada\n', 'x'.repeat(31), 'ada@example.org'])(
    'may not be %j',
    (name) => expect(() => market.checkUsername(name)).toThrow(InvalidUsername),
  )
})

describe('an e-mail address of the market (market §4)', () => {
  it.each(['a@b.cd', 'a.b%c+d-e@f-g.h_i.org', 'üwe@bücher.example.org', 'A@B.CO'])('may be %s', (email) => {
    expect(() => market.checkEmail(email)).not.toThrow()
  })
  it.each(['', 'a', '@b.cd', 'a@b', 'a@b.c', 'a@b.c1', 'a b@c.de', 'a@b.cd\n', 'a@b@c.de', `${'x'.repeat(250)}@b.cd`])(
    'may not be %j',
    (email) => expect(() => market.checkEmail(email)).toThrow(InvalidEmail),
  )
})

describe('an e-mail address of the pictures service (pictures S-17)', () => {
  const { pictures } = registrationPolicies

  it.each([
    'michael@gmail.com',
    'A.B+c-d_e@F-1.example.CO',
    "o'brien@example.org",
    'üwe@bücher.example.org',
    `${'a'.repeat(64)}@example.org`,
  ])('may be %s', (email) => expect(() => pictures.checkEmail(email)).not.toThrow())

  it.each([
    'michaelgmail.com',
    '@gmail.com',
    'michael@',
    'michael@gmail',
    'michael@gmail.c',
    'michael@.com',
    'michael@gmail..com',
    'michael@-gmail.com',
    'michael@gmail-.com',
    'michael@gmail.com.',
    '.michael@gmail.com',
    'michael.@gmail.com',
    'mich..ael@gmail.com',
    'mich ael@gmail.com',
    'mich"ael@gmail.com',
    'mich@ael@gmail.com',
    'Michael <michael@gmail.com>',
    'a@gmail.com,b@gmail.com',
    `${'a'.repeat(65)}@gmail.com`,
    `a@${'b'.repeat(64)}.com`,
    `a@${`${'b'.repeat(30)}.`.repeat(4)}com`,
  ])('may not be %s', (email) => expect(() => pictures.checkEmail(email)).toThrow(InvalidEmail))
})

describe('a password of the market (market §4)', () => {
  it.each(['Correct-Horse7!', 'Aa1!aaaa', 'Ünïcode1!x Aa', `Aa1!${'x'.repeat(68)}`])('may be %s', (password) => {
    expect(() => market.checkPassword(password)).not.toThrow()
  })
  it.each([
    ['seven characters', 'Aa1!aaa'],
    ['no upper case', 'aa1!aaaa'],
    ['no lower case', 'AA1!AAAA'],
    ['no digit', 'Aaa!aaaa'],
    ['nothing special', 'Aa1aaaaa'],
    ['73 bytes', `Aa1!${'x'.repeat(69)}`],
    ['73 bytes in fewer characters', `Aa1!${'ü'.repeat(35)}`],
  ])('may not have %s', (_, password) => expect(() => market.checkPassword(password)).toThrow(InvalidPassword))

  it('is never said back', () => {
    for (const password of ['short', 'onlylowercase', 'football']) {
      expect(() => market.checkPassword(password)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(password) }),
      )
    }
  })
})

describe('a user name of the enrollment system (enrollment E-14)', () => {
  const { enrollment } = registrationPolicies

  it.each(['ada', 'Ada.Lovelace', '1-2', 'a_b+c', '...', 'x'.repeat(64)])('may be %s', (name) => {
    expect(() => enrollment.checkUsername(name)).not.toThrow()
  })
  it.each([
    '',
    'ab',
    'x'.repeat(65),
    'ad a',
    'àda',
    'ada\n',
    'ada/b',
    'ada@example.org',
    '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11',
  ])('may not be %j', (name) => expect(() => enrollment.checkUsername(name)).toThrow(InvalidUsername))
  it('is kept in lower case', () => {
    expect(enrollment.spell('Ada.Lovelace')).toBe('ada.lovelace')
  })
})

describe('a password of the enrollment system (enrollment E-14)', () => {
  const { enrollment } = registrationPolicies

  it.each(['pythonnn', 'pässwörd', ' '.repeat(8), '😀'.repeat(8), 'ü'.repeat(1024)])('may be %j', (password) => {
    expect(() => enrollment.checkPassword(password)).not.toThrow()
  })
  it.each(['', 'seven77', '😀'.repeat(7), 'x'.repeat(1025), 'football'])('may not be %j', (password) => {
    expect(() => enrollment.checkPassword(password)).toThrow(InvalidPassword)
  })
})
