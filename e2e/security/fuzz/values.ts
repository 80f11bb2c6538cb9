import fc from 'fast-check'

/**
 * Names of things that there are in the installation under test. They stand in generated requests, so that a request that
 * fails can be read and repeated, and give way to what they mean when it is sent.
 */
export type KnownThing =
  | 'uid'
  | 'username'
  | 'email'
  | 'password'
  | 'gacha'
  | 'auction'
  | 'section'
  | 'course'
  | 'picture'
  | 'key'
  | 'session'
  | 'role'
  | 'client'
  | 'secret'
  | 'moment'
  | 'day'
  | 'scope'
  | 'address'

export const mark = (thing: string): string => `@${thing}@`

/** What is meant by the name of a field or parameter, where it means the same everywhere. */
const meanings: ReadonlyMap<string, KnownThing> = new Map([
  ['uid', 'uid'],
  ['user_id', 'uid'],
  ['player_id', 'uid'],
  ['public_id', 'uid'],
  ['username', 'username'],
  ['instructor', 'username'],
  ['email', 'email'],
  ['Email', 'email'],
  ['password', 'password'],
  ['Password', 'password'],
  ['old_password', 'password'],
  ['new_password', 'password'],
  ['gacha_name', 'gacha'],
  ['auction_id', 'auction'],
  ['course_id', 'course'],
  ['pictureId', 'picture'],
  ['sid', 'session'],
  ['clientId', 'client'],
  ['client_id', 'client'],
  ['client_secret', 'secret'],
  ['end_time', 'moment'],
  ['date', 'day'],
  ['scopes', 'scope'],
  ['redirect_uris', 'address'],
  ['post_logout_redirect_uris', 'address'],
  ['redirect_uri', 'address'],
  ['post_logout_redirect_uri', 'address'],
])

/** What a name means that means something else in other places. */
const meaningsInPaths: readonly (readonly [RegExp, string, KnownThing])[] = [
  [/\/auction\//, 'id', 'auction'],
  [/\/sections\//, 'id', 'section'],
  [/\/api-keys\//, 'id', 'key'],
  [/\/authy\/role/, 'name', 'role'],
  [/\/distro\//, 'name', 'gacha'],
]

/** The known thing that a field or parameter of a path is about. */
export function meaningOf(name: string, path: string): KnownThing | undefined {
  return meaningsInPaths.find(([place, own]) => own === name && place.test(path))?.[2] ?? meanings.get(name)
}

/** Texts that programs stumble over. */
const oddTexts = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    'x\udc00y',
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    'NaN',
    '-0',
    '1e400',
    '9'.repeat(400),
    '0x10',
    '١٢٣',
    'true',
    "' or '1'='1",
    '";--',
    '%00',
    '%',
    '${7*7}',
    '<img src=x onerror=alert(1)>',
    '../../../etc/passwd',
    'C:\\con',
    'line\r\nSet-Cookie: a=b',
    '\u202Egnp.exe',
    '\uFEFF',
    '\uFFFF',
    '😀'.repeat(300),
    'a\u0301'.repeat(2000),
    '0000-00-00',
    '2026-02-30',
    '+275760-09-13',
    '999999-12-31T23:59:59Z',
    '00000000-0000-0000-0000-000000000000',
    '{00000000-0000-4000-8000-000000000000}',
    '{',
    '[1]',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udfff', '\u0000', 'a', '😀'), maxLength: 20 }),
  fc.nat({ max: 20_000 }).map((length) => 'a'.repeat(length)),
)

const oddNumbers = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    -1,
    0.1,
    1.5,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    2 ** 64,
    1e21,
    1e100,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    -Number.MAX_VALUE,
    0.000_000_1,
    253_402_300_800,
    8.64e15,
    8.64e15 + 1,
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** Of so many levels: parsers recurse. */
const deep = fc.tuple(fc.constantFrom('list', 'object'), fc.nat({ max: 800 })).map(([kind, levels]) => {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = kind === 'list' ? [value] : { a: value }
  return value
})

const small = fc.jsonValue({ maxDepth: 2, noUnicodeString: false })

/** A value that a field does not expect, of any type. */
export const oddValues: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddTexts },
  { weight: 3, arbitrary: oddNumbers },
  { weight: 3, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], { length: -1 }) },
  { weight: 1, arbitrary: small },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.array(oddNumbers, { minLength: 50, maxLength: 300 }) },
)

/** A value as a schema describes it, or nearly. */
export function likely(schema: unknown, path: string, name = ''): fc.Arbitrary<unknown> {
  const { type, items, minItems = 0 } = Object(schema)
  if (type === 'array') return fc.array(likely(items, path, name), { minLength: minItems, maxLength: 4 })
  const thing = meaningOf(name, path)
  const described = fromSchema(schema, path)
  return thing === undefined ? described : mostly(fc.constant(mark(thing)), described)
}

function mostly<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: rare })
}

function fromSchema(schema: unknown, path: string): fc.Arbitrary<unknown> {
  const given = Object(schema)
  if ('const' in given) return fc.constant(given.const)
  if (Array.isArray(given.anyOf)) return fc.oneof(...given.anyOf.map((one: unknown) => fromSchema(one, path)))
  const { type, minimum = -10, maximum = minimum + 1000 } = given
  // Mostly numbers that small installations have things of; the boundaries, and anything between them.
  const usual = fc.constantFrom(...[1, 2, 5, 10].filter((number) => number >= minimum && number <= maximum), minimum)
  if (type === 'integer')
    return mostly(usual, fc.oneof(fc.constant(maximum), fc.integer({ min: minimum, max: maximum })))
  if (type === 'number') return mostly(usual, fc.double({ min: minimum, max: maximum, noNaN: true }))
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  if (type === 'array') return likely(schema, path)
  if (type === 'object') return objectsFor(schema, path)
  if (type === 'string') return textsFor(given)
  return small
}

const usualTexts = [
  '1',
  '5',
  'CPSC',
  'FA26',
  '2026-10-10',
  'Good-Enough7!',
  'Name_One',
  'a name of something that is long enough',
]

function textsFor({ format, pattern, minLength = 0, maxLength }: Record<string, unknown>): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid()
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
  const longest = typeof maxLength === 'number' ? maxLength : 40
  const fitting = usualTexts.filter(({ length }) => length >= Number(minLength) && length <= longest)
  const usual = fc.constantFrom(...fitting)
  if (typeof pattern === 'string') return fc.oneof(usual, matching(pattern))
  // The boundaries, and one beside them.
  const lengths = fc.constantFrom(Number(minLength), Math.max(0, Number(minLength) - 1), longest, longest + 1)
  return fc.oneof(
    { weight: 3, arbitrary: usual },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: Number(minLength), maxLength: longest }) },
    { weight: 1, arbitrary: lengths.map((length) => 'é'.repeat(Math.min(length, 5000))) },
  )
}

/** Texts of a pattern. Of one that looks ahead the library makes none. */
function matching(pattern: string): fc.Arbitrary<string> {
  return /\(\?[=!<]|\\[pP]\{/.test(pattern) ? fc.constant('335') : fc.stringMatching(new RegExp(pattern, 'u'))
}

const strangeKeys = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', '', 'extra', '\u0000', 'role')

/** An object as a schema describes it, mostly with one thing wrong: what is noticed first hides the rest. */
export function objectsFor(schema: unknown, path: string): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {}, required = [] } = Object(schema)
  const names = Object.keys(properties)
  const fields = Object.fromEntries(names.map((name) => [name, likely(properties[name], path, name)]))
  const right = fc.record(fields, { requiredKeys: Array.isArray(required) ? required : [] })
  const name = fc.constantFrom(...(names.length > 0 ? names : ['']))
  const change = fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 5, arbitrary: fc.tuple(name, oddValues) },
    { weight: 1, arbitrary: fc.tuple(name, fc.constant(undefined)) },
    { weight: 1, arbitrary: fc.tuple(strangeKeys, oddValues) },
  )
  return fc.tuple(right, change).map(([object, changed]) => {
    // As `JSON.parse` would: a key named `__proto__` is a key.
    const options = { enumerable: true, configurable: true, writable: true }
    if (changed) Object.defineProperty(object, changed[0], { ...options, value: changed[1] })
    return object
  })
}
