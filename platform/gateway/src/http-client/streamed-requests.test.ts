import { afterEach, describe, expect, it } from 'vitest'
import { RequestStalled } from './errors.ts'
import type { BodyTaker, PiecewiseBody } from './exchange.ts'
import { ask, connectionsTo, endAll, ok, upstream } from './fixtures/asking.ts'

afterEach(endAll)

describe('a request whose body comes in pieces', () => {
  /** A body that a test hands over. */
  class Pieces implements PiecewiseBody {
    readonly isChunked = true
    readonly stallMs: number
    taker: BodyTaker | undefined
    resumed = 0
    stopped = false
    /** What there is to hand over when there is room. */
    fill = (): void => undefined

    constructor(stallMs = 5000) {
      this.stallMs = stallMs
    }
    start(taker: BodyTaker): void {
      this.taker = taker
    }
    resume(): void {
      this.resumed += 1
      this.fill()
    }
    stop(): void {
      this.stopped = true
    }
  }

  async function begun(body: Pieces, answer: Parameters<typeof upstream>[0] = () => undefined) {
    const there = await upstream(answer)
    const connections = connectionsTo(there.url)
    const asking = ask(connections, { method: 'POST', body })
    await expect.poll(() => body.taker !== undefined && there.sockets.length === 1).toBe(true)
    return { ...there, connections, asking }
  }

  it('goes out with the first of them, each with its length', async () => {
    const body = new Pieces()
    const { heard, sockets, asking } = await begun(body)
    expect(heard).toEqual([''])
    body.taker?.piece(Buffer.from('abc'))
    body.taker?.piece(Buffer.alloc(0))
    body.taker?.piece(Buffer.from('0123456789'))
    body.taker?.end()
    const text = 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n'
    await expect.poll(() => heard).toEqual([text])
    expect(asking.sent).toBe(1)
    sockets[0]?.write(ok('thanks'))
    expect(await asking.done).toBe('200 thanks')
  })

  it('may have none', async () => {
    const body = new Pieces()
    const { heard } = await begun(body)
    body.taker?.end()
    await expect.poll(() => heard).toEqual(['POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'])
  })

  it('is answered before it has come whole: the rest goes nowhere, nor does another request on its connection', async () => {
    const body = new Pieces()
    const { asking, connections, sockets } = await begun(body, (socket) => socket.write(ok('enough')))
    body.taker?.piece(Buffer.from('abc'))
    expect(await asking.done).toBe('200 enough')
    expect(body.stopped).toBe(true)
    expect(body.taker?.piece(Buffer.from('more'))).toBe(true)
    expect(await ask(connections).done).toBe('200 enough')
    expect(sockets).toHaveLength(2)
  })

  it('waits for whoever takes it slowly, and is given up when nothing is taken for too long', async () => {
    const body = new Pieces(100)
    const { asking, sockets } = await begun(body)
    sockets[0]?.pause()
    body.fill = () => {
      while (body.taker?.piece(Buffer.alloc(100_000)) === true);
    }
    body.fill()
    await expect(asking.done).rejects.toThrow(RequestStalled)
    expect(body.stopped).toBe(true)
  })

  it('goes on when there is room again', async () => {
    const body = new Pieces()
    const { sockets } = await begun(body)
    sockets[0]?.pause()
    while (body.taker?.piece(Buffer.alloc(100_000)) === true);
    sockets[0]?.resume()
    await expect.poll(() => body.resumed).toBe(1)
  })

  it('breaks off when they do', async () => {
    const body = new Pieces()
    const { asking, sockets } = await begun(body)
    body.taker?.piece(Buffer.from('abc'))
    body.taker?.broken(new Error('the client has left'))
    await expect(asking.done).rejects.toThrow('the client has left')
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  })
})
