import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { Client } from 'undici'
import type { AnswerHead } from './answer-head.ts'
import { AnswerReader } from './answer-reader.ts'
import { GarbledAnswer } from './errors.ts'

/*
 * Where two readers see different answers in the same bytes, somebody's
 * answer gets to somebody else. undici reads with the parser that Node itself has.
 */

let bytes = ''
const server = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.once('data', () => socket.end(bytes, 'latin1'))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
afterAll(() => server.close())
const address = server.address()
const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`

interface Heard {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer; undefined when it is refused, or not whole. */
function here(text: string): Heard | undefined {
  const heads: AnswerHead[] = []
  let [body, isOver] = ['', false]
  const reader = new AnswerReader({
    onHead: (it) => {
      heads.push(it)
    },
    onBody: (piece) => {
      body += piece.toString('latin1')
    },
    onUpgrade: () => false,
    onEnd: () => {
      isOver = true
    },
  })
  reader.expect('GET')
  try {
    reader.read(Buffer.from(text, 'latin1'))
  } catch (error) {
    expect(error).toBeInstanceOf(GarbledAnswer)
    return undefined
  }
  if (!isOver && !reader.endOfConnection()) return undefined
  const [head] = heads
  return head && { status: head.status, headers: inOrder(head.headers), body }
}

async function elsewhere(text: string): Promise<Heard | undefined> {
  bytes = text
  const client = new Client(origin)
  try {
    const { statusCode, headers, body } = await client.request({ path: '/', method: 'GET' })
    const list = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one ?? '']))
    return {
      status: statusCode,
      headers: inOrder(list),
      body: Buffer.from(await body.arrayBuffer()).toString('latin1'),
    }
  } catch {
    return undefined
  } finally {
    await client.destroy()
  }
}

function inOrder(headers: readonly string[]): Record<string, string> {
  const all: Record<string, string> = {}
  for (let index = 0; index < headers.length; index += 2) {
    const [name = '', value = ''] = [headers[index], headers[index + 1]]
    // Blanks around a value are no part of it (RFC 9110 §5.5), which not everybody minds.
    const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '')
    all[name] = name in all ? `${all[name]}, ${trimmed}` : trimmed
  }
  return all
}

const framings = [
  'content-length: 3',
  'Content-Length:3 ',
  'content-length: 03',
  'content-length: 3, 3',
  'content-length: 4',
  'transfer-encoding: chunked',
  'Transfer-Encoding: CHUNKED',
  'transfer-encoding: chunked, identity',
  'transfer-encoding: gzip',
  'connection: close',
  'x-thing: \x80\xff',
  'x-thing:\tvalue\t',
  'x thing: value',
  ': value',
  'x-thing : value',
  ' folded',
]
const bodies = [
  '',
  'abc',
  '3\r\nabc\r\n0\r\n\r\n',
  '3;a=b\r\nabc\r\n0\r\nx: y\r\n\r\n',
  '03\r\nabc\r\n0\r\n\r\n',
  '3\r\nabcd\r\n0\r\n\r\n',
]

it('whatever is taken for an answer here and elsewhere is the same answer', async () => {
  const answers = fc
    .record({
      status: fc.constantFrom(
        'HTTP/1.1 200 OK',
        'HTTP/1.1 200',
        'HTTP/1.0 200 OK',
        'HTTP/1.1 204 No Content',
        'HTTP/1.1 404 \xe9',
      ),
      headers: fc.array(fc.constantFrom(...framings), { maxLength: 3 }),
      body: fc.constantFrom(...bodies),
      changedAt: fc.nat(160),
      by: fc.constantFrom('', '', '', '\r', '\n', ':', ' ', '\0', '0', 'x', '\t'),
    })
    .map(({ status, headers, body, changedAt, by }) => {
      const text = [status, ...headers, '', body].join('\r\n')
      return by === '' ? text : text.slice(0, changedAt) + by + text.slice(changedAt + 1)
    })
  let taken = 0
  await fc.assert(
    fc.asyncProperty(answers, async (text) => {
      const heard = here(text)
      const other = heard && (await elsewhere(text))
      if (!other) return
      taken += 1
      expect(other).toEqual(heard)
    }),
    { numRuns: 1000 },
  )
  expect(taken).toBeGreaterThan(100)
})
