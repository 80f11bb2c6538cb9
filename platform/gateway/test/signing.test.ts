import { createServer, request as httpRequest, type RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { anyone, problemDetails, route, type ServiceContract } from '@sallyport/contracts'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { Type } from 'typebox'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { inProcessDispatcher, signing } from '../src/index.ts'
import { openDoors } from './doors.ts'
import { overHttp } from './support.ts'

const Claims = Type.Object({}, { additionalProperties: true })
const answers = { 200: Type.Object({ access_token: Claims, refresh_token: Claims, exp: Type.Integer() }) }
const base = { summary: 'Sign in', door: 'public', access: anyone, replies: answers } as const
const signs = { members: ['access_token', 'refresh_token'] }
const logIn = route({ ...base, name: 'logIn', method: 'POST', path: '/shop/login', body: Claims, signs })
const read = route({ ...base, name: 'read', method: 'GET', path: '/shop/login', signs })
const unsigned = route({ ...base, name: 'unsigned', method: 'GET', path: '/shop/claims' })
const contract: ServiceContract = {
  name: 'shop',
  title: 'Shop',
  surfaces: [
    {
      name: 'shop',
      dialect: problemDetails,
      decidedBy: 'door',
      prefixes: { public: '/shop' },
      forbidden: {},
      routes: [logIn, read, unsigned],
    },
  ],
}

const key = await signing.makeKey('the-key')
const keys = signing.createGatewayKeys({ private: [key.private], public: [key.public] })

const claims = {
  access_token: { sub: 'ada', roles: ['student'], note: 'unsigned-claims' },
  refresh_token: { sub: 'ada', jti: 'other', note: 'unsigned-claims' },
  exp: 4_000_000_000,
}
let answer: RequestListener
beforeEach(() => {
  answer = (_request, response) => response.end(JSON.stringify(claims))
})
const shop: RequestListener = (request, response) => {
  request.resume()
  answer(request, response)
}
const upstream = createServer(shop)
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const address = upstream.address()
const upstreamUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
afterAll(() => {
  upstream.closeAllConnections()
  upstream.close()
})

describe.each([
  ['in the same process', () => inProcessDispatcher({ handle: shop })],
  ['over HTTP', () => overHttp([upstreamUrl])],
])('an answer to be signed, of a service %s', async (_mode, dispatcher) => {
  const { addresses } = await openDoors(dispatcher(), { contracts: [contract], keys })
  const url = `${addresses.public}/shop/login`
  const post = (headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' })

  async function expectNothingUnsigned(reply: Response): Promise<void> {
    const text = await reply.text()
    expect([reply.status, text]).toEqual([502, expect.stringContaining('"status":502')])
    expect(`${text}${JSON.stringify([...reply.headers])}`).not.toContain('unsigned-claims')
  }

  it('E-34 has tokens in the place of its claims, and everything else as it was', async () => {
    answer = (_request, response) => {
      response.setHeader('x-replica', 'secondary-1')
      response.writeHead(200, { 'content-type': 'application/json', etag: '"old"' })
      response.end(JSON.stringify({ ...claims, message: 'ü' }))
    }
    const reply = await post()
    expect(reply.status).toBe(200)
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-replica': 'secondary-1',
      'cache-control': 'no-store',
    })
    expect(reply.headers.get('etag')).toBeNull()
    const body: Record<string, unknown> = await reply.json().then(Object)
    expect(Object.keys(body)).toEqual(['access_token', 'refresh_token', 'exp', 'message'])
    expect(body).toMatchObject({ exp: claims.exp, message: 'ü' })
    for (const member of ['access_token', 'refresh_token'] as const) {
      const token = await jwtVerify(String(body[member]), createLocalJWKSet({ keys: [key.public] }))
      expect(token.payload).toEqual(claims[member])
      expect(token.protectedHeader).toEqual({ alg: 'RS256', kid: 'the-key', typ: 'JWT' })
    }
  })

  it.each<[string, RequestListener]>([
    ['in one piece, without a head', (_request, response) => response.end(JSON.stringify(claims))],
    [
      'in pieces, of unknown length',
      (_request, response) => {
        response.writeHead(200).flushHeaders()
        for (const letter of JSON.stringify(claims)) response.write(letter)
        response.end()
      },
    ],
    [
      'with headers as a list',
      (_request, response) => response.writeHead(200, ['content-type', 'application/json']).end(JSON.stringify(claims)),
    ],
    [
      'with a reason and a length',
      (_request, response) => {
        const text = JSON.stringify(claims)
        response.writeHead(200, 'Fine', { 'content-length': String(text.length) }).end(text)
      },
    ],
  ])('E-34 is signed however it was written: %s', async (_how, writes) => {
    answer = writes
    const body: unknown = await (await fetch(url)).json()
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refresh_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      exp: claims.exp,
    })
  })

  it.each<[string, object | string]>([
    ['a member is missing', { access_token: claims.access_token, exp: 1 }],
    ['a member is a text', { ...claims, refresh_token: 'unsigned-claims' }],
    ['a member is a list', { ...claims, refresh_token: ['unsigned-claims'] }],
    ['a member is null', { ...claims, refresh_token: null }],
    [
      'a member is inherited alone',
      '{"access_token": {"note": "unsigned-claims"}, "__proto__": {"refresh_token": {}}}',
    ],
    ['it is a list', [claims]],
    ['it is not JSON', `unsigned-claims ${JSON.stringify(claims)}`],
    ['it is empty', ''],
    ['it is too large', { ...claims, more: 'x'.repeat(65_536) }],
  ])('E-35 is refused when %s', async (_what, body) => {
    answer = (_request, response) => response.end(typeof body === 'string' ? body : JSON.stringify(body))
    await expectNothingUnsigned(await post())
  })

  it('E-35 is refused when it goes on and on', async () => {
    const over = Promise.withResolvers()
    answer = (_request, response) => {
      const timer = setInterval(() => response.write('unsigned-claims'.repeat(1000)), 1)
      response.on('close', () => {
        clearInterval(timer)
        over.resolve(undefined)
      })
    }
    await expectNothingUnsigned(await post())
    await over.promise
  })

  it('E-35 is refused when it is compressed although nobody asked for it, or a part', async () => {
    let asked: unknown
    answer = (request, response) => {
      asked = [request.headers['accept-encoding'], request.headers.range, request.rawHeaders.join().toLowerCase()]
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(claims)))
    }
    await expectNothingUnsigned(await post({ 'accept-encoding': 'gzip', range: 'bytes=0-' }))
    expect(asked).toEqual([undefined, undefined, expect.not.stringMatching(/accept-encoding|range/)])
    answer = (_request, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-9/10' }).end(JSON.stringify(claims))
    }
    await expectNothingUnsigned(await post())
  })

  it('E-35 passes with any other status, as it comes', async () => {
    for (const status of [201, 400, 401, 503]) {
      answer = (_request, response) => {
        response.writeHead(status, { 'x-from': 'shop' })
        response.write('{"error":')
        response.end('"so"}')
      }
      const reply = await post()
      expect([reply.status, reply.headers.get('x-from'), await reply.text()]).toEqual([
        status,
        'shop',
        '{"error":"so"}',
      ])
    }
    answer = (_request, response) => response.writeHead(204).end()
    expect((await post()).status).toBe(204)
  })

  it('E-23 is asked for by the gateway in its own name, whatever a client says', async () => {
    const seen: unknown[] = []
    answer = (request, response) => {
      const raw = request.rawHeaders.filter((_, index) => /^x-gateway-/i.test(request.rawHeaders[index - 1] ?? ''))
      seen.push([request.headers['x-gateway-credential'], raw])
      response.end(JSON.stringify(claims))
    }
    const forged = { 'X-Gateway-Credential': 'forged' }
    await post(forged)
    await fetch(`${addresses.public}/shop/claims`, { headers: forged })
    expect(seen).toEqual([
      ['gateway at shop', ['gateway at shop']],
      [undefined, []],
    ])
  })

  it('is no matter of routes that sign nothing', async () => {
    expect(await (await fetch(`${addresses.public}/shop/claims`)).json()).toEqual(claims)
  })

  it('leaves the connection good for the next request', async () => {
    answer = (_request, response) => response.end('no JSON')
    expect((await post()).status).toBe(502)
    answer = (_request, response) => response.end(JSON.stringify(claims))
    expect((await post()).status).toBe(200)
  })

  it('tells the service that its client has left', async () => {
    const left = Promise.withResolvers()
    const begun = Promise.withResolvers()
    answer = (_request, response) => {
      response.on('close', () => left.resolve(undefined))
      response.writeHead(200)
      response.write('{')
      begun.resolve(undefined)
    }
    const client = httpRequest(url, { method: 'POST' }).on('error', () => undefined)
    client.end()
    await begun.promise
    client.destroy()
    await left.promise
  })
})

it.each(['GET', 'POST'])('E-35 is refused when it breaks off: %s', async (method) => {
  const { addresses } = await openDoors(overHttp([upstreamUrl]), { contracts: [contract], keys })
  answer = (_request, response) => {
    const text = JSON.stringify(claims)
    response.writeHead(200, { 'content-length': text.length + 1 })
    response.write(text, () => response.destroy())
  }
  const reply = await fetch(`${addresses.public}/shop/login`, { method })
  expect([reply.status, await reply.text()]).toEqual([502, expect.not.stringContaining('unsigned-claims')])
})

it('E-35 is refused when the gateway cannot sign', async () => {
  const dispatcher = inProcessDispatcher({ handle: (_request, response) => response.end(JSON.stringify(claims)) })
  const broken = { sign: async () => Promise.reject(new Error('no')) }
  const { addresses } = await openDoors(dispatcher, { contracts: [contract], keys: broken })
  const reply = await fetch(`${addresses.public}/shop/login`)
  expect([reply.status, await reply.text()]).toEqual([502, expect.not.stringContaining('unsigned-claims')])
})
