import { describe, expect, it } from 'vitest'
import { openDoors, sendRaw, statusesIn } from '../doors.ts'
import { echo, parseEcho, send } from './echo.ts'
import { modes, wayTo } from './ways.ts'

describe.each(modes)('the body of a request to a service %s', async (mode) => {
  const { dispatcher, arrivals } = await wayTo(mode, echo)
  const doors = (await openDoors(dispatcher)).addresses

  it('may have a body of unknown length', async () => {
    const reply = await send(`${doors.public}/api/shop/things/hat`, { method: 'POST', chunks: ['{"a"', ': 1}'] })
    expect(parseEcho(reply.text).body).toBe('{"a": 1}')
  })

  it.each([0, 1, 16_384, 16_385, 300_000])('may have a body of %i bytes', async (length) => {
    const body = JSON.stringify('x'.repeat(length))
    const reply = await fetch(`${doors.public}/api/shop/things/hat`, { method: 'POST', body })
    const seen = parseEcho(await reply.text())
    expect(seen.body).toBe(body)
    expect(seen.headers['content-length']).toBe(String(body.length))
  })

  it('takes with it no body that its route does not take', async () => {
    const headers = { 'transfer-encoding': 'chunked' }
    const reply = await send(`${doors.public}/api/shop/things/hat`, {
      method: 'GET',
      headers,
      chunks: ['un', 'wanted'],
    })
    expect(reply.status).toBe(201)
    if (mode === 'over HTTP') expect(parseEcho(reply.text).body).toBe('')
  })

  it('gets an answer without a body, and every cookie of it', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/nothing`)
    expect([reply.status, reply.headers.getSetCookie(), await reply.text()]).toEqual([204, ['a=1', 'b=2'], ''])
  })

  it('may be answered before its body has come whole', async () => {
    const chunks = Array.from({ length: 8 }, () => 'x'.repeat(100_000))
    const reply = await send(`${doors.public}/api/shop/things/early`, { method: 'POST', chunks })
    expect(reply.status).toBe(409)
  })

  it('is refused when its body is declared too large', async () => {
    const reply = await send(`${doors.public}/api/shop/things/hat`, {
      method: 'POST',
      headers: { 'content-length': String(1024 * 1024 + 1) },
      chunks: [],
    })
    expect(reply.status).toBe(413)
  })

  it('to a mount may be as large as the mount takes, and says so before', async () => {
    const url = `${doors.public}/protocol/x`
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1000) })).status).toBe(201)
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(413)
    expect((await send(url, { method: 'POST', chunks: ['of a length', ' nobody knows'] })).status).toBe(400)
  })

  const post = 'POST /api/shop/things/hat HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked'

  it('in chunks may have extensions and trailers, which concern the connection alone', async () => {
    const text = await sendRaw(
      doors.public,
      `${post}\r\nTrailer: X-User\r\n\r\n5;a=b;c="d"\r\nhello\r\n0\r\nX-User: root\r\n\r\n`,
    )
    expect(statusesIn(text)).toEqual([201])
    const seen = parseEcho(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
    expect(seen.body).toBe('hello')
    expect([seen.headers['x-user'], seen.headers['trailer'], seen.headers['content-length']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('in chunks is not held in memory beyond what its route takes', async () => {
    // To a service in the same process it is the service that counts.
    if (mode === 'in process') return
    const chunk = `${(100_000).toString(16)}\r\n${'x'.repeat(100_000)}\r\n`
    const text = await sendRaw(doors.public, `${post}\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`)
    expect(statusesIn(text)).toEqual([413])
  })

  it('ends where it says, and what follows is a request of its own that passes the same doors', async () => {
    const inner = 'GET /internal/shop/things HTTP/1.1\r\nHost: a\r\nX-User: root\r\nConnection: close\r\n\r\n'
    arrivals.splice(0)
    const text = await sendRaw(
      doors.public,
      `POST /api/shop/things/hat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}${inner}`,
    )
    expect(statusesIn(text)).toEqual([201, 404])
    expect(arrivals.map(({ url }) => url)).toEqual(['/api/shop/things/hat'])
  })

  it('that looks like a request is a body all the same', async () => {
    const inner = 'GET /internal/shop/things HTTP/1.1\r\nHost: a\r\n\r\n'
    arrivals.splice(0)
    const reply = await fetch(`${doors.public}/api/shop/things/hat`, { method: 'POST', body: inner })
    expect(parseEcho(await reply.text()).body).toBe(inner)
    // Where the route takes none it is dropped, not left on the connection for the next to be read from.
    const text = await sendRaw(
      doors.public,
      `GET /api/shop/things/hat HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    )
    expect(statusesIn(text)).toEqual([201])
    expect(arrivals.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/shop/things/hat',
      'GET /api/shop/things/hat',
    ])
  })
})
