import { describe, expect, it } from 'vitest'
import { commonPasswords, isCommonPassword } from './common-passwords.ts'

describe('S-56 the most common passwords', () => {
  it('are a thousand different ones', () => expect(commonPasswords.size).toBe(1000))

  it.each(['football', 'password'])('have %s among them', (password) => expect(isCommonPassword(password)).toBe(true))

  it.each(['pythonnn', 'Football', ' password'])('do not have %j', (password) =>
    expect(isCommonPassword(password)).toBe(false),
  )
})
