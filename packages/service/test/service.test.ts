import {
  anyone,
  market,
  marketRefusal,
  problem,
  problemDetails,
  route,
  type ServiceContract,
  type SignedIn,
} from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'
import { pino } from 'pino'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { createMetrics, createService, handle, ok } from '../src/index.ts'
import { accessClaims, createTestIssuer, silent, stoppedClock, testAuthentication } from './support.ts'

class OutOfStock extends Rejection {
  override name = 'OutOfStock'
  readonly code = 'out-of-stock'
  readonly reason = 'conflict'
  override readonly facts = { left: 0 }
  constructor() {
    super('there is none left')
  }
}

const ownOrder: SignedIn = { who: 'account', role: 'user', self: { in: 'body', field: 'owner' } }
const refused = { 'wrong-role': marketRefusal(400, 'Invalid User'), 'not-self': marketRefusal(403, 'Not yours') }

const order = route({
  name: 'order',
  summary: 'Order something',
  method: 'POST',
  path: '/api/shop/orders',
  door: 'public',
  access: ownOrder,
  body: Type.Object({ owner: Type.String(), pieces: Type.Integer() }),
  replies: { 200: Type.Object({ pieces: Type.Integer() }) },
})
const look = route({
  name: 'look',
  summary: 'Look at something',
  method: 'GET',
  path: '/api/shop/things/:name',
  door: 'public',
  access: anyone,
  params: Type.Object({ name: Type.String() }),
  query: Type.Object({ page: Type.Optional(Type.Integer()) }),
  replies: { 200: Type.Union([Type.Object({ name: Type.String() }), Type.Null()]) },
})
const own = route({
  name: 'own',
  summary: 'In the words of problem details',
  method: 'GET',
  path: '/own/thing',
  aliases: ['/A%20Thing'],
  door: 'public',
  access: anyone,
  query: Type.Object({ page: Type.Optional(Type.Integer({ minimum: 1 })) }),
  replies: { 200: Type.Object({ page: Type.Integer() }) },
})
const ownOrders = route({
  ...order,
  name: 'own-orders',
  path: '/own/orders',
})

const contract: ServiceContract = {
  name: 'shop',
  title: 'Shop',
  surfaces: [
    {
      name: 'shop.market',
      dialect: market,
      decidedBy: 'service',
      prefixes: { public: '/api/shop' },
      forbidden: { public: refused },
      routes: [order, look],
    },
    {
      name: 'shop.own',
      dialect: problemDetails,
      decidedBy: 'door',
      prefixes: { public: '/own' },
      anyCase: true,
      forbidden: { public: { 'wrong-role': problem(403, 'No'), 'not-self': problem(403, 'No') } },
      routes: [own, ownOrders],
      mounts: [
        { name: 'protocol', summary: 'Speaks for itself', path: '/protocol', door: 'public', bodyLimitBytes: 99 },
      ],
    },
  ],
}

const clock = stoppedClock()
class StoreAway extends Error {}

const issuer = createTestIssuer()
const { authentication, revocations } = testAuthentication(clock, issuer)
const logged: string[] = []
const shop = await createService({
  contract,
  authentication,
  log: pino({ level: 'error' }, { write: (line: string) => void logged.push(line) }),
  routes: [
    handle(order, async ({ body }) => {
      if (body.pieces > 99) throw new OutOfStock()
      if (body.pieces === -503) throw new StoreAway('secret words about the way to the database')
      if (body.pieces < 0) throw new Error('secret words about the database')
      return ok({ pieces: body.pieces })
    }),
    handle(ownOrders, async ({ body }) => ok({ pieces: body.pieces })),
    handle(look, async ({ params }) => ok(params.name === 'nothing' ? null : { name: params.name, hidden: 'leak' })),
    handle(own, async ({ query }) => {
      if (query.page === 13) throw new OutOfStock()
      return ok({ page: query.page ?? 1 })
    }),
  ],
  mounts: {
    protocol(request, response) {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        response.writeHead(202, { 'content-type': 'text/strange' })
        response.end(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`)
      })
    },
  },
  checks: { stock: async () => undefined },
  isUnavailable: (error) => error instanceof StoreAway,
})

const me = '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11'
const token = issuer.sign(accessClaims(clock))

async function post(body: string, headers: Record<string, string> = {}) {
  const reply = await shop.inject({ method: 'POST', path: '/api/shop/orders', headers, body })
  return { status: reply.status, body: JSON.parse(reply.body) }
}
const signedIn = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

describe('a mount', () => {
  it('answers for itself, and nothing has read the request before it', async () => {
    const headers = { 'content-type': 'application/json' }
    const reply = await shop.inject({ method: 'POST', path: '/protocol/a%2Fb?x=1', headers, body: '{not json' })
    expect(reply).toMatchObject({ status: 202, body: 'POST /protocol/a%2Fb?x=1 application/json {not json' })
  })

  it('has to be served by whoever declares it', async () => {
    const routes = [
      handle(own, async () => ok({ page: 1 })),
      handle(ownOrders, async ({ body }) => ok({ pieces: body.pieces })),
    ]
    const alone = { ...contract, surfaces: contract.surfaces.slice(1) }
    await expect(createService({ contract: alone, authentication, log: silent, routes })).rejects.toThrow(
      'shop does not serve its mounts: without handler [protocol], not declared []',
    )
  })
})

describe('S-2 a surface without case', () => {
  it.each(['/OWN/Thing?page=2', '/a%20thing?page=2'])('serves its routes at %s', async (path) => {
    const { status, body } = await shop.inject({ method: 'GET', path, headers: {} })
    expect([status, body]).toEqual([200, '{"page":2}'])
  })

  it('leaves the case of others alone', async () => {
    expect(await shop.inject({ method: 'GET', path: '/API/shop/things/hat', headers: {} })).toMatchObject({
      status: 404,
    })
  })
})

describe('the way of a request (market §2)', () => {
  it('refuses malformed JSON first, also without a token', async () => {
    const { status, body } = await post('{"owner": "secret', { 'content-type': 'application/json' })
    expect(status).toBe(422)
    expect(body.detail[0].type).toBe('json_invalid')
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  it('then asks for a token, before it looks at the fields', async () => {
    expect(await post('{"pieces": "many"}')).toEqual({ status: 401, body: { detail: 'Not authenticated' } })
    const invalid = { status: 401, body: { detail: 'Invalid or expired token' } }
    expect(await post('{}', { authorization: 'Bearer junk' })).toEqual(invalid)
  })

  it('then looks at the fields, before it asks whose they are', async () => {
    const { status, body } = await post('{"owner": "somebody", "pieces": "many"}', signedIn)
    expect(status).toBe(422)
    expect(body.detail).toEqual([
      {
        type: 'int_parsing',
        loc: ['body', 'pieces'],
        msg: 'Input should be a valid integer, unable to parse string as an integer',
        input: 'many',
      },
    ])
  })

  it('then asks for the role, then for the owner', async () => {
    const admin = issuer.sign(accessClaims(clock, { role: 'admin' }))
    const body = JSON.stringify({ owner: 'somebody', pieces: 1 })
    expect(await post(body, { authorization: `Bearer ${admin}` })).toEqual({
      status: 400,
      body: { detail: 'Invalid User' },
    })
    expect(await post(body, signedIn)).toEqual({ status: 403, body: { detail: 'Not yours' } })
  })

  it('then does what is asked, with the values converted', async () => {
    expect(await post(JSON.stringify({ owner: me, pieces: '3' }), signedIn)).toEqual({
      status: 200,
      body: { pieces: 3 },
    })
  })

  it('counts a body without a type as JSON, and one of another type as no fields', async () => {
    const body = JSON.stringify({ owner: me, pieces: 3 })
    expect((await post(body, { authorization: signedIn.authorization })).status).toBe(200)
    const { status } = await post(body, { ...signedIn, 'content-type': 'text/plain' })
    expect(status).toBe(422)
  })

  it('meets a revoked session with 401', async () => {
    const sid = '0b9a2a55-0c43-4a8e-9d6b-5a4f3f6f7a99'
    const ended = { authorization: `Bearer ${issuer.sign(accessClaims(clock, { sid }))}` }
    const body = JSON.stringify({ owner: me, pieces: 3 })
    expect((await post(body, ended)).status).toBe(200)
    revocations.apply([
      { sequence: 1, kind: 'session', id: sid, until: Math.floor(clock.now().getTime() / 1000) + 900 },
    ])
    expect((await post(body, ended)).status).toBe(401)
  })
})

describe('the way of a request where the door decides', () => {
  it('E-47 asks for the token, then for the role, before the body is parsed, also without a door in between', async () => {
    const send = async (headers: Record<string, string>) => {
      const body = '{"pieces": '
      return (await shop.inject({ method: 'POST', path: '/own/orders', headers, body })).status
    }
    expect(await send({})).toBe(401)
    expect(await send({ authorization: `Bearer ${issuer.sign(accessClaims(clock, { role: 'admin' }))}` })).toBe(403)
    expect(await send({ authorization: signedIn.authorization })).toBe(400)
  })
})

describe('a token that is bound to a key (RFC 9449)', () => {
  it('is no bearer token: whoever has stolen it cannot use it here', async () => {
    const bound = issuer.sign(accessClaims(clock, { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }))
    const body = JSON.stringify({ owner: me, pieces: 3 })
    expect((await post(body, { ...signedIn, authorization: `Bearer ${bound}` })).status).toBe(401)
  })
})

describe('a route without a body', () => {
  it('takes none, however large and whatever it says it is', async () => {
    const body = 'x'.repeat(2 * 1024 * 1024)
    for (const type of ['application/json', 'nonsense', '']) {
      const reply = await shop.inject({
        method: 'GET',
        path: '/api/shop/things/hat',
        headers: { 'content-type': type },
        body,
      })
      expect(reply.status).toBe(200)
    }
  })
})

describe('answers', () => {
  it('word a rejection of the domain in the dialect of the surface', async () => {
    const conflict = { status: 409, body: { detail: 'there is none left' } }
    expect(await post(JSON.stringify({ owner: me, pieces: 100 }), signedIn)).toEqual(conflict)
    const reply = await shop.inject({ method: 'GET', path: '/own/thing?page=13', headers: {} })
    expect(JSON.parse(reply.body)).toEqual({
      title: 'Conflict',
      status: 409,
      detail: 'there is none left',
      code: 'out-of-stock',
      left: 0,
    })
  })

  it('says 503 while something is away that it cannot do without, and logs the cause', async () => {
    logged.length = 0
    const headers = signedIn
    const body = JSON.stringify({ owner: me, pieces: -503 })
    const reply = await shop.inject({ method: 'POST', path: '/api/shop/orders', headers, body })
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1'])
    expect(reply.body).not.toContain('secret')
    expect(logged.join()).toContain('secret words about the way to the database')
  })

  it('say nothing of a bug but the id of its request', async () => {
    const { status, body } = await post(JSON.stringify({ owner: me, pieces: -1 }), signedIn)
    expect(status).toBe(500)
    expect(body.detail).toMatch(/^Internal Server Error \(request [0-9a-f-]{36}\)$/)
  })

  it('lead to the log of the service by the id of the request and by its trace', async () => {
    logged.length = 0
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const ids = { 'x-request-id': 'from-the-door', traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    await post(JSON.stringify({ owner: me, pieces: -1 }), { ...signedIn, ...ids })
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([{ request: 'from-the-door', trace: traceId }])
  })

  it('hold nothing that the contract does not declare', async () => {
    const reply = await shop.inject({ method: 'GET', path: '/api/shop/things/hat', headers: {} })
    expect(JSON.parse(reply.body)).toEqual({ name: 'hat' })
  })

  it('can be null', async () => {
    const reply = await shop.inject({ method: 'GET', path: '/api/shop/things/nothing', headers: {} })
    expect(reply).toMatchObject({ status: 200, body: 'null' })
  })

  it.each([
    ['GET', '/api/shop/nowhere', 404, { detail: 'Not Found' }],
    ['DELETE', '/api/shop/orders', 405, { detail: 'Method Not Allowed' }],
    ['DELETE', '/api/shop/things/hat?x=1', 405, { detail: 'Method Not Allowed' }],
    ['GET', '/own/nowhere', 404, { title: 'Not found', status: 404 }],
    ['POST', '/own/thing', 405, { title: 'Method not allowed', status: 405 }],
    ['GET', '/api/shop/things/%zz', 404, { detail: 'Not Found' }],
  ] as const)('to %s %s: %d in the words of the surface', async (method, path, status, body) => {
    const reply = await shop.inject({ method, path, headers: {} })
    expect({ status: reply.status, body: JSON.parse(reply.body) }).toEqual({ status, body })
  })

  it('refuse a body over one mebibyte', async () => {
    const { status } = await post(JSON.stringify({ owner: 'x'.repeat(1024 * 1024) }), signedIn)
    expect(status).toBe(413)
  })
})

describe('a service', () => {
  it('does not start when it does not serve its contract', async () => {
    const parts = { contract, authentication, log: silent }
    await expect(createService({ ...parts, routes: [] })).rejects.toThrow('without handler [order,look,own,own-orders]')
  })

  it('tells how its parts are', async () => {
    const reply = await shop.inject({ method: 'GET', path: '/health/ready', headers: {} })
    expect(JSON.parse(reply.body)).toEqual({ status: 'ready', parts: { stock: 'ready', revocations: 'ready' } })
  })

  it('says while it does not hear what is revoked that it goes on with what it knows', async () => {
    const ask = () => shop.inject({ method: 'GET', path: '/health/ready', headers: {} })
    const before = clock.now()
    clock.set(new Date(before.getTime() + 2001))
    const { status, body } = await ask()
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { status: 'ready', parts: { stock: 'ready', revocations: 'degraded: lost' } },
    ])
    revocations.apply([])
    expect(JSON.parse((await ask()).body)).toMatchObject({ parts: { revocations: 'ready' } })
    clock.set(before)
  })
})

describe('a port of its own', () => {
  it('shows what the process counts, which no other way in does', async () => {
    expect((await shop.inject({ method: 'GET', path: '/metrics', headers: {} })).status).toBe(404)
    const address = await shop.listen({ host: '127.0.0.1', port: 0, metrics: createMetrics() })
    try {
      const page = await fetch(`${address}/metrics`)
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')])
      expect(await page.text()).toContain('process_cpu_seconds_total')
    } finally {
      await shop.stop()
    }
  })
})
