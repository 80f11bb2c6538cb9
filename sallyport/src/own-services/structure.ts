import { IsArray, IsObject, IsOptional, IsRecord, type TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { fieldOf, type Mistake, nearest } from './mistakes.ts'

/** A value as far as it has the form that a schema wants, and what has not. */
export interface Sounding {
  readonly sound: unknown
  readonly mistakes: readonly Mistake[]
}

/** Compares a value with a schema, field by field, so that all mistakes are named at once and in the schema's words. */
export function sound(schema: TSchema, value: unknown, path: readonly (string | number)[] = []): Sounding {
  const wrong = (): Sounding => {
    return { sound: undefined, mistakes: [{ field: fieldOf(path), reason: `must be ${descriptionOf(schema)}` }] }
  }
  if (IsObject(schema)) return isRecord(value) ? soundObject(schema.properties, value, path) : wrong()
  if (IsRecord(schema)) {
    const [items] = Object.values(schema.patternProperties)
    if (!isRecord(value) || !items) return wrong()
    return gathered(Object.entries(value).map(([key, item]) => [key, sound(items, item, [...path, key])]))
  }
  if (IsArray(schema) && Array.isArray(value) && IsObject(schema.items)) {
    const items = value.map((item: unknown, index) => sound(schema.items, item, [...path, index]))
    return { sound: items.map((item) => item.sound ?? {}), mistakes: items.flatMap(({ mistakes }) => mistakes) }
  }
  if (Check(schema, value)) return { sound: value, mistakes: [] }
  const wrongItems = IsArray(schema) && Array.isArray(value) ? wrongItemsOf(schema.items, value, path) : []
  return wrongItems.length > 0 ? { sound: undefined, mistakes: wrongItems } : wrong()
}

function soundObject(
  properties: Readonly<Record<string, TSchema>>,
  value: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
): Sounding {
  const names = Object.keys(properties)
  const unknown = Object.keys(value).filter((name) => !names.includes(name))
  const unwritten = names.filter((name) => value[name] === undefined)
  const parts = Object.entries(properties).flatMap(([name, schema]): [string, Sounding][] => {
    const field = [...path, name]
    if (value[name] !== undefined) return [[name, sound(schema, value[name], field)]]
    if (IsOptional(schema)) return []
    return [[name, { sound: undefined, mistakes: [{ field: fieldOf(field), reason: 'is missing' }] }]]
  })
  const strange = unknown.map((name) => ({
    field: fieldOf([...path, name]),
    reason: `there is no such field; ${nearest(name, unwritten.length > 0 ? unwritten : names)}`,
  }))
  const known = gathered(parts)
  return { sound: known.sound, mistakes: [...strange, ...known.mistakes] }
}

function gathered(parts: readonly (readonly [string, Sounding])[]): Sounding {
  const entries = parts.flatMap(([name, part]) => (part.sound === undefined ? [] : [[name, part.sound] as const]))
  return { sound: Object.fromEntries(entries), mistakes: parts.flatMap(([, { mistakes }]) => mistakes) }
}

function wrongItemsOf(schema: TSchema, items: readonly unknown[], path: readonly (string | number)[]): Mistake[] {
  return items.flatMap((item, index) => (Check(schema, item) ? [] : sound(schema, item, [...path, index]).mistakes))
}

function descriptionOf(schema: TSchema): string {
  const description: unknown = Reflect.get(schema, 'description')
  return typeof description === 'string' ? description : 'something else'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
