import fc from 'fast-check'
import type { Operation, Parameter } from './operations.ts'
import { likely, objectsFor, oddValues } from './values.ts'

/** A request as it will be sent, but for credentials and what known things are called. */
export interface FuzzedRequest {
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** Bytes as `latin1`. */
  readonly body: string | undefined
}

/** Requests to an operation that are wrong or odd in many ways, and some that are not. */
export function requestsTo(operation: Operation): fc.Arbitrary<FuzzedRequest> {
  return fc
    .record({ target: targetsOf(operation), headers: headersOf(operation), content: contentsOf(operation) })
    .map(({ target, headers, content: { type, body } }) => ({
      target,
      headers: { ...headers, ...(type !== undefined && { 'content-type': type }) },
      body,
    }))
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** In paths and queries; what is known gets its name later, so it stays as it is. */
const encode = (text: string): string =>
  encodeURIComponent(text.slice(0, 2000).toWellFormed()).replaceAll(/%40(\w+)%40/g, '@$1@')
const oddlyEncoded = fc.constantFrom(
  '%00',
  '%ff',
  '%c0%af',
  '%zz',
  '%',
  '%2F',
  '..%2f..',
  '%2e%2e',
  '.',
  '..',
  '',
  ';',
  '+',
)

function encoded({ name, schema }: Parameter, path: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: likely(schema, path, name).map((value) => encode(textOf(value))) },
    { weight: 2, arbitrary: oddValues.map((value) => encode(textOf(value))) },
    { weight: 1, arbitrary: oddlyEncoded },
  )
}

function targetsOf({ path, parameters }: Operation): fc.Arbitrary<string> {
  const inPath = parameters.filter(({ place }) => place === 'path')
  const segments = fc.record(Object.fromEntries(inPath.map((parameter) => [parameter.name, encoded(parameter, path)])))
  const filled = segments.map((values) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''))
  return fc.tuple(filled, queriesOf(path, parameters)).map(([place, query]) => place + query)
}

function queriesOf(path: string, parameters: Operation['parameters']): fc.Arbitrary<string> {
  const declared = parameters
    .filter(({ place }) => place === 'query')
    .map((parameter) => encoded(parameter, path).map((value) => `${parameter.name}=${value}`))
  const strange = fc.constantFrom(
    '__proto__=1',
    'a[b]=1',
    'a[]=1',
    '=',
    '&',
    '%zz=%',
    'limit=-1',
    'after=%00',
    '?',
    '#',
  )
  const one = declared.length > 0 ? fc.oneof(...declared, strange) : strange
  // What is said twice comes as a list from many a parser.
  const most = declared.length > 0 ? 6 : 1
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant('') },
    {
      weight: 2,
      arbitrary: fc.array(one, { maxLength: most }).map((pairs) => (pairs.length > 0 ? `?${pairs.join('&')}` : '')),
    },
  )
}

const oddHeaders = {
  accept: fc.constantFrom('', '*/*', 'text/html', 'application/xml', ';q=2', 'a/b;q=0.0000001'),
  'accept-language': fc.constantFrom('it', '', '*', 'xx-'.repeat(300), 'en;q=nan'),
  'content-encoding': fc.constantFrom('gzip', 'br', 'identity', 'x'),
  'idempotency-key': fc.constantFrom('', 'one', '"quoted"', 'k'.repeat(3000), '{}'),
  'if-none-match': fc.constantFrom('*', '"', 'W/', 'a,'.repeat(400)),
  'x-forwarded-for': fc.constantFrom('1.2.3.4', '::', 'unknown', '999.1.1.1, x'),
  'last-event-id': fc.constantFrom('-1', 'x', '9'.repeat(50)),
  cookie: fc.constantFrom('a', 'a=b; a=c; =', '__proto__=x', 'x='.repeat(500)),
  origin: fc.constantFrom('null', 'http://evil.example', 'x'),
  range: fc.constantFrom('bytes=0-0', 'bytes=-1', 'bytes=5-1'),
  traceparent: fc.constantFrom('00-0-0-0', 'x'),
  'user-agent': fc.constantFrom('', '\u00ff', 'a'.repeat(3000), '<script>'),
}

/** Header values that Node's client lets through; what it does not is for tests on a bare connection. */
const headerText = (value: unknown): string =>
  textOf(value)
    .slice(0, 2000)
    .replaceAll(/[^\x20-\x7e\u0080-\u00ff]/g, '\u00ff')

function headersOf({ path, parameters }: Operation): fc.Arbitrary<Record<string, string>> {
  const declared = parameters.filter(({ place }) => place === 'header')
  const fields = Object.fromEntries(
    declared.map(({ name, schema }) => [name, fc.oneof(likely(schema, path, name), oddValues).map(headerText)]),
  )
  const all: Record<string, fc.Arbitrary<string>> = { ...oddHeaders, ...fields }
  return fc.record(all, { requiredKeys: [] }).chain((headers) => {
    const names = Object.keys(headers)
    // A few of them: one that is refused hides the others.
    return fc
      .subarray(names, { maxLength: Math.min(2, names.length) })
      .map((chosen) => Object.fromEntries(chosen.map((name) => [name, headers[name] ?? ''])))
  })
}

interface Content {
  readonly type?: string
  readonly body: string | undefined
}

const wrongTypes = fc.constantFrom(
  undefined,
  '',
  'text/plain',
  'APPLICATION/JSON',
  'application/json; charset=utf-16',
  'application/json;',
  'application/merge-patch+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=x',
  'a',
  '/',
  '\u00ff',
)

function contentsOf({ path, bodies }: Operation): fc.Arbitrary<Content> {
  const [first] = bodies
  if (!first) {
    const none: fc.Arbitrary<Content> = fc.constant({ body: undefined })
    return fc.oneof({ weight: 4, arbitrary: none }, { weight: 1, arbitrary: typed(jsonBodies({}, path), wrongTypes) })
  }
  return fc.oneof(
    ...bodies.map(({ mediaType, schema }) => {
      if (mediaType === 'multipart/form-data') return multiparts(schema, path)
      if (mediaType === 'application/x-www-form-urlencoded') return typed(forms(schema, path), mostly(mediaType))
      return typed(jsonBodies(schema, path), mostly(mediaType))
    }),
  )
}

const mostly = (type: string): fc.Arbitrary<string | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(type) }, { weight: 1, arbitrary: wrongTypes })

function typed(bodies: fc.Arbitrary<string>, types: fc.Arbitrary<string | undefined>): fc.Arbitrary<Content> {
  return fc.tuple(bodies, types).map(([body, type]) => ({ body, ...(type !== undefined && { type }) }))
}

function jsonBodies(schema: unknown, path: string): fc.Arbitrary<string> {
  const written = objectsFor(schema, path).map((object) => utf8(JSON.stringify(object)))
  return fc.oneof(
    { weight: 12, arbitrary: written },
    { weight: 1, arbitrary: oddValues.map((value) => utf8(JSON.stringify(value) ?? 'undefined')) },
    { weight: 3, arbitrary: garbled(written) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        ' ',
        '\u0000',
        '[',
        '{"a":',
        '\xef\xbb\xbf{}',
        '\xff\xfe{\0}\0',
        'nul',
        "{'a': 1}",
      ),
    },
  )
}

/** What happens to texts on their way, and what attackers do to them. */
function garbled(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const at = (text: string, share: number): number => Math.floor(share * text.length)
  return fc.oneof(
    fc.tuple(texts, place).map(([text, share]) => text.slice(0, at(text, share))),
    fc
      .tuple(
        texts,
        place,
        fc.constantFrom('\xff', '\xc0\xaf', '\xed\xa0\x80', '\0', '\x1f', '\\u0000', '\\ud800', '"', '}', '1e999'),
      )
      .map(([text, share, bytes]) => text.slice(0, at(text, share)) + bytes + text.slice(at(text, share))),
    // The same keys again, with other values.
    fc.tuple(texts, texts).map(([one, other]) => `${one.slice(0, -1)},${other.slice(1)}`),
    texts.map((text) => text.replaceAll(/\d+/g, '1e999')),
    texts.map((text) => `${text}${text}`),
  )
}

function forms(schema: unknown, path: string): fc.Arbitrary<string> {
  const written = objectsFor(schema, path).map((fields) =>
    Object.entries(fields)
      .map(([name, value]) => `${encode(name)}=${encode(textOf(value))}`)
      .join('&'),
  )
  return fc.oneof({ weight: 4, arbitrary: written }, { weight: 1, arbitrary: garbled(written) })
}

/** The smallest PNG: one pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
).toString('latin1')
const files = fc.oneof(
  fc.constantFrom(png, png.slice(0, 40), `${png}${png}`, '', '<svg onload="alert(1)"/>', 'GIF89a', '\xff\xd8\xff'),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const fileNames = fc.constantFrom(
  'a.png',
  '',
  '../../a',
  'a"; name="b',
  'a\u0000.png',
  '\xff',
  `${'a'.repeat(500)}.png`,
  'con',
)

function multiparts(schema: unknown, path: string): fc.Arbitrary<Content> {
  const isFile = (name: string): boolean => 'contentMediaType' in Object(Object(Object(schema).properties)[name])
  const whole = fc.tuple(objectsFor(schema, path), files, fileNames).map(([fields, file, fileName]) =>
    Object.entries(fields)
      .map(([name, value]) => {
        const label = `--x\r\nContent-Disposition: form-data; name="${utf8(name.replaceAll(/[\r\n"]/g, ''))}"`
        if (!isFile(name)) return `${label}\r\n\r\n${utf8(textOf(value))}\r\n`
        return `${label}; filename="${fileName}"\r\nContent-Type: image/png\r\n\r\n${file}\r\n`
      })
      .concat('--x--\r\n')
      .join(''),
  )
  const right = 'multipart/form-data; boundary=x'
  return fc.oneof(
    { weight: 5, arbitrary: typed(whole, fc.constant(right)) },
    { weight: 1, arbitrary: typed(garbled(whole), fc.constant(right)) },
    { weight: 1, arbitrary: typed(whole, wrongTypes) },
  )
}

/** Puts names in the places of known things. */
export function nameThings(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(/@\w+@/g, (marked) => names.get(marked) ?? marked)
}
