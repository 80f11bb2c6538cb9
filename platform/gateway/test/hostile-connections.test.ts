import { createServer, type RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openDoors, rawConnection, type RawConnection, sendRaw, statusesIn, witness } from './doors.ts'
import { overHttp } from './support.ts'

/** As the doors have it, only sooner: a second of theirs is twenty milliseconds here. */
const hurried = {
  headersTimeoutMs: 200,
  requestTimeoutMs: 600,
  keepAliveTimeoutMs: 300,
  idleTimeoutMs: 1400,
  checkEveryMs: 50,
}

/** A service that answers when it has the whole of a request. */
const patient: RequestListener = (request, response) => {
  request.resume().on('end', () => response.end('{}'))
}
const { dispatcher, seen } = witness(patient)
const { addresses } = await openDoors(dispatcher, { connections: hurried })
const door = addresses.public
const good = 'GET /api/shop/things/good HTTP/1.1\r\nHost: a\r\n\r\n'
const head = (line: string, ...headers: string[]): string => [line, 'Host: a', ...headers, '', ''].join('\r\n')

beforeEach(() => void seen.splice(0))

async function stillOpenFor(connection: RawConnection, ms: number): Promise<boolean> {
  return Promise.race([connection.closed().then(() => false), sleep(ms, true)])
}

/** Writes a little again and again, until the door has had enough. */
async function trickle(connection: RawConnection, piece: string, everyMs: number): Promise<string> {
  const timer = setInterval(() => connection.socket.write(piece), everyMs)
  const { text } = await connection.closed()
  clearInterval(timer)
  return text
}

describe('a client that takes its time (slow loris)', () => {
  it('with its headers is answered 408', async () => {
    const connection = await rawConnection(door)
    connection.socket.write('GET /api/shop/things/slow HTTP/1.1\r\nHost: a\r\n')
    expect(statusesIn(await trickle(connection, 'X-A: b\r\n', 30))).toEqual([408])
    expect(seen).toEqual([])
  })

  it('with its first line is answered 408', async () => {
    const connection = await rawConnection(door)
    connection.socket.write('GET /')
    expect(statusesIn(await trickle(connection, 'a', 30))).toEqual([408])
  })

  it('with its body is answered 408, and its service hears of the end', async () => {
    const connection = await rawConnection(door)
    connection.socket.write(head('POST /api/shop/things/slow HTTP/1.1', 'Content-Length: 1000'))
    expect(statusesIn(await trickle(connection, 'x', 30))).toEqual([408])
    expect(seen.map(({ destroyed, complete }) => [destroyed, complete])).toEqual([[true, false]])
  })

  it('with its first request, of which nothing comes, is closed', async () => {
    const { text } = await (await rawConnection(door)).closed()
    expect(statusesIn(text)).toEqual([408])
  })

  it('with its next request is closed', async () => {
    const connection = await rawConnection(door)
    connection.socket.write(good)
    await connection.until(/200 OK/)
    expect(await stillOpenFor(connection, 150)).toBe(true)
    await connection.closed()
  })

  it('with reading its answer is closed', async () => {
    const large = witness((_request, response) => {
      response.write('x'.repeat(4 * 1024 * 1024))
    })
    const doors = await openDoors(large.dispatcher, { connections: hurried })
    const connection = await rawConnection(doors.addresses.public)
    connection.socket.write(good)
    connection.socket.pause()
    await expect.poll(() => large.seen[0]?.socket.destroyed, { timeout: 5000 }).toBe(true)
  })
})

describe('a flood of headers', () => {
  it('of more than a hundred is answered 431', async () => {
    const headers = (count: number): string[] => Array.from({ length: count }, (_, n) => `X-${n}: a`)
    const answer = (count: number) =>
      sendRaw(door, head('GET /api/shop/things/many HTTP/1.1', 'Connection: close', ...headers(count)))
    expect(statusesIn(await answer(1000))).toEqual([431])
    expect(statusesIn(await answer(99))).toEqual([431])
    expect(seen).toEqual([])
    expect(statusesIn(await answer(98))).toEqual([200])
  })

  it('of more than 16 KiB is answered 431, also before it has ended', async () => {
    for (const text of [
      head('GET /api/shop/things/huge HTTP/1.1', `X-Huge: ${'a'.repeat(17 * 1024)}`),
      `GET /api/shop/things/${'a'.repeat(17 * 1024)} HTTP/1.1\r\n`,
      `GET /api/shop/things/huge HTTP/1.1\r\nX-${'a'.repeat(17 * 1024)}`,
    ]) {
      expect(statusesIn(await sendRaw(door, text))).toEqual([431])
    }
    expect(seen).toEqual([])
  })

  it('is answered 431 where it asks for another protocol too', async () => {
    const headers = Array.from({ length: 200 }, (_, n) => `X-${n}: a`)
    const text = head('GET /api/shop/things/x HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', ...headers)
    expect(statusesIn(await sendRaw(door, text))).toEqual([431])
    expect(seen).toEqual([])
  })
})

describe('many connections', () => {
  const few = {
    ...hurried,
    headersTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    mostConnections: 10,
    mostConnectionsPerAddress: 4,
  }

  it('of one address are cut beyond its share, and others take their place when they leave', async () => {
    const doors = await openDoors(dispatcher, { connections: few })
    const connections = await Promise.all(Array.from({ length: 8 }, () => rawConnection(doors.addresses.public)))
    const open = await Promise.all(connections.map((connection) => stillOpenFor(connection, 200)))
    expect(open.filter(Boolean)).toHaveLength(4)
    for (const { socket } of connections) socket.destroy()
    await expect
      .poll(async () =>
        statusesIn(await sendRaw(doors.addresses.public, head('GET /health HTTP/1.1', 'Connection: close'))),
      )
      .toEqual([200])
  })

  it('of a trusted proxy, which speaks for many, are not, but for those of the door', async () => {
    const doors = await openDoors(dispatcher, { connections: few, trustedProxies: ['127.0.0.0/8'] })
    const connections = await Promise.all(Array.from({ length: 14 }, () => rawConnection(doors.addresses.public)))
    const open = await Promise.all(connections.map((connection) => stillOpenFor(connection, 200)))
    expect(open.filter(Boolean)).toHaveLength(10)
    for (const { socket } of connections) socket.destroy()
  })

  it('that say nothing leave the doors usable for others', async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => rawConnection(door)))
    expect(statusesIn(await sendRaw(door, head('GET /health HTTP/1.1', 'Connection: close')))).toEqual([200])
    await Promise.all(idle.map((connection) => connection.closed()))
  })
})

describe('requests in one go (pipelining)', () => {
  it('are answered in order', async () => {
    const texts = ['one', 'two'].map((name) => `GET /api/shop/things/${name} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const answer = await sendRaw(door, [...texts, head('GET /nowhere HTTP/1.1', 'Connection: close')].join(''))
    expect(statusesIn(answer)).toEqual([200, 200, 404])
    expect(seen.map(({ url }) => url)).toEqual(['/api/shop/things/one', '/api/shop/things/two'])
  })

  it('are refused when more than 64 are under way', async () => {
    const slow = witness((_request, response) => void setTimeout(() => response.end('{}'), 100))
    const doors = await openDoors(slow.dispatcher)
    const statuses = statusesIn(await sendRaw(doors.addresses.public, good.repeat(150)))
    expect(statuses).toEqual([...Array.from({ length: 64 }, () => 200), 503])
    expect(slow.seen).toHaveLength(64)
  })

  it('end at what is no request', async () => {
    for (const garbage of [
      '\u0000\u0001\u0002',
      '\u0016\u0003\u0001\u0002\u0000',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'SSH-2.0-x\r\n',
    ]) {
      expect(statusesIn(await sendRaw(door, garbage))).toEqual([400])
      expect(seen).toEqual([])
    }
    const statuses = statusesIn(await sendRaw(door, `${good}garbage\r\n\r\n${good.replace('good', 'smuggled')}`))
    expect(statuses.at(-1)).toBe(400)
    expect(seen.filter(({ url }) => url?.includes('smuggled'))).toEqual([])
  })
})

const smuggled = 'GET /api/shop/things/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
const post = 'POST /api/shop/things/x HTTP/1.1'

/** What must be refused whole, named by what is wrong with it. */
const ambiguous: readonly (readonly [string, string])[] = [
  ['two lengths', head(post, 'Content-Length: 0', `Content-Length: ${smuggled.length}`)],
  ['the same length twice', head(post, 'Content-Length: 5', 'Content-Length: 5')],
  ['a list of lengths', head(post, 'Content-Length: 5, 5')],
  ['a length with a sign', head(post, 'Content-Length: +5')],
  ['a length in hexadecimal', head(post, 'Content-Length: 0x5')],
  ['a length and chunks', head(post, 'Content-Length: 4', 'Transfer-Encoding: chunked')],
  ['chunks and a length', head(post, 'Transfer-Encoding: chunked', 'Content-Length: 4')],
  ['chunks that are not the last encoding', head(post, 'Transfer-Encoding: chunked, identity')],
  ['an encoding that is none', head(post, 'Transfer-Encoding: identity')],
  ['an encoding beside chunks', head(post, 'Transfer-Encoding: gzip, chunked')],
  ['chunks twice', head(post, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['chunks in another spelling', head(post, 'Transfer-Encoding: "chunked"')],
  ['chunks behind a sign', head(post, 'Transfer-Encoding: \u000bchunked')],
  ['chunks of a protocol that has none', head('POST /api/shop/things/x HTTP/1.0', 'Transfer-Encoding: chunked')],
  ['a space before the colon', head(post, 'Content-Length : 5')],
  ['a space before a name', head(post, ' Content-Length: 5')],
  ['a folded line', head(post, 'X-Folded: a', ' b')],
  ['a folded encoding', head(post, 'Transfer-Encoding:', ' chunked')],
  ['a bare carriage return', head(post, 'X-Bare: a\rTransfer-Encoding: chunked')],
  ['a bare line feed', head(post, 'X-Bare: a\nTransfer-Encoding: chunked')],
  ['line feeds alone', head(post, 'Content-Length: 5').replaceAll('\r', '')],
  ['a sign that cannot be', head(post, 'X-Zero: a\u0000b')],
  ['a name that is none', head(post, 'X(Name): a')],
  ['a header without a colon', head(post, 'Transfer-Encoding')],
  ['no host', `${post}\r\n\r\n`],
  ['two hosts', head(post, 'Host: b')],
  ['a version that is none', head('POST /api/shop/things/x HTTP/1.2')],
  ['a method in small letters', head('post /api/shop/things/x HTTP/1.1')],
  ['a target that is no path', head('GET api/shop/things/x HTTP/1.1')],
]

describe.each([
  ['in the same process', undefined],
  ['over HTTP', createServer()],
])('a request that can be read in two ways, to a service %s,', async (_, server) => {
  const arrived: string[] = []
  server?.on('request', (request, response) => {
    arrived.push(request.url ?? '')
    patient(request, response)
  })
  server?.on('clientError', () => arrived.push('what is no request'))
  const near = witness(patient)
  if (server) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server?.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const doors = await openDoors(server ? overHttp([`http://127.0.0.1:${port}`]) : near.dispatcher)
  beforeEach(() => {
    arrived.length = 0
    near.seen.length = 0
  })
  const reached = (): string[] => [...arrived, ...near.seen.map(({ url }) => url ?? '')]
  afterAll(async () => {
    server?.closeAllConnections()
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  })

  it.each(ambiguous)('is refused, and nothing behind it is taken for a request: %s', async (_, text) => {
    const connection = await rawConnection(doors.addresses.public)
    connection.socket.write(`${text}0\r\n\r\n${smuggled}`, 'latin1')
    connection.socket.end()
    const statuses = statusesIn((await connection.closed()).text)
    expect(statuses[0]).toBe(400)
    expect(statuses).not.toContain(200)
    expect(reached()).toEqual([])
  })

  it.each([
    ['a size that is none', 'x\r\nabc\r\n0\r\n\r\n'],
    ['a size beyond measure', 'fffffffffffffffff\r\na\r\n0\r\n\r\n'],
    ['a negative size', '-1\r\na\r\n0\r\n\r\n'],
    ['more than its size', '1\r\nabc\r\n0\r\n\r\n'],
    ['an extension without end', `1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`],
  ])('is not answered as a whole one, in chunks: %s', async (_, chunks) => {
    const connection = await rawConnection(doors.addresses.public)
    connection.socket.write(head(post, 'Transfer-Encoding: chunked') + chunks + smuggled)
    connection.socket.end()
    const statuses = statusesIn((await connection.closed()).text)
    expect(statuses.filter((status) => status === 200)).toHaveLength(0)
    expect(reached().filter((url) => url.includes('smuggled'))).toEqual([])
  })
})
