import { request as httpRequest } from 'node:http'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createGateway, type Dispatcher, inProcessDispatcher } from '../src/index.ts'
import { openDoors } from './doors.ts'
import { overHttp } from './support.ts'

/** Settled when the client of a request that waits has left. */
let left = Promise.withResolvers()

/** Settled when an answer that has begun may end. */
let slowly = Promise.withResolvers()

/** The service behind the gateway: says what reached it. */
const echo: RequestListener = (request, response) => {
  if (request.url?.endsWith('/hang-up')) {
    request.socket.destroy()
    return
  }
  if (request.url?.endsWith('/half')) {
    response.writeHead(200, { 'content-length': '10' })
    response.write('half')
    setImmediate(() => request.socket.destroy())
    return
  }
  if (request.url?.endsWith('/nothing')) {
    response.writeHead(204, { 'set-cookie': ['a=1', 'b=2'] }).end()
    return
  }
  if (request.url?.endsWith('/hints')) response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
  if (request.url?.endsWith('/slowly')) {
    response.writeHead(200).flushHeaders()
    void slowly.promise.then(() => response.end('at last'))
    return
  }
  if (request.url?.endsWith('/early')) {
    request.once('data', () => response.writeHead(409).end())
    return
  }
  if (request.url?.endsWith('/patience')) {
    response.on('close', () => left.resolve(undefined))
    return
  }
  if (request.url?.endsWith('/large')) {
    response.writeHead(200, { 'content-type': 'text/plain' })
    for (let n = 0; n < 64; n += 1) response.write('x'.repeat(64 * 1024))
    response.end()
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(201, { 'content-type': 'application/json', 'x-from': 'service', connection: 'keep-alive' })
    const { method, url, headers } = request
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
  })
}

const upstream = await listen(createServer(echo))
const stopped = await listen(createServer(echo))
await new Promise((resolve) => stopped.server.close(resolve))

const open: { close(graceMs: number): Promise<void> }[] = []
afterAll(async () => {
  for (const gateway of open) await gateway.close(100)
  upstream.server.closeAllConnections()
  await new Promise((resolve) => upstream.server.close(resolve))
})

async function gatewayWith(dispatcher: Dispatcher) {
  return (await openDoors(dispatcher)).addresses
}

describe.each([
  ['in the same process', () => inProcessDispatcher({ handle: echo })],
  ['over HTTP', () => overHttp([upstream.url])],
])('a request to a service %s', async (mode, dispatcher) => {
  const doors = await gatewayWith(dispatcher())

  it('arrives whole, and its answer comes back whole', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/a%20b?x=1&y=%2F`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x', 'x-mine': 'yes' },
      body: '{"pieces": 3}',
    })
    expect(reply.status).toBe(201)
    expect(reply.headers.get('x-from')).toBe('service')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    const seen = parseEcho(await reply.text())
    expect(seen).toMatchObject({ method: 'POST', url: '/api/shop/things/a%20b?x=1&y=%2F', body: '{"pieces": 3}' })
    expect(seen.headers).toMatchObject({
      host: 'sallyport.test',
      authorization: 'Bearer x',
      'content-type': 'application/json',
      'x-mine': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'x-request-id': reply.headers.get('x-request-id'),
    })
  })

  it('says nothing that only the gateway may say', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/hat`, {
      headers: { 'x-user': 'root', 'X-Roles': 'admin', 'x-forwarded-for': '8.8.8.8', forwarded: 'for=8.8.8.8' },
    })
    const seen = parseEcho(await reply.text())
    expect(seen.headers['x-user']).toBeUndefined()
    expect(seen.headers['x-roles']).toBeUndefined()
    expect(seen.headers['forwarded']).toBeUndefined()
    expect(seen.headers['x-forwarded-for']).toBe('127.0.0.1')
  })

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

  it('is not answered by what comes before the answer', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/hints`)
    expect([reply.status, parseEcho(await reply.text()).body]).toEqual([201, ''])
  })

  it('gets an answer without a body, and every cookie of it', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/nothing`)
    expect([reply.status, reply.headers.getSetCookie(), await reply.text()]).toEqual([204, ['a=1', 'b=2'], ''])
  })

  it('is cut off with its answer: half of it does not look like the whole', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/half`)
    await expect(reply.text()).rejects.toThrow()
  })

  it('sees the beginning of an answer that takes its time', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/slowly`)
    expect(reply.status).toBe(200)
    slowly.resolve(undefined)
    expect(await reply.text()).toBe('at last')
    slowly = Promise.withResolvers()
  })

  it('may be answered before its body has come whole', async () => {
    const chunks = Array.from({ length: 8 }, () => 'x'.repeat(100_000))
    const reply = await send(`${doors.public}/api/shop/things/early`, { method: 'POST', chunks })
    expect(reply.status).toBe(409)
  })

  it('to a mount may ask for the head of an answer alone', async () => {
    const reply = await fetch(`${doors.public}/protocol/x`, { method: 'HEAD' })
    expect([reply.status, reply.headers.get('x-from'), await reply.text()]).toEqual([201, 'service', ''])
  })

  it('ends when its client leaves', async () => {
    left = Promise.withResolvers()
    const leaving = new AbortController()
    const reply = fetch(`${doors.public}/api/shop/things/patience`, { signal: leaving.signal })
    setTimeout(() => leaving.abort(), 50)
    await expect(reply).rejects.toThrow()
    await left.promise
  })

  it('gets a large answer whole', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/large`)
    expect((await reply.text()).length).toBe(64 * 64 * 1024)
  })

  it('is refused when its body is declared too large', async () => {
    const reply = await send(`${doors.public}/api/shop/things/hat`, {
      method: 'POST',
      headers: { 'content-length': String(1024 * 1024 + 1) },
      chunks: [],
    })
    expect(reply.status).toBe(413)
  })

  it('is refused at the door without a valid token, where the door decides', async () => {
    const url = `${doors.public}/own/thing`
    const missing = await fetch(url)
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const invalid = await fetch(url, { headers: { authorization: 'Bearer bad' } })
    expect([invalid.status, invalid.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
    expect((await fetch(url, { headers: { authorization: 'Bearer good' } })).status).toBe(201)
  })

  it('to a mount is passed on whole, whatever its method, but cleaned', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const reply = await fetch(`${doors.public}/protocol/a/b%2Fc?x=1`, {
        method,
        headers: { 'content-type': 'text/strange', authorization: 'Basic Zm9v', 'x-user': 'root', host: 'evil.test' },
        ...(method !== 'GET' && { body: 'not read on the way' }),
      })
      const seen = parseEcho(await reply.text())
      const body = method === 'GET' ? '' : 'not read on the way'
      expect(seen).toMatchObject({ method, url: '/protocol/a/b%2Fc?x=1', body })
      expect(seen.headers).toMatchObject({ 'content-type': 'text/strange', authorization: 'Basic Zm9v' })
      expect([seen.headers['x-user'], seen.headers['host']]).toEqual([undefined, 'sallyport.test'])
    }
  })

  it('to a mount may be as large as the mount takes, and says so before', async () => {
    const url = `${doors.public}/protocol/x`
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1000) })).status).toBe(201)
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(413)
    expect((await send(url, { method: 'POST', chunks: ['of a length', ' nobody knows'] })).status).toBe(400)
  })

  it('answers for the health of the door itself', async () => {
    for (const door of [doors.public, doors.admin]) {
      const reply = await fetch(`${door}/health`)
      expect([reply.status, reply.headers.get('content-type'), await reply.text()]).toEqual([
        200,
        'text/plain',
        'healthy\n',
      ])
    }
    expect(await (await fetch(`${doors.admin}/health/ready`)).json()).toMatchObject({
      status: 'ready',
      parts: { shop: 'ready' },
    })
  })
})

describe('a service over HTTP that fails', () => {
  it('is not there: 503 and when to come back', async () => {
    const doors = await gatewayWith(overHttp([stopped.url]))
    const reply = await fetch(`${doors.public}/api/shop/things/hat`)
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  })

  it('hangs up: 502', async () => {
    const doors = await gatewayWith(overHttp([upstream.url]))
    expect((await fetch(`${doors.public}/api/shop/things/hang-up`)).status).toBe(502)
  })

  it('speaks something else than HTTP: 502', async () => {
    const other = await listen(createServer())
    other.server.on('connection', (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
    const doors = await gatewayWith(overHttp([other.url]))
    expect((await fetch(`${doors.public}/api/shop/things/hat`)).status).toBe(502)
    other.server.close()
  })

  it('does not answer in time: 504', async () => {
    const silent = await listen(createServer(() => undefined))
    const doors = await gatewayWith(overHttp([silent.url], { limits: { tryMs: 100, totalMs: 100 } }))
    expect((await fetch(`${doors.public}/api/shop/things/hat`)).status).toBe(504)
    silent.server.closeAllConnections()
    silent.server.close()
  })

  it('is spared a body that grows too large on its way', async () => {
    const doors = await gatewayWith(overHttp([upstream.url]))
    const chunks = Array.from({ length: 20 }, () => 'x'.repeat(100_000))
    const reply = await send(`${doors.public}/api/shop/things/hat`, { method: 'POST', chunks })
    expect(reply.status).toBe(413)
  })
})

it('doors that are not open yet answer 503', async () => {
  const gateway = await createGateway({ host: '127.0.0.1', publicPort: 0, adminPort: 0 })
  open.push(gateway)
  expect((await fetch(`${gateway.addresses.public}/health`)).status).toBe(503)
})

it('a port that is taken is named', async () => {
  const { port } = new URL(upstream.url)
  const taken = createGateway({ host: '127.0.0.1', publicPort: 0, adminPort: Number(port) })
  await expect(taken).rejects.toThrow(
    `the admin door cannot listen on 127.0.0.1:${port}: another program listens there`,
  )
})

interface Echo {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function parseEcho(text: string): Echo {
  return JSON.parse(text)
}

async function listen(server: Server): Promise<{ server: Server; url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${portOf(server.address())}` }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  return address.port
}

interface Send {
  readonly method: string
  readonly headers?: Record<string, string>
  readonly chunks: readonly string[]
}

/** Sends a body piece by piece, and takes the answer also when the server closes before the last piece. */
function send(url: string, { method, headers = {}, chunks }: Send): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  let answered = false
  const request = httpRequest(url, { method, headers }, (response: IncomingMessage) => {
    answered = true
    let text = ''
    response.on('data', (chunk: Buffer) => (text += chunk.toString()))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
  request.on('error', (error) => {
    if (!answered) reject(error)
  })
  for (const chunk of chunks) request.write(chunk)
  if (headers['content-length'] === undefined) request.end()
  else request.flushHeaders()
  return promise
}
