import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AccountCaller, type Authentication, emptyMetrics } from '@sallyport/service'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { inProcessDispatcher } from '../src/index.ts'
import { openDoors, rawConnection } from './doors.ts'
import { addressOf, authentication, overHttp } from './support.ts'

let patience = Promise.withResolvers()
const shop: RequestListener = (request, response) => {
  request.resume()
  if (request.url?.endsWith('/patience')) {
    void patience.promise.then(() => response.end('{}'))
    return
  }
  response.writeHead(request.url?.endsWith('/nothing') ? 404 : 200, { 'content-length': 2 }).end('{}')
}
const server = createServer(shop)
const upstream = await addressOf(server)
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const ada = await callerOf(authentication)
const knowsAda: Authentication = {
  ...authentication,
  account: async (token) => (token === 'Bearer good' ? ada : 'invalid'),
}

describe.each([
  ['in the same process', () => inProcessDispatcher({ handle: shop }), 'shop'],
  ['over HTTP', () => overHttp([upstream]), 'shop.1'],
])('what is seen of requests to a service %s', async (_mode, dispatcher, place) => {
  const lines: string[] = []
  const metrics = emptyMetrics()
  const doors = (
    await openDoors(dispatcher(), {
      metrics,
      authentication: knowsAda,
      log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    })
  ).addresses

  const page = async (): Promise<string> => (await fetch(`${doors.admin}/metrics`)).text()
  /** The lines of a metric, without its help. */
  const shown = async (name: string): Promise<string[]> =>
    (await page())
      .split('\n')
      .filter((line) => line.startsWith(name))
      .toSorted()
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const reply = await fetch(`${doors.public}${path}`, init)
    await reply.text()
    return reply
  }
  const logged = async (count: number): Promise<Record<string, unknown>[]> => {
    await expect.poll(() => lines.length).toBe(count)
    return lines.splice(0).map((line) => JSON.parse(line))
  }

  it('is counted by door, service, route, method and status, whatever stands in the path', async () => {
    for (const path of ['/api/shop/things/hat', '/api/shop/things/secret-1', '/api/shop/things/nothing'])
      await ask(path)
    await ask('/api/shop/things/hat', { method: 'POST', body: '{}' })
    await ask('/protocol/x', { method: 'PUT', body: '{}' })
    for (const path of ['/nowhere/1', '/nowhere/2', '/api/shop/things/hat'])
      await ask(path, { ...(path.startsWith('/api') && { method: 'DELETE' }) })
    await expect
      .poll(() => shown('sallyport_gateway_requests_total{'))
      .toEqual([
        'sallyport_gateway_requests_total{door="public",service="none",route="none",method="DELETE",status="405"} 1',
        'sallyport_gateway_requests_total{door="public",service="none",route="none",method="GET",status="404"} 2',
        'sallyport_gateway_requests_total{door="public",service="shop",route="protocol",method="PUT",status="200"} 1',
        'sallyport_gateway_requests_total{door="public",service="shop",route="read",method="GET",status="200"} 2',
        'sallyport_gateway_requests_total{door="public",service="shop",route="read",method="GET",status="404"} 1',
        'sallyport_gateway_requests_total{door="public",service="shop",route="write",method="POST",status="200"} 1',
      ])
    const text = await page()
    for (const raw of ['secret-1', 'things', 'nowhere']) expect(text).not.toContain(raw)
  })

  it('is timed by route, in buckets that hold those before them', async () => {
    const name = 'sallyport_gateway_request_duration_seconds'
    const ofRoute = 'door="public",service="shop",route="read"'
    const before = await shown(`${name}_count{${ofRoute}}`)
    expect(before).toEqual([`${name}_count{${ofRoute}} 3`])
    const buckets = (await shown(`${name}_bucket`)).filter((line) => line.includes('route="read"'))
    expect(buckets).toHaveLength(14)
    const counts = buckets.map((line) => {
      const [, le = '', count] = /le="([^"]+)".* (\d+)$/.exec(line) ?? []
      return { le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count: Number(count) }
    })
    counts.sort((a, b) => a.le - b.le)
    expect(counts.map(({ count }) => count)).toEqual(counts.map(({ count }) => count).toSorted((a, b) => a - b))
    expect(counts.at(-1)).toEqual({ le: Number.POSITIVE_INFINITY, count: 3 })
    expect(await page()).toContain(`# TYPE ${name} histogram`)
  })

  it('is counted by why the door turned it away', async () => {
    await ask('/own/thing')
    await ask('/own/thing', { headers: { authorization: 'Bearer junk' } })
    await ask('/own/thing', { headers: { 'x-api-key': 'k' } })
    await expect
      .poll(() => shown('sallyport_gateway_refused_total{'))
      .toEqual([
        'sallyport_gateway_refused_total{door="public",reason="method-not-allowed"} 1',
        'sallyport_gateway_refused_total{door="public",reason="not-found"} 2',
        'sallyport_gateway_refused_total{door="public",reason="unauthenticated"} 2',
        'sallyport_gateway_refused_total{door="public",reason="unknown-key"} 1',
      ])
  })

  it('is under way until it is over, also when its client leaves before', async () => {
    const inFlight = () => shown('sallyport_gateway_requests_in_flight{door="public"}')
    const gauge = (value: number) => [`sallyport_gateway_requests_in_flight{door="public"} ${value}`]
    patience = Promise.withResolvers()
    const leaving = new AbortController()
    const waiting = [ask('/api/shop/things/patience'), ask('/api/shop/things/patience', leaving)]
    await expect.poll(inFlight).toEqual(gauge(2))
    leaving.abort()
    await expect(waiting[1]).rejects.toThrow('abort')
    await expect.poll(inFlight).toEqual(gauge(1))
    patience.resolve(undefined)
    await waiting[0]
    await expect.poll(inFlight).toEqual(gauge(0))
    expect(await page()).toContain(
      'sallyport_gateway_requests_total{door="public",service="shop",route="read",method="GET",status="none"} 1',
    )
  })

  it('is on connections, which are counted as long as they are open', async () => {
    const connections = async () =>
      Number((await shown('sallyport_gateway_connections{door="public"}')).at(0)?.split(' ').at(-1))
    const before = await connections()
    const { socket } = await rawConnection(doors.public)
    await expect.poll(connections).toBe(before + 1)
    const closed = once(socket, 'close')
    socket.destroy()
    await closed
    await expect.poll(connections).toBe(before)
    expect(await shown('sallyport_gateway_tunnels')).toEqual(['sallyport_gateway_tunnels 0'])
  })

  it('is a line in the log, with who it was and where it went but never with what it knew', async () => {
    lines.length = 0
    await ask('/own/thing?secret=1', { headers: { authorization: 'Bearer good', 'x-api-key-not': 'secret' } })
    const [line = {}] = await logged(1)
    expect(line).toMatchObject({
      msg: 'access',
      door: 'public',
      method: 'GET',
      path: '/own/thing',
      route: 'guarded',
      upstream: place,
      status: 200,
      complete: true,
      client: '127.0.0.1',
      account: ada.accountId,
    })
    expect(line['trace']).toMatch(/^[0-9a-f]{32}$/)
    expect(JSON.stringify(line)).not.toMatch(/secret|good/)
  })

  it('is a line in the log that tells the bytes of its answer, one after the other on a connection', async () => {
    lines.length = 0
    const connection = await rawConnection(doors.public)
    const request = 'GET /api/shop/things/hat HTTP/1.1\r\nhost: x\r\n'
    connection.socket.write(`${request}\r\n`)
    await connection.until(/\{\}$/)
    const first = connection.text().length
    connection.socket.write(`${request}connection: close\r\n\r\n`)
    const { text } = await connection.closed()
    expect((await logged(2)).map(({ bytes }) => bytes)).toEqual([first, text.length - first])
  })
})

async function callerOf(who: Authentication): Promise<AccountCaller> {
  const caller = await who.account('Bearer good')
  if (typeof caller === 'string') throw new TypeError('nobody has a good token')
  return caller
}
