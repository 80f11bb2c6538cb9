import { describe, expect, it } from 'vitest'
import { MalformedJson, parseJson } from './body.ts'

describe('a body of JSON', () => {
  it('E-14 E-50 is UTF-8, so that no two passwords become one', () => {
    const password = (...bytes: number[]) =>
      Buffer.concat([Buffer.from('{"password":"correct'), Buffer.from(bytes), Buffer.from('"}')])
    expect(parseJson(password(0xc3, 0xbc))).toEqual({ password: 'correctü' })
    for (const bytes of [[0xff], [0xfc], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
      expect(() => parseJson(password(...bytes)), String(bytes)).toThrow(MalformedJson)
    }
  })

  it('is not quoted where it cannot be read', () => {
    expect(() => parseJson(Buffer.from('{"password": "secret'))).toThrow(/^(?!.*secret)/s)
  })
})
