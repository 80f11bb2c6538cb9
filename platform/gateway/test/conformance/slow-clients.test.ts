import { beforeEach, describe, expect, it } from 'vitest'
import { openDoors, rawConnection, statusesIn } from '../doors.ts'
import { good, head, hurried, patient, stillOpenFor, trickle } from './hostile.ts'
import { modes, wayTo } from './ways.ts'

describe.each(modes)('a client that takes its time (slow loris), %s,', async (mode) => {
  const { dispatcher, arrivals } = await wayTo(mode, patient)
  const { addresses } = await openDoors(dispatcher, { connections: hurried })
  const door = addresses.public
  beforeEach(() => void arrivals.splice(0))

  it('with its headers is answered 408', async () => {
    const connection = await rawConnection(door)
    connection.socket.write('GET /api/shop/things/slow HTTP/1.1\r\nHost: a\r\n')
    expect(statusesIn(await trickle(connection, 'X-A: b\r\n', 30))).toEqual([408])
    expect(arrivals).toEqual([])
  })

  it('with its first line is answered 408', async () => {
    const connection = await rawConnection(door)
    connection.socket.write('GET /')
    expect(statusesIn(await trickle(connection, 'a', 30))).toEqual([408])
  })

  it('with its body is answered 408, and its service hears of the end', async () => {
    const connection = await rawConnection(door)
    connection.socket.write(head('POST /api/shop/things/slow HTTP/1.1', 'Content-Length: 100000'))
    const text = await trickle(connection, 'x', 30)
    expect([statusesIn(text), text.includes('{"detail":"The body came too slowly"}')]).toEqual([[408], true])
    // It learns of the end a moment later where a connection is in between.
    const requests = () => arrivals.flatMap(({ request }) => request ?? [])
    await expect.poll(() => requests().map(({ destroyed }) => destroyed)).toEqual([true])
    expect(requests().map(({ complete }) => complete)).toEqual([false])
  })

  it('with its body, but goes on with it, is heard to the end', async () => {
    const connection = await rawConnection(door)
    connection.socket.write(head('POST /api/shop/things/slow HTTP/1.1', 'Content-Length: 20000'))
    for (let sent = 0; sent < 20_000; sent += 1000) {
      await stillOpenFor(connection, 60)
      connection.socket.write('x'.repeat(1000))
    }
    await connection.until(/ 200 OK/)
  })

  it('with its body, after its answer, is closed', async () => {
    const connection = await rawConnection(door)
    connection.socket.write(head('POST /api/shop/nowhere HTTP/1.1', 'Content-Length: 100000'))
    expect(statusesIn(await trickle(connection, 'x', 30))).toEqual([404])
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

  it.runIf(mode === 'over HTTP')('waits for its answer longer than a connection may be idle', async () => {
    const late = await wayTo(mode, (_request, response) => void setTimeout(() => response.end('{}'), 500))
    const doors = await openDoors(late.dispatcher, { connections: { ...hurried, idleTimeoutMs: 100 } })
    const connection = await rawConnection(doors.addresses.public)
    connection.socket.write(good)
    expect(statusesIn((await connection.closed()).text)).toEqual([200])
  })

  it('with reading its answer is closed', async () => {
    const large = await wayTo(mode, (_request, response) => {
      response.write('x'.repeat(4 * 1024 * 1024))
    })
    const doors = await openDoors(large.dispatcher, { connections: hurried })
    const connection = await rawConnection(doors.addresses.public)
    connection.socket.write(good)
    connection.socket.pause()
    await expect.poll(() => large.arrivals[0]?.request?.socket.destroyed).toBe(true)
  })
})
