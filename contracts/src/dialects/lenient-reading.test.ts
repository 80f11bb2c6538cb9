import fc from 'fast-check'
import { type TSchema, Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { readLeniently } from './lenient-reading.ts'

function read(schema: TSchema, input: unknown) {
  const { value, issues } = readLeniently(Type.Object({ field: schema }), { field: input }, 'body')
  const field: unknown = Reflect.get(Object(value), 'field')
  return issues.length > 0 ? issues.map(({ type }) => type) : field
}

describe('numbers (market §2)', () => {
  it.each([
    ['10', 10],
    [10, 10],
    [10.0, 10],
    ['10.0', 10],
    [' -3 ', -3],
    ['+7', 7],
  ])('reads %j as the integer %d', (input, value) => expect(read(Type.Integer(), input)).toBe(value))

  it.each([
    [10.5, 'int_from_float'],
    ['10.5', 'int_parsing'],
    ['ten', 'int_parsing'],
    ['', 'int_parsing'],
    ['0x10', 'int_parsing'],
    [true, 'int_type'],
    [null, 'int_type'],
    [[1], 'int_type'],
    [{}, 'int_type'],
    [Number.POSITIVE_INFINITY, 'finite_number'],
    [2 ** 53, 'less_than_equal'],
    [-(2 ** 53), 'greater_than_equal'],
    ['9007199254740993', 'less_than_equal'],
  ])('refuses %j as an integer: %s', (input, type) => expect(read(Type.Integer(), input)).toEqual([type]))

  it.each([
    ['12.34', 12.34],
    [12.34, 12.34],
    ['1e3', 1000],
    ['.5', 0.5],
    [-0.25, -0.25],
    [2 ** 53 - 1, 2 ** 53 - 1],
  ])('reads %j as the number %d', (input, value) => expect(read(Type.Number(), input)).toBe(value))

  it.each([
    ['NaN', 'finite_number'],
    ['-Infinity', 'finite_number'],
    ['1e999', 'finite_number'],
    [Number.NaN, 'finite_number'],
    ['ten', 'float_parsing'],
    ['', 'float_parsing'],
    ['1_000', 'float_parsing'],
    [false, 'float_type'],
    [null, 'float_type'],
    [2 ** 53, 'less_than_equal'],
  ])('refuses %j as a number: %s', (input, type) => expect(read(Type.Number(), input)).toEqual([type]))

  it('holds a number to the grain its schema asks for', () => {
    const tux = Type.Number({ multipleOf: 0.000001 })
    expect(read(tux, 0.000001)).toBe(0.000001)
    expect(read(tux, 12.345678)).toBe(12.345678)
    expect(read(tux, 0.0000001)).toEqual(['decimal_max_places'])
    expect(read(tux, 1.0000005)).toEqual(['decimal_max_places'])
  })

  it('takes every amount that has at most six decimals', () => {
    const tux = Type.Number({ multipleOf: 0.000001 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (millionths) => {
        const amount = millionths / 1_000_000
        expect(read(tux, amount)).toBe(amount)
        expect(read(tux, String(amount))).toBe(amount)
      }),
    )
  })
})

it('a megabyte of digits that is no number is refused like any other', () => {
  expect(read(Type.Number(), `${'1'.repeat(1_000_000)}x`)).toEqual(['float_parsing'])
  expect(read(Type.Integer(), `${'1'.repeat(1_000_000)}x`)).toEqual(['int_parsing'])
})

it('what was wrong is sent back, but not at any length', () => {
  const schema = Type.Object({ field: Type.Integer() })
  const inputOf = (field: unknown): unknown => readLeniently(schema, { field }, 'body').issues[0]?.input
  expect(inputOf('ten')).toBe('ten')
  expect(inputOf('x'.repeat(1_000_000))).toBe(`${'x'.repeat(200)}…`)
  expect(inputOf([[[]]])).toEqual([])
  expect(inputOf({ a: 1 })).toEqual({})
})

describe('text and truth (market §2)', () => {
  it('makes no text out of other things', () => {
    for (const input of [5, true, null, ['a'], {}]) expect(read(Type.String(), input)).toEqual(['string_type'])
  })

  it('refuses the NUL character, which no store can hold', () => {
    expect(read(Type.String(), 'a\0b')).toEqual(['value_error'])
    expect(readLeniently(Type.Object({ uid: Type.String() }), { uid: 'a\0b' }, 'path').issues).toEqual([])
  })

  it.each([true, 1, '1', 'true', 'TRUE', 'on', 'Yes', 't', 'Y'])('reads %j as true', (input) =>
    expect(read(Type.Boolean(), input)).toBe(true),
  )
  it.each([false, 0, '0', 'false', 'Off', 'NO', 'f', 'n'])('reads %j as false', (input) =>
    expect(read(Type.Boolean(), input)).toBe(false),
  )
  it.each([
    ['', 'bool_parsing'],
    ['maybe', 'bool_parsing'],
    [2, 'bool_parsing'],
    [null, 'bool_type'],
    [[], 'bool_type'],
  ])('refuses %j as a truth: %s', (input, type) => expect(read(Type.Boolean(), input)).toEqual([type]))

  it('takes null only where the schema does', () => {
    expect(read(Type.Union([Type.String(), Type.Null()]), null)).toBe(null)
    expect(read(Type.Union([Type.String(), Type.Null()]), 5)).toEqual(['string_type'])
    expect(read(Type.String(), null)).toEqual(['string_type'])
  })
})

describe('objects (market §2)', () => {
  const person = Type.Object({
    name: Type.String(),
    age: Type.Optional(Type.Integer()),
    password: Type.String({ writeOnly: true }),
  })

  it('gathers everything that is wrong, and where', () => {
    const { issues } = readLeniently(person, { age: 'old', password: 5 }, 'body')
    expect(issues).toEqual([
      { type: 'missing', loc: ['body', 'name'], msg: 'Field required', input: null },
      {
        type: 'int_parsing',
        loc: ['body', 'age'],
        msg: 'Input should be a valid integer, unable to parse string as an integer',
        input: 'old',
      },
      { type: 'string_type', loc: ['body', 'password'], msg: 'Input should be a valid string', input: '**********' },
    ])
  })

  it('ignores fields it does not know, inherited ones included', () => {
    const { value, issues } = readLeniently(
      person,
      { name: 'Ada', password: 'x', extra: 1, __proto__: { age: 3 } },
      'body',
    )
    expect(issues).toEqual([])
    expect(value).toEqual({ name: 'Ada', password: 'x' })
  })

  it.each([
    [undefined, 'missing'],
    [null, 'model_attributes_type'],
    [[], 'model_attributes_type'],
    ['{}', 'model_attributes_type'],
    [5, 'model_attributes_type'],
  ])('refuses %j instead of an object: %s', (input, type) => {
    const { issues } = readLeniently(person, input, 'body')
    expect(issues.map((issue) => [issue.type, issue.loc])).toEqual([[type, ['body']]])
  })

  it('never throws, whatever comes, and what it lets through has the right types', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        const { value, issues } = readLeniently(person, input, 'body')
        if (issues.length > 0) return
        const { name, age, password }: Record<string, unknown> = Object(value)
        expect(typeof name).toBe('string')
        expect(typeof password).toBe('string')
        if (age !== undefined) expect(Number.isSafeInteger(age)).toBe(true)
      }),
    )
  })
})
