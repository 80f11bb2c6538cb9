import { createServer, type RequestListener } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { inProcessDispatcher } from '../src/dispatch/in-process.ts'
import { openDoors } from './doors.ts'
import { overHttp } from './support.ts'

const ownPolicy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"

/** A service with data, a page that says how it may be shown, and one that does not. */
const service: RequestListener = (request, response) => {
  if (request.url?.endsWith('/own-page')) {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': ownPolicy,
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
    })
  } else if (request.url?.endsWith('/hop')) {
    response.writeHead(200, { connection: 'close, X-Hop', 'x-hop': 'for the gateway', 'x-end': 'for the client' })
  } else if (request.url?.endsWith('/page')) {
    response.writeHead(200, { 'content-type': 'text/html', server: 'Apache/2.4', 'x-powered-by': 'PHP/8' })
  } else {
    response.writeHead(200, { 'content-type': 'application/json' })
  }
  response.end('{}')
}
const upstream = createServer(service)
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const address = upstream.address()
const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
afterAll(async () => {
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})

const { public: far } = (await openDoors(overHttp([baseUrl]))).addresses
const { public: near } = (await openDoors(inProcessDispatcher({ handle: service }))).addresses

async function headersOf(url: string, headers: Record<string, string> = {}) {
  const reply = await fetch(url, { headers })
  await reply.arrayBuffer()
  return Object.fromEntries(reply.headers)
}

const usual = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

it('an answer leaves behind what its service says concerns their connection alone (RFC 9110 §7.6.1)', async () => {
  const { 'x-hop': hop, 'x-end': end } = await headersOf(`${far}/api/shop/things/hop`)
  expect([hop, end]).toEqual([undefined, 'for the client'])
})

describe('every answer', () => {
  it.each([
    ['data', `${near}/api/shop/things/hat`],
    ['data from elsewhere', `${far}/api/shop/things/hat`],
    ['a refusal of the door', `${near}/own/thing`],
    ['a path that nobody knows', `${near}/nowhere`],
    ['the health of the door', `${near}/health`],
  ])('C-87 C-88 C-90 C-91 says how it may be used: %s', async (_, url) => {
    const headers = await headersOf(url)
    expect(headers).toMatchObject(usual)
    for (const name of ['x-xss-protection', 'server', 'x-powered-by', 'strict-transport-security']) {
      expect(headers, name).not.toHaveProperty(name)
    }
  })

  it.each([
    ['of the same process', near],
    ['elsewhere', far],
  ])('C-87 C-91 keeps what a page of a service %s says about itself', async (_, door) => {
    expect(await headersOf(`${door}/api/shop/things/own-page`)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'content-security-policy': ownPolicy,
    })
  })

  it('C-91 lets a page from elsewhere that says nothing load what is its own, and names no software', async () => {
    const headers = await headersOf(`${far}/api/shop/things/page`)
    expect(headers).toMatchObject({
      ...usual,
      'content-security-policy': "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
    })
    expect(headers).not.toHaveProperty('server')
    expect(headers).not.toHaveProperty('x-powered-by')
  })

  it('C-86 asks for TLS from now on where a trusted proxy had it, and not by the word of anybody else', async () => {
    const dispatcher = inProcessDispatcher({ handle: service })
    const behind = await openDoors(dispatcher, { trustedProxies: ['127.0.0.1'] })
    const said = { 'x-forwarded-proto': 'https' }
    const { 'strict-transport-security': hsts } = await headersOf(`${behind.addresses.public}/health`, said)
    expect(hsts).toBe('max-age=31556926; includeSubDomains')
    expect(await headersOf(`${near}/health`, said)).not.toHaveProperty('strict-transport-security')
  })
})
