import { describe, expect, it } from 'vitest'
import { digestOfRecoveryCode, newRecoveryCode } from './recovery-code.ts'

describe('a recovery code', () => {
  it('has eighty bits, in four groups without letters that look like others', () => {
    const codes = Array.from({ length: 200 }, newRecoveryCode)
    for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/)
    expect(new Set(codes).size).toBe(200)
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32)
  })

  it.each(['01ab-cdef-0000-1111', '01ABCDEF00001111', ' oiab cdef oooo lLIi '])(
    'is the same when typed as %j',
    (typed) => expect(digestOfRecoveryCode(typed)).toEqual(digestOfRecoveryCode('01ab-cdef-0000-1111')),
  )
})
