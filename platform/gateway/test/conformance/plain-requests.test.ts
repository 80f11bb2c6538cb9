import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDoors, rawConnection, type RawConnection, statusesIn } from '../doors.ts'
import { hurried } from './hostile.ts'
import { modes, wayTo } from './ways.ts'

const asking = (name: string, ...headers: string[]): string =>
  [`GET /api/shop/things/${name} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n')

/** Answers of every kind, by the last part of the path; what is `slow` waits until the test ends it. */
const waiting: ServerResponse[] = []
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  long: (response) => response.end(JSON.stringify('x'.repeat(300_000))),
  pieces: (response) => {
    response.write('{"a":')
    response.end('1}')
  },
  nothing: (response) => response.writeHead(204).end(),
  unchanged: (response) => response.writeHead(304, { etag: '"a"' }).end(),
  last: (response) => response.writeHead(200, { connection: 'close' }).end('{}'),
  cookies: (response) => response.writeHead(200, { 'set-cookie': ['a=b', 'c=d'] }).end('{}'),
  reason: (response) => response.writeHead(201, 'As you wish').end('{}'),
  slow: (response) => void waiting.push(response),
}
const service: RequestListener = (request, response) => {
  const name = request.url?.split('/').at(-1) ?? ''
  request.resume().on('end', () => {
    const answer = answers[name]
    if (answer) answer(response)
    else response.end(JSON.stringify({ name }))
  })
}

/** An answer without what is different each time, and in which order its headers come means nothing. */
function essenceOf(text: string): unknown {
  const end = text.indexOf('\r\n\r\n')
  const [line, ...headers] = text.slice(0, end).split('\r\n')
  return [line, headers.filter((header) => !/^(?:date|x-request-id): /i.test(header)).toSorted(), text.slice(end)]
}

describe.each(modes)('plain requests, which the door reads by itself, %s,', async (mode) => {
  const { dispatcher, arrivals } = await wayTo(mode, service)
  const door = (await openDoors(dispatcher)).addresses.public
  const hasty = (await openDoors(dispatcher, { connections: hurried })).addresses.public
  beforeEach(() => {
    arrivals.splice(0)
    waiting.splice(0)
  })

  /** All that comes over one connection on which these are sent, each once the one before is answered. */
  async function heard(...requests: readonly string[]): Promise<string> {
    const connection = await rawConnection(door)
    for (const [index, request] of requests.entries()) {
      connection.socket.write(request)
      await answered(connection, index + 1)
    }
    connection.socket.destroy()
    return connection.text()
  }

  async function answered(connection: RawConnection, count: number): Promise<void> {
    await expect.poll(() => statusesIn(connection.text()).length).toBe(count)
    // Its end as well: whatever comes next is another answer.
    await expect.poll(() => isWhole(connection.text())).toBe(true)
  }

  function isWhole(text: string): boolean {
    const last = text.slice(text.lastIndexOf('HTTP/1.1 '))
    const length = Number(/^content-length: (\d+)\r$/im.exec(last)?.[1] ?? 0)
    const body = last.slice(last.indexOf('\r\n\r\n') + 4)
    if (!last.includes('\r\n\r\n')) return false
    return /^transfer-encoding: chunked\r$/im.test(last) ? body.endsWith('0\r\n\r\n') : body.length >= length
  }

  it.each(['thing', 'long', 'pieces', 'nothing', 'unchanged', 'last', 'cookies', 'reason'])(
    'are answered like any other, to the letter: %s',
    async (name) => {
      const [plain, other] = [await heard(asking(name)), await heard(asking(name, 'X-Tab: a\tb'))]
      expect(essenceOf(plain)).toEqual(essenceOf(other))
      expect(arrivals).toHaveLength(2)
    },
  )

  it.each([
    ['nowhere', 'GET /nowhere'],
    ['a method that is not taken', 'HEAD /api/shop/things/a'],
    ['health', 'GET /health'],
  ])('are answered by the door like any other: %s', async (_what, line) => {
    const texts = [`${line} HTTP/1.1\r\nHost: a\r\n\r\n`, `${line} HTTP/1.1\r\nHost: a\r\nX-Tab: a\tb\r\n\r\n`].map(
      async (request) => {
        const connection = await rawConnection(door)
        connection.socket.write(request)
        const text = await connection.until(/\r\n\r\n/)
        connection.socket.destroy()
        return essenceOf(text)
      },
    )
    const [plain, other] = await Promise.all(texts)
    expect(plain).toEqual(other)
  })

  it('reach their service as any other does', async () => {
    await heard(asking('a', 'Cookie: b=c', 'X-Any: thing'))
    await heard(asking('a', 'Cookie: b=c', 'X-Any: thing', 'X-Tab: a\tb'))
    const [plain, other] = arrivals.map(({ method, url, headers }) => {
      const { traceparent, 'x-request-id': id, 'x-tab': tab, ...same } = headers
      return { method, url, same, has: [typeof traceparent, typeof id], tab }
    })
    expect(plain).toEqual({ ...other, tab: undefined })
  })

  it('say the same of themselves for as long as they do, and not longer', async () => {
    await heard(asking('a', 'X-Any: 1'), asking('b', 'X-Any: 1'), asking('c', 'X-Any: 2'), asking('d'))
    expect(arrivals.map(({ url, headers }) => [url.at(-1), headers['x-any']])).toEqual([
      ['a', '1'],
      ['b', '1'],
      ['c', '2'],
      ['d', undefined],
    ])
  })

  it('share a connection with others', async () => {
    const post = 'POST /api/shop/things/b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'
    expect(statusesIn(await heard(asking('a'), asking('b'), post, asking('c'), post))).toEqual([
      200, 200, 200, 200, 200,
    ])
    expect(arrivals.map(({ method, url }) => `${method} ${url.at(-1)}`)).toEqual([
      'GET a',
      'GET b',
      'POST b',
      'GET c',
      'POST b',
    ])
  })

  it.each([2, 3, 7])('may come in %i pieces', async (count) => {
    const connection = await rawConnection(door)
    connection.socket.setNoDelay(true)
    const text = asking('a', `X-Long: ${'x'.repeat(200)}`)
    const size = Math.ceil(text.length / count)
    for (let at = 0; at < text.length; at += size) {
      connection.socket.write(text.slice(at, at + size))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await answered(connection, 1)
    connection.socket.destroy()
    expect(arrivals.map(({ headers }) => headers['x-long'])).toEqual(['x'.repeat(200)])
  })

  it('may come in two pieces, wherever the first one ends, also behind another one', async () => {
    const before = asking('before', `X-Long: ${'x'.repeat(5000)}`)
    const text = asking('a', 'X-Any: thing')
    const heard = Array.from({ length: text.length - 1 }, async (_, index) => {
      const connection = await rawConnection(door)
      connection.socket.setNoDelay(true)
      if (index % 2 === 1) {
        connection.socket.write(before)
        await answered(connection, 1)
      }
      connection.socket.write(text.slice(0, index + 1))
      await new Promise((resolve) => setTimeout(resolve, 20))
      connection.socket.write(text.slice(index + 1))
      await answered(connection, 1 + (index % 2))
      connection.socket.destroy()
      return statusesIn(connection.text())
    })
    const statuses = await Promise.all(heard)
    expect(statuses.flat().filter((status) => status !== 200)).toEqual([])
    const whole = arrivals.filter(({ url }) => url.endsWith('/a'))
    expect(whole.map(({ headers }) => headers['x-any'])).toEqual(whole.map(() => 'thing'))
    expect(whole).toHaveLength(text.length - 1)
  })

  it('of which half has come when the door closes are answered once they are whole', async () => {
    const way = await wayTo(mode, service)
    const gateway = await openDoors(way.dispatcher)
    const half = await rawConnection(gateway.addresses.public)
    half.socket.write(asking('a').slice(0, 30))
    // Its bytes have come once another connection, opened later, was answered.
    const later = await rawConnection(gateway.addresses.public)
    later.socket.write(asking('b'))
    await answered(later, 1)
    const closing = gateway.close(5000)
    half.socket.write(asking('a').slice(30))
    const { text } = await half.closed()
    await closing
    expect(statusesIn(text)).toEqual([200])
    expect(text).toMatch(/^connection: close\r$/im)
  })

  it('whose second half does not come are answered 408', async () => {
    const connection = await rawConnection(hasty)
    connection.socket.write(asking('a').slice(0, -10))
    expect(statusesIn((await connection.closed()).text)).toEqual([408])
    expect(arrivals).toEqual([])
  })

  it('wait for the answer before theirs', async () => {
    const connection = await rawConnection(door)
    connection.socket.write(asking('slow'))
    await expect.poll(() => waiting.length).toBe(1)
    const post = 'POST /api/shop/things/b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'
    connection.socket.write(asking('a').slice(0, 20))
    connection.socket.write(asking('a').slice(20) + post)
    // More than is kept of what is not looked at yet.
    const many = 300
    for (let count = 0; count < many; count += 1) connection.socket.write(asking(`n${count}`))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(arrivals).toHaveLength(1)
    waiting[0]?.end('{"first":true}')
    await expect.poll(() => statusesIn(connection.text()).length).toBeGreaterThan(2)
    const text = connection.text()
    expect(text.indexOf('"first"')).toBeLessThan(text.indexOf('"a"'))
    expect(text.indexOf('"a"')).toBeLessThan(text.indexOf('"b"'))
    connection.socket.destroy()
  })

  it('are not begun any more once the door is closing', async () => {
    const way = await wayTo(mode, service)
    const gateway = await openDoors(way.dispatcher)
    const kept = await rawConnection(gateway.addresses.public)
    kept.socket.write(asking('slow'))
    await expect.poll(() => waiting.length).toBe(1)
    const closing = gateway.close(5000)
    kept.socket.write(asking('b'))
    waiting[0]?.end('{}')
    const { text } = await kept.closed()
    await closing
    expect(statusesIn(text)).toEqual([200])
    expect(text).toMatch(/^connection: close\r$/im)
    expect(way.arrivals.map(({ url }) => url.split('/').at(-1))).toEqual(['slow'])
  })

  it.runIf(mode === 'in process')(
    'are over for who waits for that, and leave their connection alone then',
    async () => {
      const over: string[] = []
      const requests: IncomingMessage[] = []
      const listener: RequestListener = (request, response) => {
        requests.push(request)
        // Nobody reads it.
        request.on('close', () => over.push('request'))
        response.on('finish', () => over.push('finish')).on('close', () => over.push('response'))
        response.writeHead(200, { 'content-length': 2 }).end('{}')
        over.push(`ended: ${response.writableEnded}`)
      }
      const doors = await openDoors((await wayTo(mode, listener)).dispatcher)
      const connection = await rawConnection(doors.addresses.public)
      connection.socket.write(asking('a'))
      await answered(connection, 1)
      await expect.poll(() => over.toSorted()).toEqual(['ended: true', 'finish', 'request', 'response'])
      requests[0]?.destroy()
      connection.socket.write(asking('b'))
      await answered(connection, 2)
      connection.socket.destroy()
    },
  )

  it('end with their client', async () => {
    const connection = await rawConnection(door)
    connection.socket.write(asking('slow'))
    await expect.poll(() => waiting.length).toBe(1)
    const closed = new Promise((resolve) => waiting[0]?.once('close', () => resolve(waiting[0]?.writableFinished)))
    connection.socket.destroy()
    expect(await closed).toBe(false)
  })
})
