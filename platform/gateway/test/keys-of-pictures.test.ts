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
  return { get, seen }
}

const text = 'k'.repeat(40)
const networks = ['203.0.113.0/24']
const elsewhere = { id: 'one', token: 'good', expiresAtMs: Date.now() + 300_000, networks }

describe('S-24 the holder of a key', () => {
  it.each([
    ['has expired', 'expired', /expired.*register again/],
    ['is blocked', 'blocked', /blocked/],
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
