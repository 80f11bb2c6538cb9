import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, type Mount, problemDetails, route, type ServiceContract, signedIn } from '@sallyport/contracts'
import type { Authentication } from '@sallyport/service'
import { Type } from 'typebox'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { issueCertificate, makeAuthority, makePrivateKey } from '../src/tls/development-authority.ts'
import { openDoors, rawConnection, sendRaw, statusesIn, witness } from './doors.ts'
import { authentication as knowsGood, overHttp, publicHost } from './support.ts'

const Anything = Type.Object({}, { additionalProperties: true })
const open = route({
  name: 'chat',
  summary: 'Talk',
  method: 'GET',
  path: '/chat/:room',
  door: 'public',
  access: anyone,
  params: Type.Object({ room: Type.String() }),
  upgrade: 'websocket',
  replies: { 200: Anything },
})
const guarded = route({
  ...open,
  name: 'guardedChat',
  path: '/guarded/chat',
  access: signedIn,
  params: Type.Object({}),
})
const ordinary = route({
  name: 'ordinary',
  summary: 'Nothing but HTTP',
  method: 'GET',
  path: '/ordinary',
  door: 'public',
  access: anyone,
  replies: { 200: Anything },
})
const live: Mount = {
  name: 'live',
  summary: 'A world',
  path: '/live',
  door: 'public',
  bodyLimitBytes: 1000,
  upgrade: 'websocket',
}

const contract: ServiceContract = {
  name: 'shop',
  title: 'Shop',
  surfaces: [
    {
      name: 'shop.talk',
      dialect: problemDetails,
      decidedBy: 'door',
      prefixes: { public: '/chat' },
      forbidden: {},
      routes: [open, guarded, ordinary],
      mounts: [live],
    },
  ],
}

/** Tokens that count. */
const good = new Set<string>()
const authentication: Authentication = {
  account: async (authorization) => {
    if (authorization === undefined) return 'missing'
    return good.has(authorization) ? knowsGood.account('Bearer good') : 'invalid'
  },
  service: async () => 'invalid',
}

/** A service that says everything back, and what it was asked. */
const upgrades: IncomingMessage[] = []
const requests: IncomingMessage[] = []
const upstream = createServer((request, response) => {
  requests.push(request)
  response.setHeader('x-powered-by', 'Echo').end('{}')
})
const sockets = new WebSocketServer({ noServer: true })
upstream.on('upgrade', (request, socket, head) => {
  upgrades.push(request)
  if (request.url?.endsWith('/full')) {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfull')
    return
  }
  if (request.url?.endsWith('/verbose')) {
    const length = 16 * 1024 * 1024
    socket.write(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${length}\r\n\r\n`)
    socket.end(Buffer.alloc(length))
    return
  }
  if (request.url?.endsWith('/silent')) {
    socket.resume().on('end', () => socket.end())
    return
  }
  if (request.url?.endsWith('/odd')) {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    return
  }
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
  })
})
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const address = upstream.address()
const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`

const limits = { most: 3, idleTimeoutMs: 400, checkEveryMs: 20 }
const doors = async (options = {}) =>
  openDoors(overHttp([baseUrl]), { contracts: [contract], authentication, tunnels: limits, ...options })
const gateway = await doors()
const door = gateway.addresses.public

const clients: WebSocket[] = []
afterAll(async () => {
  upstream.closeAllConnections()
  for (const client of sockets.clients) client.terminate()
  await new Promise((resolve) => upstream.close(resolve))
})
beforeEach(async () => {
  for (const client of clients.splice(0)) client.terminate()
  await expect.poll(() => sockets.clients.size).toBe(0)
  upgrades.length = 0
  requests.length = 0
})

/** Opens a WebSocket, or tells the status of the refusal. */
async function talk(path: string, options: WebSocket.ClientOptions = {}, url = door): Promise<WebSocket | number> {
  const client = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'talk', options)
  clients.push(client)
  client.on('error', () => undefined)
  const { promise, resolve } = Promise.withResolvers<WebSocket | number>()
  client.once('open', () => resolve(client))
  client.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  client.once('close', () => resolve(0))
  return promise
}

async function opened(...args: Parameters<typeof talk>): Promise<WebSocket> {
  const client = await talk(...args)
  if (typeof client === 'number') throw new Error(`refused with ${client}`)
  return client
}

async function echoOf(client: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answer = new Promise<Buffer>((resolve) => client.once('message', (data: Buffer) => resolve(data)))
  client.send(message)
  return answer
}

const closed = (client: WebSocket): Promise<number> =>
  new Promise((resolve) =>
    client.readyState === WebSocket.CLOSED ? resolve(0) : client.once('close', (code) => resolve(code)),
  )

const asking = (path: string, ...headers: string[]): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: evil.test',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
    '',
    '',
  ].join('\r\n')
const upgrading = ['Connection: Upgrade', 'Upgrade: websocket']

describe('a WebSocket to a route that declares it', () => {
  it('carries messages in both directions, whole and in order', async () => {
    const client = await opened('/chat/lobby?x=1')
    expect((await echoOf(client, 'hello')).toString()).toBe('hello')
    const large = Buffer.alloc(1024 * 1024, 'x')
    expect((await echoOf(client, large)).equals(large)).toBe(true)
    client.close(4001, 'done')
    expect(await closed(client)).toBe(4001)
  })

  it('goes through a mount too', async () => {
    expect((await echoOf(await opened('/live/a/b'), 'hello')).toString()).toBe('hello')
  })

  it('asks with the headers that every request has, and nothing that only the gateway may say', async () => {
    const client = await opened('/chat/lobby?x=1', {
      headers: { 'x-user': 'root', 'x-forwarded-for': '8.8.8.8', 'x-mine': 'yes', host: 'evil.test' },
    })
    client.terminate()
    const [{ url, headers } = {}] = upgrades
    expect(url).toBe('/chat/lobby?x=1')
    expect(headers).toMatchObject({
      host: publicHost,
      upgrade: 'websocket',
      'x-mine': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'sec-websocket-protocol': 'talk',
    })
    expect(headers?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers?.['x-user']).toBeUndefined()
  })

  it('brings on what came with the request already', async () => {
    const connection = await rawConnection(door)
    // A masked ping with the content "a".
    const ping = Buffer.from([0x89, 0x81, 0, 0, 0, 0, 0x61])
    connection.socket.write(Buffer.concat([Buffer.from(asking('/chat/x', ...upgrading)), ping]))
    const text = await connection.until(/\r\n\r\n[^]{3}/)
    expect(statusesIn(text)).toEqual([101])
    expect(Buffer.from(text.split('\r\n\r\n')[1] ?? '', 'latin1')).toEqual(Buffer.from([0x8a, 0x01, 0x61]))
    connection.socket.destroy()
  })

  it('goes over TLS', async () => {
    const [authorityKey, privateKeyPem] = [makePrivateKey(), makePrivateKey()]
    const authority = await makeAuthority(authorityKey, new Date())
    const signer = { certificatePem: authority, privateKeyPem: authorityKey }
    const chainPem = await issueCertificate(signer, { privateKeyPem, names: ['127.0.0.1'] }, new Date())
    const secure = await doors({ certificate: { chainPem, privateKeyPem } })
    const client = await opened('/chat/x', { ca: authority }, secure.addresses.public)
    const large = Buffer.alloc(1024 * 1024, 'x')
    expect((await echoOf(client, large)).equals(large)).toBe(true)
    expect(upgrades[0]?.headers['x-forwarded-proto']).toBe('https')
  })

  it('is answered as its service answers when it does not agree', async () => {
    const text = await sendRaw(door, asking('/chat/full', ...upgrading))
    expect([statusesIn(text), text.endsWith('full')]).toEqual([[403], true])
    expect(text).toContain('nosniff')
  })

  it.each([
    ['the door', '/guarded/chat', 401],
    ['its service, at length', '/chat/verbose', 403],
  ])('is refused by %s also when its client goes on sending and reads nothing before', async (_, path, status) => {
    const connection = await rawConnection(door)
    connection.socket.pause()
    connection.socket.write(asking(path, ...upgrading))
    await new Promise((resolve) => connection.socket.write(Buffer.alloc(16 * 1024 * 1024), resolve))
    connection.socket.resume()
    expect(statusesIn((await connection.closed()).text)).toEqual([status])
  })

  it('is not opened by a service that agreed to another protocol, or that is not there', async () => {
    expect(await talk('/chat/odd')).toBe(502)
    const nowhere = await openDoors(overHttp(['http://127.0.0.1:1']), { contracts: [contract] })
    expect(await talk('/chat/x', {}, nowhere.addresses.public)).toBe(503)
  })

  it('E-41 goes to the next instance when one refuses the connection', async () => {
    const three = await openDoors(overHttp(['http://127.0.0.1:1', 'http://127.0.0.1:2', baseUrl]), {
      contracts: [contract],
    })
    expect((await echoOf(await opened('/chat/x', {}, three.addresses.public), 'hello')).toString()).toBe('hello')
  })

  it('is slowed down by whoever reads slowly, and held by nobody', async () => {
    const patient = await doors({ tunnels: { ...limits, idleTimeoutMs: 30_000 } })
    const client = await opened('/chat/x', {}, patient.addresses.public)
    const [peer] = sockets.clients
    client.pause()
    for (let n = 0; n < 48; n += 1) client.send(Buffer.alloc(1024 * 1024))
    // Buffers are full from end to end, and what is said back waits where it was said.
    const waiting = (): number => peer?.bufferedAmount ?? 0
    await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(4 * 1024 * 1024)
    await sleep(200)
    expect(waiting()).toBeGreaterThan(4 * 1024 * 1024)
    let received = 0
    client.on('message', (data: Buffer) => (received += data.length))
    client.resume()
    await expect.poll(() => received, { timeout: 20_000 }).toBe(48 * 1024 * 1024)
  })
})

describe('the policy of the door', () => {
  it('refuses strangers where it decides', async () => {
    good.add('Bearer ada')
    expect(await talk('/guarded/chat')).toBe(401)
    expect(await talk('/guarded/chat', { headers: { authorization: 'Bearer eve' } })).toBe(401)
    expect(upgrades).toEqual([])
    await opened('/guarded/chat', { headers: { authorization: 'Bearer ada' } })
  })

  it('refuses pages of others, which would act for whoever looks at them', async () => {
    for (const origin of [
      'https://evil.test',
      'null',
      `https://${publicHost}.evil.test`,
      // The same host over plain HTTP is anybody's who is on the way.
      `http://${publicHost}`,
      `https://${publicHost}:8443`,
      `https://${publicHost}, https://evil.test`,
      `https://${publicHost}/`,
    ]) {
      expect(await talk('/chat/x', { origin })).toBe(403)
    }
    expect(upgrades).toEqual([])
    await opened('/chat/x', { origin: `https://${publicHost}` })
  })

  it('ends a connection whose token counts no more', async () => {
    good.add('Bearer bob')
    const headers = { authorization: 'Bearer bob' }
    const both = [await opened('/guarded/chat', { headers }), await opened('/live/x', { headers })]
    const other = await opened('/chat/x')
    good.delete('Bearer bob')
    expect(await Promise.all(both.map(closed))).toEqual([1006, 1006])
    expect((await echoOf(other, 'still here')).toString()).toBe('still here')
  })

  it('lets in no more than there may be, and others when some have left', async () => {
    const three = await Promise.all([opened('/chat/a'), opened('/chat/b'), opened('/live/c')])
    expect(await talk('/chat/d')).toBe(503)
    three[0]?.terminate()
    await expect.poll(async () => typeof (await talk('/chat/d'))).toBe('object')
  })

  it('closes a connection through which nothing goes, and keeps one through which something does', async () => {
    const [silent, busy] = [await opened('/chat/a'), await opened('/chat/b')]
    const timer = setInterval(() => busy.ping(), 50)
    await closed(silent)
    await sleep(100)
    expect(busy.readyState).toBe(WebSocket.OPEN)
    clearInterval(timer)
    await expect.poll(() => sockets.clients.size).toBe(0)
  })
})

describe('an upgrade that nobody declared', () => {
  it.each([
    ['a WebSocket on a route of HTTP', '/ordinary', upgrading],
    ['HTTP/2', '/ordinary', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQ']],
    [
      'HTTP/2 where there is a WebSocket',
      '/chat/x',
      ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
    ],
    ['several, one of them declared', '/chat/x', ['Connection: Upgrade', 'Upgrade: h2c, websocket']],
    ['TLS', '/chat/x', ['Connection: Upgrade', 'Upgrade: TLS/1.0']],
    ['a WebSocket with a body', '/chat/x', [...upgrading, 'Content-Length: 4']],
    ['a WebSocket that does not say so to the connection', '/chat/x', ['Upgrade: websocket']],
  ])('is answered as if it had not asked: %s', async (_, path, headers) => {
    const body = headers.includes('Content-Length: 4') ? 'body' : ''
    const text = await sendRaw(door, asking(path, ...headers, 'Connection: close') + body)
    expect(statusesIn(text)[0]).toBe(200)
    expect(upgrades).toEqual([])
    const names = Object.keys(requests[0]?.headers ?? {})
    expect(names.filter((name) => /upgrade|http2/.test(name))).toEqual([])
  })

  it('is not granted to a request behind another, whose answer is owed', async () => {
    const text = await sendRaw(
      door,
      asking('/ordinary') + asking('/chat/x', ...upgrading).replace('Upgrade\r\n', 'Upgrade, close\r\n'),
    )
    expect(statusesIn(text)).toEqual([200, 200])
    expect(upgrades).toEqual([])
  })

  it('is not granted for a service of the same process, which has no way to agree', async () => {
    const { dispatcher, seen } = witness()
    const inside = await openDoors(dispatcher, { contracts: [contract] })
    expect(await talk('/chat/x', {}, inside.addresses.public)).toBe(503)
    expect(seen).toEqual([])
  })
})

describe('when the doors close', () => {
  it('open WebSockets are ended at once, and those that were being opened', async () => {
    const closing = await doors()
    const client = await opened('/chat/x', {}, closing.addresses.public)
    const waiting = await rawConnection(closing.addresses.public)
    waiting.socket.write(asking('/chat/silent', ...upgrading))
    await expect.poll(() => upgrades.length).toBe(2)
    const began = performance.now()
    await closing.close(5000)
    expect(performance.now() - began).toBeLessThan(1000)
    await Promise.all([closed(client), waiting.closed()])
    await expect.poll(() => sockets.clients.size).toBe(0)
  })
})
