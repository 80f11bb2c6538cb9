import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { readStrictly } from './strict-reading.ts'

const schema = Type.Object({
  name: Type.String(),
  tags: Type.Optional(Type.Array(Type.String())),
  file: Type.Optional(Type.Unknown()),
})

describe('strict reading', () => {
  it('S-C5 refuses the NUL character, which the database could not store, wherever it is', () => {
    for (const part of ['path', 'query', 'header', 'body'] as const) {
      expect(readStrictly(schema, { name: 'a\0b' }, part).issues).toMatchObject([{ type: 'nul', loc: [part, 'name'] }])
    }
    expect(readStrictly(schema, { name: 'ada', tags: ['one', '\0'] }, 'body').issues).toMatchObject([
      { loc: ['body', 'tags'], msg: 'must not have the NUL character' },
    ])
  })

  it('S-C10 is not misled by what is nested deep, or by the bytes of a file', () => {
    let deep: unknown = 'end'
    for (let level = 0; level < 200_000; level += 1) deep = [deep]
    const input = { name: 'ada', file: { bytes: new Uint8Array(8) }, more: deep }
    expect(readStrictly(schema, input, 'body')).toEqual({ value: input, issues: [] })
  })
})
