import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerHead } from './answer-head.ts'
import { AnswerReader } from './answer-reader.ts'
import { GarbledAnswer } from './errors.ts'

interface Heard {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
  /** How it ended, if it did. */
  readonly end: 'clean' | 'doubtful' | 'by the connection' | undefined
}

/** What is heard of an answer that comes in these pieces. */
function read(pieces: readonly Buffer[], method = 'GET'): Heard | undefined {
  const heads: AnswerHead[] = []
  let [body, end]: [string, Heard['end']] = ['', undefined]
  const reader = new AnswerReader({
    onHead: (it) => {
      heads.push(it)
    },
    onBody: (piece) => {
      body += piece.toString('latin1')
    },
    onUpgrade: () => false,
    onEnd: (isClean) => {
      expect(end).toBeUndefined()
      end = isClean ? 'clean' : 'doubtful'
    },
  })
  reader.expect(method)
  for (const piece of pieces) reader.read(piece)
  if (end === undefined && reader.endOfConnection()) end = 'by the connection'
  expect(heads.length).toBeLessThan(2)
  const [head] = heads
  return head && { status: head.status, headers: head.headers, body, end }
}

const whole = (text: string): Buffer[] => [Buffer.from(text, 'latin1')]
const head = (...lines: string[]): string => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n')

describe('an answer', () => {
  it.each<[string, string, string, Heard]>([
    [
      'of known length',
      'GET',
      `${head('Content-Length: 2')}ab`,
      { status: 200, headers: ['content-length', '2'], body: 'ab', end: 'clean' },
    ],
    [
      'without a body',
      'GET',
      head('content-length: 0'),
      { status: 200, headers: ['content-length', '0'], body: '', end: 'clean' },
    ],
    [
      'to HEAD',
      'HEAD',
      head('Content-Length: 9'),
      { status: 200, headers: ['content-length', '9'], body: '', end: 'doubtful' },
    ],
    [
      'that nothing has changed',
      'GET',
      'HTTP/1.1 304 \r\ncontent-length: 9\r\n\r\n',
      { status: 304, headers: ['content-length', '9'], body: '', end: 'clean' },
    ],
    ['with nothing to say', 'GET', 'HTTP/1.1 204\r\n\r\n', { status: 204, headers: [], body: '', end: 'clean' }],
    [
      'behind an early one',
      'GET',
      `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${head('content-length: 1')}a`,
      { status: 200, headers: ['content-length', '1'], body: 'a', end: 'clean' },
    ],
    [
      'of unknown length',
      'GET',
      `${head()}all of it`,
      { status: 200, headers: [], body: 'all of it', end: 'by the connection' },
    ],
    [
      'of an older version',
      'GET',
      'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na',
      { status: 200, headers: ['content-length', '1'], body: 'a', end: 'clean' },
    ],
    [
      'in pieces',
      'GET',
      `${head('transfer-encoding: Chunked')}3\r\nabc\r\n0A;name="of;it"\r\n0123456789\r\n0\r\n\r\n`,
      { status: 200, headers: ['transfer-encoding', 'Chunked'], body: 'abc0123456789', end: 'clean' },
    ],
    [
      'with trailers, which stay behind',
      'GET',
      `${head('transfer-encoding: chunked')}1\r\na\r\n0\r\nexpires: never\r\n\r\n`,
      { status: 200, headers: ['transfer-encoding', 'chunked'], body: 'a', end: 'clean' },
    ],
    [
      'that breaks off',
      'GET',
      `${head('content-length: 3')}ab`,
      { status: 200, headers: ['content-length', '3'], body: 'ab', end: undefined },
    ],
    [
      'with blanks around values, and values of a name twice',
      'GET',
      head('a:  b c \t', 'Set-Cookie:1', 'set-cookie: 2', 'content-length: 0'),
      {
        status: 200,
        headers: ['a', 'b c', 'set-cookie', '1', 'set-cookie', '2', 'content-length', '0'],
        body: '',
        end: 'clean',
      },
    ],
  ])('%s is heard as it is, also byte by byte', (_what, method, text, heard) => {
    expect(read(whole(text), method)).toEqual(heard)
    const bytes = [...Buffer.from(text, 'latin1')].map((byte) => Buffer.from([byte]))
    expect(read(bytes, method)).toEqual(heard)
  })

  it('leaves it in doubt what is next when there is more behind it', () => {
    const [headers, end] = [['content-length', '1'], 'doubtful']
    expect(read(whole(`${head('content-length: 1')}abc`))).toEqual({ status: 200, headers, body: 'a', end })
  })

  it.each([
    ['is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['is another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['has no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['has a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['has a bare line feed', 'HTTP/1.1 200 OK\ncontent-length: 0\r\n\r\n'],
    ['has a bare carriage return', head('a: b\rcontent-length: 0')],
    ['has a folded line', head('a: b', ' c')],
    ['has a space before a colon', head('content-length : 0')],
    ['has a name with a letter that none has', head('a(b): c')],
    ['has a line without a colon', head('content-length')],
    ['has NUL', head('a: b\0')],
    ['has two lengths', head('content-length: 1', 'content-length: 1')],
    ['has a length and pieces', head('content-length: 1', 'transfer-encoding: chunked')],
    ['has a list of lengths', head('content-length: 1, 1')],
    ['has a negative length', head('content-length: -1')],
    ['has a length with a sign', head('content-length: +1')],
    ['has a hexadecimal length', head('content-length: 0x1')],
    ['has an empty length', head('content-length:')],
    ['has a length beyond all numbers', head('content-length: 99999999999999999999')],
    ['has pieces within another coding', head('transfer-encoding: gzip, chunked')],
    ['says twice that it has pieces', head('transfer-encoding: chunked, chunked')],
    ['has a coding that only resembles pieces', head('transfer-encoding: xchunked')],
    ['goes over to another protocol unasked', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'],
    ['has a piece without length', `${head('transfer-encoding: chunked')}\r\nabc\r\n`],
    ['has a piece of negative length', `${head('transfer-encoding: chunked')}-1\r\na\r\n`],
    ['has a piece with a blank before its length', `${head('transfer-encoding: chunked')} 1\r\na\r\n`],
    ['has a piece behind a bare line feed', `${head('transfer-encoding: chunked')}1\na\r\n`],
    ['has a piece that is longer than it says', `${head('transfer-encoding: chunked')}1\r\nab\r\n`],
    ['has a piece beyond all lengths', `${head('transfer-encoding: chunked')}fffffffffffff\r\n`],
    ['has an endless extension of a piece', `${head('transfer-encoding: chunked')}1;${'a'.repeat(2000)}`],
    ['has endless trailers', `${head('transfer-encoding: chunked')}0\r\n${'a: b\r\n'.repeat(4000)}`],
    ['has an endless number of early ones before it', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(33)],
    ['has an endless head', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4000)}`],
    ['has a head that is too long', head(`a: ${'b'.repeat(17_000)}`)],
  ])('is refused when it %s, also byte by byte', (_what, text) => {
    expect(() => read(whole(text))).toThrow(GarbledAnswer)
    expect(() => read([...Buffer.from(text, 'latin1')].map((byte) => Buffer.from([byte])))).toThrow(GarbledAnswer)
  })

  it('is heard alike however it is cut, or refused alike', () => {
    const pieces = fc.array(fc.stringMatching(/^[ -~]{1,20}$/), { maxLength: 5 })
    const chunked = pieces.map(
      (all) =>
        `${head('transfer-encoding: chunked')}${all.map((it) => `${it.length.toString(16)}\r\n${it}\r\n`).join('')}0\r\n\r\n`,
    )
    const fixed = fc.string({ unit: 'binary-ascii' }).map((body) => `${head(`content-length: ${body.length}`)}${body}`)
    const changed = fc
      .record({
        text: fc.oneof(chunked, fixed),
        at: fc.nat(200),
        by: fc.constantFrom('', '\r', '\n', ':', ' ', '0', ';', '\0'),
      })
      .map(({ text, at, by }) => text.slice(0, at) + by + text.slice(at + 1))
    const cuts = fc.array(fc.nat(250), { maxLength: 6 })
    fc.assert(
      fc.property(fc.oneof(chunked, fixed, changed), cuts, (text, at) => {
        const bytes = Buffer.from(text, 'latin1')
        const ends = [...at.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const cut = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        const { end, ...heard } = outcome([bytes])
        const { end: endOfCut, ...heardOfCut } = outcome(cut)
        expect(heardOfCut).toEqual(heard)
        expect(endOfCut === undefined).toBe(end === undefined)
      }),
      { numRuns: 2000 },
    )
  })
})

function outcome(pieces: readonly Buffer[]): Partial<Heard> & { readonly refused?: boolean } {
  try {
    return read(pieces) ?? {}
  } catch (error) {
    expect(error).toBeInstanceOf(GarbledAnswer)
    return { refused: true }
  }
}
