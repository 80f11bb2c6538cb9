import { once } from 'node:events'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { PlainHeadReader } from './plain-head.ts'
import { PlainRequest } from './plain-request.ts'
import { PlainResponse } from './plain-response.ts'

/** A response, and what has gone out of it. */
function begin() {
  const out: string[] = []
  const socket = Object.assign(new Socket(), {
    _write(chunk: Buffer, _encoding: string, done: () => void) {
      out.push(chunk.toString())
      done()
    },
    _writev: undefined,
  })
  const head = new PlainHeadReader(100).read('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  if (!head) throw new Error('that is plain')
  const response = new PlainResponse(new PlainRequest(socket, head), 65_000)
  response.assignSocket(socket)
  return { response, socket, text: () => out.join('') }
}

const endOfTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('the answer to a plain request', () => {
  it('has ended at once, and goes out with the others of its turn', async () => {
    const both = [begin(), begin()]
    for (const { response } of both) response.writeHead(200, { 'content-length': 2 }).end('{}')
    await Promise.resolve()
    expect(both.map(({ response, text }) => [response.writableEnded, text()])).toEqual([
      [true, ''],
      [true, ''],
    ])
    await endOfTurn()
    for (const { text } of both) expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Keep-Alive: timeout=65\r\n.*\{\}$/s)
    expect(both.map(({ response }) => response.writableFinished)).toEqual([true, true])
  })

  it.each<[string, (response: PlainResponse) => void, string]>([
    ['is told its length where nobody has said it', (response) => response.end('{}'), '{}'],
    ['may be in pieces', (response) => response.writeHead(200).write('a') && response.end('b'), '2\r\nab\r\n0\r\n\r\n'],
    ['may be bytes', (response) => response.writeHead(200, { 'content-length': 2 }).end(Buffer.from('{}')), '{}'],
    ['may be nothing', (response) => response.writeHead(200, { 'content-length': 0 }).end(), ''],
    ['may end a second time', (response) => response.writeHead(200, { 'content-length': 2 }).end('{}').end(), '{}'],
    [
      'tells who ends it a second time',
      (response) =>
        response
          .writeHead(200, { 'content-length': 2 })
          .end('{}')
          .end(() => undefined),
      '{}',
    ],
  ])('%s', async (_what, answer, body) => {
    const { response, text } = begin()
    const finish = once(response, 'finish')
    answer(response)
    await finish
    expect(text().slice(text().indexOf('\r\n\r\n') + 4)).toBe(body)
  })

  it('says that there is room as often as there was none', async () => {
    const { response, socket } = begin()
    const drained = vi.fn<() => void>()
    response.on('drain', drained).writeHead(200)
    expect(response.write('x'.repeat(socket.writableHighWaterMark))).toBe(false)
    await endOfTurn()
    response.drained()
    response.drained()
    expect([drained.mock.calls.length, response.writableNeedDrain]).toEqual([1, false])
  })

  it('takes nothing after its end', async () => {
    const { response, text } = begin()
    const failed = new Promise<Error>((resolve) => response.on('error', resolve))
    response.writeHead(200, { 'content-length': 2 }).end('{}')
    response.write('more')
    expect(await failed).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' })
    expect(text()).not.toContain('more')
  })

  it('tells who waits for its end', async () => {
    const { response, text } = begin()
    await new Promise<void>((resolve) => response.writeHead(200, { 'content-length': 2 }).end('{}', () => resolve()))
    expect(text()).toContain('{}')
  })

  it('goes nowhere when its client has left meanwhile, and nobody is told of an error', async () => {
    const { response, socket, text } = begin()
    const closed = new Promise((resolve) => response.on('close', resolve))
    response.writeHead(200, { 'content-length': 2 }).end('{}')
    socket.destroy()
    await closed
    await endOfTurn()
    expect([text(), response.writableFinished]).toEqual(['', false])
  })

  it.each([
    ['says so', { connection: 'close' }, true],
    ['says so among others', { connection: 'x, Close' }, true],
    ['says nothing of it', {}, false],
  ])('ends its connection when it %s', async (_what, headers, isLast) => {
    const { response } = begin()
    const finish = once(response, 'finish')
    response.writeHead(200, { 'content-length': 2, ...headers }).end('{}')
    await finish
    expect(response.isLast).toBe(isLast)
  })
})
