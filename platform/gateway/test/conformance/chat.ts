import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import { anyone, type Mount, problemDetails, route, type ServiceContract, signedIn } from '@sallyport/contracts'
import type { Authentication } from '@sallyport/service'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { openDoors } from '../doors.ts'
import { authentication as knowsGood, overHttp } from '../support.ts'

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

export const contract: ServiceContract = {
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
export const good = new Set<string>()
const authentication: Authentication = {
  account: async (authorization) => {
    if (authorization === undefined) return 'missing'
    return good.has(authorization) ? knowsGood.account('Bearer good') : 'invalid'
  },
  service: async () => 'invalid',
}

/** A service that says everything back, and what it was asked. */
export const upgrades: IncomingMessage[] = []
export const requests: IncomingMessage[] = []
export const sockets = new WebSocketServer({ noServer: true })
const answer: RequestListener = (request, response) => {
  requests.push(request)
  response.setHeader('x-powered-by', 'Echo').end('{}')
}
function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
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
  if (request.url?.endsWith('/hop')) {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade, X-Hop\r\nUpgrade: websocket\r\n')
    socket.end('X-Hop: for the gateway\r\nX-End: for the client\r\n\r\n')
    return
  }
  if (request.url?.endsWith('/odd')) {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    return
  }
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
  })
}

/** Where the service is, and the public door before it, once a file has begun with `useChat`. */
export let baseUrl = ''
export let door = ''

export const limits = { most: 3, mostPerCaller: 3, idleTimeoutMs: 60_000, checkEveryMs: 20 }
export const doors = async (options = {}) =>
  openDoors(overHttp([baseUrl]), { contracts: [contract], authentication, tunnels: limits, ...options })

const clients: WebSocket[] = []

/** Starts the service and a door for the tests of a file, each of which finds nobody connected. */
export function useChat(): void {
  const upstream = createServer(answer).on('upgrade', upgrade)
  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const address = upstream.address()
    baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    door = (await doors()).addresses.public
  })
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
}

/** Opens a WebSocket, or tells the status of the refusal. */
export async function talk(
  path: string,
  options: WebSocket.ClientOptions = {},
  url = door,
): Promise<WebSocket | number> {
  const client = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'talk', options)
  clients.push(client)
  client.on('error', () => undefined)
  const { promise, resolve } = Promise.withResolvers<WebSocket | number>()
  client.once('open', () => resolve(client))
  client.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  client.once('close', () => resolve(0))
  return promise
}

export async function opened(...args: Parameters<typeof talk>): Promise<WebSocket> {
  const client = await talk(...args)
  if (typeof client === 'number') throw new Error(`refused with ${client}`)
  return client
}

export async function echoOf(client: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answer = new Promise<Buffer>((resolve) => client.once('message', (data: Buffer) => resolve(data)))
  client.send(message)
  return answer
}

export const closed = (client: WebSocket): Promise<number> =>
  new Promise((resolve) =>
    client.readyState === WebSocket.CLOSED ? resolve(0) : client.once('close', (code) => resolve(code)),
  )

export const asking = (path: string, ...headers: string[]): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: evil.test',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
    '',
    '',
  ].join('\r\n')
export const upgrading = ['Connection: Upgrade', 'Upgrade: websocket']
