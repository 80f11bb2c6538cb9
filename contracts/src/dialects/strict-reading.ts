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
  if (validator.Check(input)) return { value: input, issues: [] }
  // Paths and queries are text: a number in them has to be read out of a string first.
  const value = part === 'body' ? input : validator.Convert(input)
  if (part !== 'body' && validator.Check(value)) return { value, issues: [] }
  const issues = validator.Errors(value).map((error): Issue => ({
    type: error.keyword,
    loc: [part, ...error.instancePath.split('/').slice(1)],
    msg: error.message,
    input: undefined,
  }))
  return { value: undefined, issues }
}
