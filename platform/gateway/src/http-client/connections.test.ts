import type { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AnswerHead } from './answer-head.ts'
import { targetOf } from './connecting.ts'
import { Connection } from './connection.ts'
import { ConnectionLost, ConnectionsClosed, GarbledAnswer, NoConnection, RequestNotSent } from './errors.ts'
import { ask, Asking, atEnd, clock, connectionsTo, endAll, ok, upstream } from './fixtures/asking.ts'

afterEach(endAll)

describe('a connection', () => {
  it('is used again, the one that was used last first', async () => {
    const { url, sockets, heard } = await upstream((socket, _heard, number) => socket.write(ok(String(number))))
    const connections = connectionsTo(url)
    const both = [ask(connections), ask(connections)]
    expect(await Promise.all(both.map(({ done }) => done))).toEqual(['200 0', '200 1'])
    expect(await ask(connections).done).toBe(await ask(connections).done)
    expect(sockets).toHaveLength(2)
    expect(heard.join('')).toBe('GET / HTTP/1.1\r\n\r\n'.repeat(4))
  })

  it.each([
    ['4 s', '', 3999, 4000],
    ['as long as the other side says, but a second', 'Keep-Alive: timeout=72', 70_999, 71_000],
    ['not where that is a second', 'Keep-Alive: timeout=1', -1, 0],
    ['ten minutes at most', 'Keep-Alive: timeout=99999, max=100', 599_999, 600_000],
  ])('is kept %s without a request', async (_what, header, lastMs, overMs) => {
    const { url, sockets } = await upstream((socket) => socket.write(ok('', ...(header ? [header] : []))))
    const connections = connectionsTo(url)
    clock.nowMs = 0
    await ask(connections).done
    clock.nowMs = lastMs
    if (lastMs >= 0) await ask(connections).done
    expect(sockets).toHaveLength(1)
    clock.nowMs += overMs
    await ask(connections).done
    expect(sockets).toHaveLength(2)
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  })

  it('is closed after that time, though nobody asks any more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    atEnd(() => vi.useRealTimers())
    const { url, sockets } = await upstream((socket) => socket.write(ok()))
    const connections = connectionsTo(url)
    clock.nowMs = 0
    await ask(connections).done
    clock.nowMs = 4000
    vi.advanceTimersByTime(1000)
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  })

  it.each([
    ['says so', ok('', 'Connection: close')],
    ['says so among others', ok('', 'Connection: x, Close')],
    ['is of an older version', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['sends more than an answer', `${ok()}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong`],
    ['says how long nothing is', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n'],
    ['says that nothing comes in pieces', 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n'],
  ])('is not used again when the other side %s', async (_what, answer) => {
    const { url, sockets } = await upstream((socket) => socket.write(answer))
    const connections = connectionsTo(url)
    for (let time = 0; time < 2; time += 1) expect(await ask(connections).done).toMatch(/^20[04] $/)
    expect(sockets).toHaveLength(2)
  })

  it('is not used again after HEAD: there may be a body all the same, which would be the next answer', async () => {
    const { url, sockets } = await upstream((socket) => socket.write(ok()))
    const connections = connectionsTo(url)
    await ask(connections, { method: 'HEAD' }).done
    await ask(connections).done
    expect(sockets).toHaveLength(2)
  })

  it('is used again after an answer whose last piece was too much', async () => {
    const { url, sockets } = await upstream((socket) => socket.write(ok('abc')))
    const connections = connectionsTo(url)
    const asking = new Asking()
    asking.takesMore = false
    connections.send(asking)
    await asking.done
    expect(await ask(connections).done).toBe('200 abc')
    expect(sockets).toHaveLength(1)
  })

  it('that ends with its answer takes no other request, not even at that moment', async () => {
    const { url, sockets } = await upstream((socket, _heard, number) => {
      if (number === 0) socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')
      else socket.write(ok('next'))
    })
    const connections = connectionsTo(url)
    const asking = new Asking()
    const next = new Asking()
    asking.whenOver = () => connections.send(next)
    connections.send(asking)
    expect([await asking.done, await next.done]).toEqual(['200 all of it', '200 next'])
    expect(sockets).toHaveLength(2)
  })

  it('is closed when an answer comes that nobody has asked for, and nobody ever hears that', async () => {
    const { url, sockets } = await upstream((socket, _heard, number) => socket.write(ok(String(number))))
    const connections = connectionsTo(url)
    await ask(connections).done
    sockets[0]?.write(ok('wrong'))
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
    expect(await ask(connections).done).toBe('200 1')
  })

  it('that the other side has closed is used no more', async () => {
    const { url, sockets } = await upstream((socket) => socket.write(ok()))
    const connections = connectionsTo(url)
    await ask(connections).done
    sockets[0]?.end()
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
    await ask(connections).done
    expect(sockets).toHaveLength(2)
  })
})

describe('a request', () => {
  it('goes out with its body in one piece', async () => {
    const { url, heard } = await upstream((socket) => socket.write(ok()))
    const asking = ask(connectionsTo(url), { method: 'POST', body: Buffer.from('abc') })
    await asking.done
    expect(heard).toEqual(['POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc'])
    expect(asking.sent).toBe(1)
  })

  it('hears that nobody is there', async () => {
    const { url, server } = await upstream(() => undefined)
    server.close()
    await expect(ask(connectionsTo(url)).done).rejects.toThrow(NoConnection)
    await expect(ask(connectionsTo('http://nobody.invalid')).done).rejects.toThrow(NoConnection)
  })

  it('hears that no connection comes about in time, and that who answers is not whom it looks for', async () => {
    const { url } = await upstream((socket) => socket.write('this is no TLS'))
    await expect(ask(connectionsTo(url.replace('http:', 'https:'))).done).rejects.toThrow(NoConnection)
    const silent = await upstream(() => undefined)
    const late = ask(connectionsTo(silent.url.replace('http:', 'https:'), { connectMs: 50 }))
    await expect(late.done).rejects.toThrow('no connection came about in time')
  })

  it.each([
    ['is closed before its answer', (socket: Socket) => socket.end(), ConnectionLost],
    ['is closed within the head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\n'), ConnectionLost],
    ['is closed within the body', (socket: Socket) => socket.end(ok('abc').slice(0, -1)), ConnectionLost],
    [
      'is closed within a piece',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'),
      ConnectionLost,
    ],
    ['breaks', (socket: Socket) => socket.resetAndDestroy(), Error],
    [
      'breaks within an answer without length',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nabc', () => socket.resetAndDestroy()),
      Error,
    ],
    ['brings something else', (socket: Socket) => socket.write('SSH-2.0-OpenSSH\r\n\r\n'), GarbledAnswer],
    [
      'goes over to another protocol',
      (socket: Socket) => socket.write('HTTP/1.1 101 OK\r\nupgrade: h2c\r\n\r\n'),
      GarbledAnswer,
    ],
  ])('hears that its connection %s', async (_what, answer, error) => {
    const { url } = await upstream((socket) => void answer(socket))
    await expect(ask(connectionsTo(url)).done).rejects.toThrow(error)
  })

  it('hears that an answer that has begun pauses for too long, and may wait for one to begin', async () => {
    const { url, sockets } = await upstream(() => undefined)
    const connections = connectionsTo(url, { pauseMs: 30 })
    const asking = ask(connections)
    await expect.poll(() => asking.connection).toBeDefined()
    // Longer than the pause that is allowed later.
    await new Promise((resolve) => setTimeout(resolve, 100))
    sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na')
    await expect(asking.done).rejects.toThrow('paused for too long')
    expect(asking.text).toBe('a')
  })

  it('hears of a pause also where nobody looks after its connection, once it is watched', async () => {
    const { url } = await upstream((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na'))
    const asking = new Asking()
    const keeper = { free: () => undefined, closed: () => undefined }
    const connection = new Connection(targetOf(url), { connectMs: 2000, pauseMs: 30 }, keeper, asking)
    await expect.poll(() => asking.text).toBe('a')
    connection.watch()
    await expect(asking.done).rejects.toThrow('paused for too long')
  })

  it.each([
    ['answers before it is asked', (socket: Socket) => void socket.write(ok('early'))],
    ['is closed', (socket: Socket) => void socket.end()],
    ['breaks', (socket: Socket) => void socket.resetAndDestroy()],
  ])('that was kept and %s in the moment of use has sent nothing, and says so', async (_what, spoil) => {
    const { url, sockets, heard } = await upstream((socket) => socket.write(ok()))
    const connections = connectionsTo(url)
    await ask(connections).done
    const asking = await new Promise<Asking>((resolve) => {
      // From a timer on, what has come is read before the end of the turn.
      setTimeout(() => {
        if (sockets[0]) spoil(sockets[0])
        resolve(ask(connections))
      })
    })
    await expect(asking.done).rejects.toThrow(RequestNotSent)
    expect(heard).toEqual(['GET / HTTP/1.1\r\n\r\n'])
    expect(await ask(connections).done).toBe('200 ')
    expect(sockets).toHaveLength(2)
  })

  it('holds an answer back until it is wanted', async () => {
    const long = 'x'.repeat(5_000_000)
    const { url, sockets } = await upstream((socket) => socket.write(ok(long)))
    const asking = new Asking()
    asking.takesMore = false
    connectionsTo(url).send(asking)
    await expect.poll(() => asking.text.length).toBeGreaterThan(0)
    const held = asking.text.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([asking.text.length, sockets[0]?.writableLength === 0]).toEqual([held, false])
    asking.takesMore = true
    asking.connection?.resume()
    expect(await asking.done).toHaveLength(long.length + 4)
  })

  it('may be given up, and its connection with it', async () => {
    const { url, sockets } = await upstream(() => undefined)
    const asking = ask(connectionsTo(url))
    await expect.poll(() => asking.connection).toBeDefined()
    asking.connection?.abort(new Error('not wanted any more'))
    await expect(asking.done).rejects.toThrow('not wanted any more')
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  })

  it('that fails on its own answer hears of that, and nobody has the connection any more', async () => {
    const { url, sockets } = await upstream((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
    const connections = connectionsTo(url)
    const asking = new Asking()
    const fault = new TypeError('no')
    asking.onHead = () => {
      throw fault
    }
    connections.send(asking)
    await expect(asking.done).rejects.toMatchObject({ name: 'ListenerFailed', cause: fault })
    await ask(connections).done
    expect(sockets).toHaveLength(2)
  })

  it('that is under way is finished when the connections are closed, and no other goes out', async () => {
    const { url, sockets } = await upstream(() => undefined)
    const connections = connectionsTo(url)
    const asking = ask(connections)
    await expect.poll(() => sockets).toHaveLength(1)
    const closed = connections.close()
    await expect(ask(connections).done).rejects.toThrow(ConnectionsClosed)
    sockets[0]?.write(ok('at last'))
    expect(await asking.done).toBe('200 at last')
    await closed
  })
})

describe('a request for another protocol', () => {
  /** What is heard of one: the head that agreed, and everything behind it. */
  class Upgrading extends Asking {
    readonly behind = Promise.withResolvers<string>()
    override readonly onUpgrade = (head: AnswerHead, socket: Socket): void => {
      this.onHead(head)
      let text = ''
      socket.on('data', (piece) => (text += piece.toString())).on('end', () => this.behind.resolve(text))
      socket.resume().write('hello')
    }
  }

  it('gets the connection, and everything that has come behind the answer', async () => {
    const { url, heard, sockets } = await upstream((socket, bytes) => {
      if (bytes.endsWith('hello')) socket.end(' and last')
      else socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\nfirst')
    })
    const connections = connectionsTo(url)
    const asking = new Upgrading()
    connections.send(asking)
    expect(await asking.behind.promise).toBe('first and last')
    expect([asking.status, heard]).toEqual([101, ['GET / HTTP/1.1\r\n\r\nhello']])
    // It is nobody else's any more.
    await connections.close()
    expect(sockets).toHaveLength(1)
  })

  it('that is answered as any other ends as any other', async () => {
    const { url } = await upstream((socket) => socket.write(ok('no')))
    const connections = connectionsTo(url)
    const asking = new Upgrading()
    connections.send(asking)
    expect(await asking.done).toBe('200 no')
  })
})
