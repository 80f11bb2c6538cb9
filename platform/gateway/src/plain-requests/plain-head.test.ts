import { createServer, type IncomingMessage } from 'node:http'
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beginsPlainHead, PlainHeadReader } from './plain-head.ts'

const plain = 'GET /a?b=c HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n'

function read(text: string, mostHeaders = 100) {
  return new PlainHeadReader(mostHeaders).read(text)
}

/** What Node's own server makes of the same bytes: the requests it finds, and whether it wants more or refuses. */
async function readByNode(text: string): Promise<{ requests: IncomingMessage[]; answer: string }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume().on('end', () => response.end())
  })
  const [client, side] = duplexPair()
  server.emit('connection', side)
  let answer = ''
  client.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')))
  client.write(text, 'latin1')
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  client.destroy()
  side.destroy()
  return { requests, answer }
}

describe('a plain request', () => {
  it('is read', () => {
    expect(read(plain)).toEqual({
      method: 'GET',
      target: '/a?b=c',
      rawHeaders: ['Host', 'a', 'Accept', '*/*'],
      headers: { host: 'a', accept: '*/*' },
    })
    expect(read('HEAD / HTTP/1.1\r\nhost: a\r\n\r\n')).toMatchObject({ method: 'HEAD', target: '/' })
    expect(read('GET / HTTP/1.1\r\nhost: a\r\nConnection: Keep-Alive\r\n\r\n')).toBeDefined()
  })

  it('is read as what it is, whatever came before', () => {
    const reader = new PlainHeadReader(100)
    const other = 'GET /b HTTP/1.1\r\nHost: b\r\nAccept: */*\r\n\r\n'
    for (const text of [plain, plain, other, plain.replace('*/*', '*/x'), plain]) {
      expect(reader.read(text)).toEqual(read(text))
    }
    // What one was told is its own.
    const first = reader.read(plain)
    first?.rawHeaders.push('x', 'y')
    if (first) first.headers['x'] = 'y'
    expect(reader.read(plain)).toEqual(read(plain))
    expect(reader.read(`${plain}x`)).toBeUndefined()
  })

  it('is none before it is whole, whatever came before', () => {
    const long = plain.replace('*/*', 'x'.repeat(5000))
    for (const before of [undefined, plain, long, `${plain}x`]) {
      for (let length = 0; length < plain.length; length += 1) {
        const reader = new PlainHeadReader(100)
        if (before !== undefined) reader.read(before)
        expect(reader.read(plain.slice(0, length))).toBeUndefined()
      }
    }
  })

  it.each([
    ['another method', plain.replace('GET', 'POST')],
    ['a method in small letters', plain.replace('GET', 'get')],
    ['HTTP/1.0', plain.replace('1.1', '1.0')],
    ['HTTP/2.0', plain.replace('1.1', '2.0')],
    ['a whole address', plain.replace('/a', 'http://a/a')],
    ['no path', plain.replace('/a?b=c', '*')],
    ['a path with a fragment', plain.replace('/a', '/a#b')],
    ['a path with a backslash', plain.replace('/a', '/a\\b')],
    ['a path with letters beyond ASCII', plain.replace('/a', '/\u00e4')],
    ['two spaces in its first line', plain.replace('GET ', 'GET  ')],
    ['an empty line before', `\r\n${plain}`],
    ['no host', plain.replace('Host', 'Hosts')],
    ['two hosts', plain.replace('Accept', 'host')],
    ['any name twice', plain.replace('Host: a', 'Host: a\r\naccept: x')],
    ['a name that every object has', plain.replace('Accept', 'constructor')],
    ['a prototype', plain.replace('Accept', '__proto__')],
    ['a length', plain.replace('Accept: */*', 'Content-Length: 0')],
    ['a length in other letters', plain.replace('Accept: */*', 'cONTENT-lENGTH: 5')],
    ['a body in pieces', plain.replace('Accept: */*', 'Transfer-Encoding: chunked')],
    ['the wish for another protocol', plain.replace('Accept: */*', 'Upgrade: websocket')],
    ['a connection to a proxy that ends', plain.replace('Accept: */*', 'Proxy-Connection: close')],
    ['a cookie of an answer', plain.replace('Accept: */*', 'Set-Cookie: a=b')],
    ['an expectation', plain.replace('Accept: */*', 'Expect: 100-continue')],
    ['a connection that ends', plain.replace('Accept: */*', 'Connection: close')],
    ['a connection that names headers', plain.replace('Accept: */*', 'Connection: keep-alive, x-user')],
    ['a space before a colon', plain.replace('Accept:', 'Accept :')],
    ['no space after a colon', plain.replace('Accept: ', 'Accept:')],
    ['two spaces after a colon', plain.replace('Accept: ', 'Accept:  ')],
    ['a space at the end of a value', plain.replace('*/*', '*/* ')],
    ['an empty value', plain.replace('*/*', '')],
    ['a tab in a value', plain.replace('*/*', '*\t*')],
    ['a NUL in a value', plain.replace('*/*', '*\0*')],
    ['letters beyond ASCII in a value', plain.replace('*/*', '\u00e4')],
    ['no name', plain.replace('Accept', '')],
    ['a line that is no header', plain.replace('Accept: */*', 'Accept')],
    ['a line that goes on', plain.replace('Accept: */*', 'Accept: */*\r\n more: x')],
    ['a bare line feed', plain.replace('a\r\n', 'a\n')],
    ['a bare line feed in a value', plain.replace('*/*', 'x\ny: z')],
    ['a bare carriage return', plain.replace('*/*', 'x\ry: z')],
    ['another request behind', plain + plain],
    ['anything behind', `${plain}x`],
    ['its end missing', plain.slice(0, -2)],
    ['too many headers', plain.replace('Accept: */*', Array.from({ length: 100 }, (_, n) => `x-${n}: y`).join('\r\n'))],
  ])('has not %s', (_what, text) => {
    expect(text).not.toBe(plain)
    expect(read(text)).toBeUndefined()
  })

  it('means to Node the same, and nothing beside', async () => {
    const piece = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('GET', 'HEAD', ' ', '/a', '?b', ' HTTP/1.1', '\r\n', ': ', 'Host', 'x-a', 'b'),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('Connection: keep-alive\r\n', 'Cookie: a=b; c=d\r\n', 'Accept: */*\r\n'),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('\r', '\n', '\t', ':', ',', '\0', 'Content-Length: 1\r\n', 'Upgrade: x\r\n'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    )
    const lines = fc.array(
      fc.tuple(fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,12}$/), fc.stringMatching(/^[\x20-\x7e]{1,20}$/)),
      { maxLength: 6 },
    )
    const wellFormed = fc
      .tuple(fc.constantFrom('GET', 'HEAD'), fc.stringMatching(/^[\x21-\x7e]{0,12}$/), lines)
      .map(([method, path, headers]) =>
        [`${method} /${path} HTTP/1.1`, 'Host: a', ...headers.map((header) => header.join(': ')), '', ''].join('\r\n'),
      )
    const mutated = fc.tuple(wellFormed, fc.nat(), fc.nat({ max: 3 }), piece).map(([text, at, cut, put]) => {
      const place = at % text.length
      return text.slice(0, place) + put + text.slice(place + cut)
    })
    let plainOnes = 0
    // It has read all that came before.
    const reader = new PlainHeadReader(100)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          wellFormed,
          mutated,
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        async (text) => {
          const head = reader.read(text)
          expect(head).toEqual(read(text))
          if (!head) return
          plainOnes += 1
          const { requests, answer } = await readByNode(text)
          expect(
            requests.map(({ method, url, rawHeaders, headers }) => ({ method, target: url, rawHeaders, headers })),
          ).toEqual([head])
          expect(requests[0]?.complete).toBe(true)
          expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
          expect(answer).toMatch(/\r\nConnection: keep-alive\r\n/)
        },
      ),
      { numRuns: 1500 },
    )
    expect(plainOnes).toBeGreaterThan(100)
  })

  it('may come in two pieces', () => {
    for (let length = 5; length < plain.length; length += 1) expect(beginsPlainHead(plain.slice(0, length))).toBe(true)
    for (const text of [
      'POST /',
      'GET http',
      'GET /\n',
      'GET / HTTP/1.1\r\n x',
      'GET /\0',
      'GET / HTTP/1.1\r\nHost: a\n',
    ]) {
      expect(beginsPlainHead(text)).toBe(false)
    }
  })
})
