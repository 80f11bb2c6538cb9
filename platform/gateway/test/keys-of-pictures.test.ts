import { demoKey, guestScope, picturesDialect, type ServiceContract, type Surface } from '@sallyport/contracts'
import { afterEach, describe, expect, it } from 'vitest'
import type { KeyIssuer } from '../src/api-keys/issuer.ts'
import type { Gateway } from '../src/index.ts'
import { openDoors, witness } from './doors.ts'
import { countingAlone, guarded, inside, shop } from './support.ts'

const download = {
  ...guarded,
  name: 'download',
  path: '/own/download',
  access: { who: 'account', scope: guestScope, guestKey: { text: demoKey, scope: guestScope } },
} as const

const surfaceOf = (more: Partial<Surface>): Surface => ({
  name: 'shop.own',
  dialect: picturesDialect,
  decidedBy: 'door',
  prefixes: { public: '/own', internal: '/internal/shop' },
  forbidden: {},
  routes: [guarded, download, inside],
  ...more,
})

const issuerOf = (gives: Awaited<ReturnType<KeyIssuer['exchange']>>): KeyIssuer => ({
  exchange: async () => gives,
  admitGuest: async () => ({ token: 'good', expiresAtMs: Date.now() + 300_000 }),
  recordUses: async () => undefined,
})

const gateways: Gateway[] = []
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close(0)))
})

async function open(gives: Parameters<typeof issuerOf>[0], more: Partial<Surface> = {}) {
  const { dispatcher, seen } = witness()
  const contract: ServiceContract = { ...shop, surfaces: [surfaceOf(more)] }
  const gateway = await openDoors(dispatcher, {
    contracts: [contract],
    keyIssuer: issuerOf(gives),
    quotas: countingAlone(),
  })
  gateways.push(gateway)
  const get = async (path: string, key?: string) => {
    const response = await fetch(gateway.addresses.public + path, {
      headers: key === undefined ? {} : { 'x-api-key': key },
    })
    return { status: response.status, body: await response.json() }
  }
  const from = async (method: string, path: string, headers: Record<string, string>) => {
    const response = await fetch(gateway.addresses.public + path, {
      method,
      headers: { origin: 'https://gallery.example', ...headers },
    })
    await response.arrayBuffer()
    return { status: response.status, headers: response.headers }
  }
  return { get, from, seen }
}

const text = 'k'.repeat(40)
const networks = ['203.0.113.0/24']
const elsewhere = { id: 'one', token: 'good', expiresAtMs: Date.now() + 300_000, networks }

describe('S-24 the holder of a key', () => {
  it.each([
    ['has expired', 'expired', /expired.*register again/],
    ['is blocked', 'blocked', /blocked.*register again/],
    ['belongs to another address', elsewhere, /another address.*register again/],
    ['is none', 'unknown', /not valid/],
  ] as const)('hears when it %s', async (_what, gives, words) => {
    const { get, seen } = await open(gives)
    expect(await get('/own/download', text)).toEqual({ status: 401, body: { Info: expect.stringMatching(words) } })
    expect(seen).toEqual([])
  })

  it('hears that one is needed', async () => {
    const { get } = await open('unknown')
    expect(await get('/own/download')).toEqual({ status: 401, body: { Info: expect.stringContaining('is needed') } })
  })

  it('hears no more than that it is not valid where a surface has no words for that', async () => {
    const { get } = await open('expired', shop.surfaces[1] && { dialect: shop.surfaces[1].dialect })
    expect((await get('/own/thing', text)).body).toMatchObject({ detail: 'the token is not valid, or no longer' })
  })
})

describe('S-34, S-48 the demo key', () => {
  it('opens what says so, as a token of a guest', async () => {
    const { get, seen } = await open('unknown')
    expect((await get('/own/download', demoKey)).status).toBe(200)
    expect(seen.map(({ headers }) => [headers.authorization, headers['x-api-key']])).toEqual([
      ['Bearer good', undefined],
    ])
  })

  it('opens nothing else', async () => {
    const { get, seen } = await open('unknown')
    expect((await get('/own/thing', demoKey)).status).toBe(401)
    expect(seen).toEqual([])
  })

  it('is counted for each address, and not as one key of all visitors', async () => {
    const rates = [{ requests: 1, seconds: 3600 }]
    const perKey = await open('unknown', { quotas: [{ name: 'pictures', per: 'key', rates }] })
    const statuses = []
    for (let index = 0; index < 2; index += 1) statuses.push((await perKey.get('/own/download', demoKey)).status)
    expect(statuses).toEqual([200, 200])
    const perAddress = await open('unknown', { quotas: [{ name: 'pictures-address', per: 'address', rates }] })
    expect((await perAddress.get('/own/download', demoKey)).status).toBe(200)
    const over = await perAddress.get('/own/download', demoKey)
    expect([over.status, Object.keys(Object(over.body))]).toEqual([429, ['message']])
  })
})

describe('S-7, S-F14 a page of any origin', () => {
  const read = { ...download, anyOrigin: true } as const
  const post = { ...guarded, name: 'post', path: read.path, method: 'POST' } as const
  const rates = [{ requests: 2, seconds: 3600 }]
  const more = { routes: [guarded, read, post, inside], quotas: [{ name: 'few', per: 'address', rates }] } as const
  const preflight = (method: string) => ({
    'access-control-request-method': method,
    'access-control-request-headers': 'x-api-key',
  })

  it('may ask for what is read with a key, and is not counted for asking', async () => {
    const { from, seen } = await open('unknown', more)
    for (let index = 0; index < 5; index += 1) {
      const { status, headers } = await from('OPTIONS', read.path, preflight('GET'))
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, '*'])
      expect(headers.get('access-control-allow-methods')).toBe('GET')
      expect(headers.get('access-control-allow-headers')).toBe('x-api-key, if-none-match')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
    }
    expect(seen).toEqual([])
  })

  it('may read the answer, also when it is a refusal', async () => {
    const { from } = await open('unknown', more)
    const answers = []
    for (const key of [demoKey, text, demoKey]) answers.push(await from('GET', read.path, { 'x-api-key': key }))
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 429])
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toContain('x-ratelimit-remaining')
    }
  })

  it('may do nothing else', async () => {
    const { from } = await open('unknown', more)
    const asked = [
      ['OPTIONS', read.path, preflight('POST'), 405],
      ['OPTIONS', '/own/thing', preflight('GET'), 405],
      ['OPTIONS', '/own/nothing', preflight('GET'), 404],
      ['OPTIONS', read.path, {}, 405],
      ['GET', '/own/thing', { 'x-api-key': text }, 401],
    ] as const
    for (const [method, path, headers, expected] of asked) {
      const answer = await from(method, path, headers)
      expect([answer.status, answer.headers.get('access-control-allow-origin')], path).toEqual([expected, null])
    }
  })
})
