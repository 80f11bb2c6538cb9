import {
  IsArray,
  IsBoolean,
  IsInteger,
  IsNull,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUnion,
  type TNumber,
  type TObject,
  type TSchema,
  type TString,
} from 'typebox'
import type { Issue, Part, Reading } from '../dialect.ts'

/*
 * Reads values as leniently as the market contract §2 asks for: numbers out of strings, whole floats as integers,
 * booleans out of words, but never strings out of numbers. Issues have the types and words that clients of Pydantic know.
 */

type Location = readonly (string | number)[]

/** Reads one part of a request by its schema; all issues are gathered, not just the first. */
export function readLeniently(schema: TSchema, input: unknown, part: Part): Reading {
  const issues: Issue[] = []
  const value = read(schema, input, [part], issues)
  return { value, issues }
}

function read(schema: TSchema, input: unknown, loc: Location, issues: Issue[]): unknown {
  if (IsUnion(schema)) {
    const [nullable, ...others] = [...schema.anyOf].sort((a, b) => Number(IsNull(b)) - Number(IsNull(a)))
    const only = others[0]
    if (!nullable || !IsNull(nullable) || !only || others.length > 1) {
      throw new TypeError('the only union that can be read leniently is one type or null')
    }
    return input === null ? null : read(only, input, loc, issues)
  }
  if (IsObject(schema)) return readObject(schema, input, loc, issues)
  if (IsArray(schema)) throw new TypeError('arrays are not part of any lenient request')
  const outcome = readScalar(schema, input, loc)
  if ('value' in outcome) return outcome.value
  issues.push({ ...outcome, loc, input: isSecret(schema) ? '**********' : shown(input) })
  return undefined
}

function readObject(schema: TObject, input: unknown, loc: Location, issues: Issue[]): unknown {
  if (input === undefined) {
    issues.push({ type: 'missing', loc, msg: 'Field required', input: null })
    return undefined
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from'
    // What was sent instead of an object may be anything, secrets included: it is not sent back.
    issues.push({ type: 'model_attributes_type', loc, msg, input: null })
    return undefined
  }
  const value: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties)) {
    const given: unknown = Object.hasOwn(input, name) ? Reflect.get(input, name) : undefined
    if (given !== undefined) value[name] = read(property, given, [...loc, name], issues)
    // The object that lacks the field is not sent back: its other fields may be secrets.
    else if (!IsOptional(property))
      issues.push({ type: 'missing', loc: [...loc, name], msg: 'Field required', input: null })
  }
  return value
}

type Fault = Pick<Issue, 'type' | 'msg' | 'ctx'>
type Outcome = { readonly value: unknown } | Fault

function readScalar(schema: TSchema, input: unknown, loc: Location): Outcome {
  if (IsString(schema)) return readString(schema, input, loc)
  if (IsInteger(schema)) return readInteger(input)
  if (IsNumber(schema)) return readNumber(schema, input)
  if (IsBoolean(schema)) return readBoolean(input)
  throw new TypeError('a schema of this kind cannot be read leniently')
}

function readString(schema: TString, input: unknown, [part]: Location): Outcome {
  if (typeof input !== 'string') return { type: 'string_type', msg: 'Input should be a valid string' }
  // PostgreSQL cannot store it, and nothing that a person types contains it. In a path it names nothing: ids there are
  // free text (market §2).
  if (input.includes('\0') && part !== 'path')
    return { type: 'value_error', msg: 'Value error, the NUL character is not allowed' }
  if (optionOf(schema, 'format') === 'uuid') return readUuid(input)
  const pattern = optionOf(schema, 'pattern')
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(input)) {
    return { type: 'string_pattern_mismatch', msg: `String should match pattern '${pattern}'`, ctx: { pattern } }
  }
  return { value: input }
}

const uuidForms = [
  /^(?:urn:uuid:)?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i,
  /^\{([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}$/i,
  /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i,
]

/** Ids come in any of the forms of RFC 9562 and leave in one: lower case with dashes (market §2). */
function readUuid(input: string): Outcome {
  const match = uuidForms.map((form) => form.exec(input)).find((found) => found !== null)
  if (match) return { value: match.slice(1).join('-').toLowerCase() }
  const error = 'this is not 32 hexadecimal digits, with or without dashes'
  return { type: 'uuid_parsing', msg: `Input should be a valid UUID, ${error}`, ctx: { error } }
}

const wholeNumberText = /^\s*[+-]?\d+(?:\.0*)?\s*$/
// Each digit can be matched in one way only: a text of a megabyte must not be tried in a million ways.
const numberText = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/

function readInteger(input: unknown): Outcome {
  if (typeof input === 'string') {
    if (wholeNumberText.test(input)) return withinSafeRange(Number(input))
    return { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' }
  }
  if (typeof input !== 'number') return { type: 'int_type', msg: 'Input should be a valid integer' }
  if (!Number.isFinite(input)) return { type: 'finite_number', msg: 'Input should be a finite number' }
  if (!Number.isInteger(input)) {
    return { type: 'int_from_float', msg: 'Input should be a valid integer, got a number with a fractional part' }
  }
  return withinSafeRange(input)
}

function readNumber(schema: TNumber, input: unknown): Outcome {
  if (typeof input === 'string' && /^\s*[+-]?(?:inf|infinity|nan)\s*$/iu.test(input)) {
    return { type: 'finite_number', msg: 'Input should be a finite number' }
  }
  if (typeof input === 'string' && !numberText.test(input)) {
    return { type: 'float_parsing', msg: 'Input should be a valid number, unable to parse string as a number' }
  }
  if (typeof input !== 'number' && typeof input !== 'string') {
    return { type: 'float_type', msg: 'Input should be a valid number' }
  }
  const outcome = withinSafeRange(Number(input))
  const grain = optionOf(schema, 'multipleOf')
  if (!('value' in outcome) || typeof grain !== 'number') return outcome
  return hasGrain(Number(input), grain) ? outcome : tooFine(grain)
}

/** Whether a number, as it is written, has no more decimals than `grain` has: 0.000001 allows six. */
function hasGrain(value: number, grain: number): boolean {
  const decimals = decimalsOf(grain)
  return Number(value.toFixed(decimals)) === value
}

function tooFine(grain: number): Fault {
  const places = decimalsOf(grain)
  const msg = `Decimal input should have no more than ${places} decimal places`
  return { type: 'decimal_max_places', msg, ctx: { decimal_places: places } }
}

function decimalsOf(grain: number): number {
  return Math.round(-Math.log10(grain))
}

function withinSafeRange(value: number): Outcome {
  if (!Number.isFinite(value)) return { type: 'finite_number', msg: 'Input should be a finite number' }
  const limit = Number.MAX_SAFE_INTEGER
  if (value > limit) {
    return { type: 'less_than_equal', msg: `Input should be less than or equal to ${limit}`, ctx: { le: limit } }
  }
  if (value < -limit) {
    return {
      type: 'greater_than_equal',
      msg: `Input should be greater than or equal to ${-limit}`,
      ctx: { ge: -limit },
    }
  }
  return { value }
}

const truths = new Set(['true', '1', 'on', 'yes', 't', 'y'])
const falsehoods = new Set(['false', '0', 'off', 'no', 'f', 'n'])

function readBoolean(input: unknown): Outcome {
  if (typeof input === 'boolean') return { value: input }
  if (typeof input !== 'string' && typeof input !== 'number') {
    return { type: 'bool_type', msg: 'Input should be a valid boolean' }
  }
  const word = String(input).toLowerCase()
  if (truths.has(word)) return { value: true }
  if (falsehoods.has(word)) return { value: false }
  return { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' }
}

const shownLength = 200

/** What was wrong, as far as it is worth sending back: a megabyte of it is not. */
function shown(input: unknown): unknown {
  if (typeof input === 'string') return input.length <= shownLength ? input : `${input.slice(0, shownLength)}…`
  return typeof input === 'object' && input !== null ? (Array.isArray(input) ? [] : {}) : input
}

function isSecret(schema: TSchema): boolean {
  return optionOf(schema, 'writeOnly') === true
}

function optionOf(schema: TSchema, name: string): unknown {
  return Reflect.get(schema, name)
}
