import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Issue, Part, Reading } from '../dialect.ts'

const validators = new WeakMap<TSchema, Validator>()

function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema) ?? Compile(schema)
  validators.set(schema, known)
  return known
}

/** Reads one part of a request as it is: nothing is converted but the text of paths, queries and headers. */
export function readStrictly(schema: TSchema, input: unknown, part: Part): Reading {
  const validator = validatorOf(schema)
  if (validator.Check(input)) return withoutNul(input, part)
  // Paths and queries are text: a number in them has to be read out of a string first.
  const value = part === 'body' ? input : validator.Convert(input)
  if (part !== 'body' && validator.Check(value)) return withoutNul(value, part)
  const issues = validator.Errors(value).map((error): Issue => ({
    type: error.keyword,
    loc: [part, ...error.instancePath.split('/').slice(1)],
    msg: error.message,
    input: undefined,
  }))
  return { value: undefined, issues }
}

/** PostgreSQL cannot store the NUL character, and nothing that a person types contains it. */
function withoutNul(value: unknown, part: Part): Reading {
  if (typeof value !== 'object' || value === null) return { value, issues: [] }
  const names = Object.entries(value).flatMap(([name, member]) => (holdsNul(member) ? [name] : []))
  if (names.length === 0) return { value, issues: [] }
  const issue = (name: string): Issue => ({
    type: 'nul',
    loc: [part, name],
    msg: 'must not have the NUL character',
    input: undefined,
  })
  return { value: undefined, issues: names.map(issue) }
}

/** Without recursion: what nobody has declared may be nested as deep as it likes. */
function holdsNul(value: unknown): boolean {
  const left = [value]
  while (left.length > 0) {
    const one = left.pop()
    if (typeof one === 'string') {
      if (one.includes('\0')) return true
    } else if (typeof one === 'object' && one !== null && !ArrayBuffer.isView(one)) {
      for (const member of Object.values(one)) left.push(member)
    }
  }
  return false
}
