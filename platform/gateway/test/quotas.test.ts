import { createServer, type RequestListener } from 'node:http'
import { type Dialect, picturesDialect, type Quota, quota, type ServiceContract } from '@sallyport/contracts'
import { openDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { systemClock } from '@sallyport/kernel'
import type { Authentication } from '@sallyport/service'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createQuotas,
  type GatewayDatabase,
  inProcessDispatcher,
  migrations,
  postgresQuotaStore,
  type QuotaStore,
} from '../src/index.ts'
import { openDoors } from './doors.ts'
import { addressOf, authentication, overHttp, protocol, shop } from './support.ts'

const log = pino({ level: 'silent' })

/** The service: `nothing` does not exist, `broken` breaks it, and it is not there for `away`, which it says itself. */
const answer: RequestListener = (request, response) => {
  request.resume()
  if (request.url?.endsWith('/away')) {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '7' }).end('{}')
    return
  }
  const status = request.url?.endsWith('/nothing') ? 404 : request.url?.endsWith('/broken') ? 500 : 200
  response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
}
const upstream = createServer(answer)
let upstreamUrl: string
let testDatabase: TestDatabase<GatewayDatabase>
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  upstreamUrl = await addressOf(upstream)
  testDatabase = await createTestDatabase<GatewayDatabase>({ service: 'gateway', migrations })
})
afterAll(async () => {
  for (const close of closing) await close()
  await testDatabase.drop()
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})
beforeEach(async () => {
  await testDatabase.database.db.deleteFrom('quota_window').execute()
})

const ways = {
  'in the same process': () => inProcessDispatcher({ handle: answer }),
  'over HTTP': () => overHttp([upstreamUrl]),
}

/** The shop with quotas on its things and on what is its own. */
function shopWith(
  parts: { things?: readonly Quota[]; own?: readonly Quota[]; read?: readonly Quota[] },
  dialect?: Dialect,
): ServiceContract {
  const [things, own] = shop.surfaces
  if (!things || !own) throw new TypeError('the shop has two surfaces')
  const routes = things.routes.map((route) => (route.name === 'read' ? { ...route, quotas: parts.read ?? [] } : route))
  return {
    ...shop,
    surfaces: [
      { ...things, routes, quotas: parts.things ?? [], ...(dialect && { dialect }) },
      { ...own, quotas: parts.own ?? [] },
    ],
  }
}

/** Knows everybody by the name that is their token. */
const people: Authentication = {
  ...authentication,
  async account(authorization) {
    const name = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1]
    if (name === undefined || name === 'wrong') return authentication.account(authorization)
    const known = callers.get(name) ?? authentication.account('Bearer good')
    callers.set(name, known)
    return known
  },
}
const callers = new Map<string, ReturnType<Authentication['account']>>()

interface Gateway {
  readonly door: string
  /** Of so many batches the store was asked. */
  readonly statements: () => number
  readonly readiness: () => Promise<unknown>
  close(): Promise<void>
}

/** A gateway on the common database. Proxies on this machine are believed, so that tests come from any address. */
async function openGateway(
  way: keyof typeof ways,
  contract: ServiceContract,
  change?: (store: QuotaStore) => QuotaStore,
): Promise<Gateway> {
  const database = openDatabase<GatewayDatabase>({
    connection: testDatabase.connection,
    service: 'gateway',
    statementTimeoutMs: 30_000,
  })
  let statements = 0
  const store = postgresQuotaStore(database, { log, secret: Buffer.alloc(32) })
  const counted: QuotaStore = {
    ...store,
    take(calls) {
      statements += 1
      return store.take(calls)
    },
  }
  const quotas = createQuotas({
    store: change?.(counted) ?? counted,
    clock: systemClock,
    log,
    // A machine may be slow: where the store is there it is waited for.
    ...(!change && { storeLimitMs: 30_000 }),
  })
  const gateway = await openDoors(ways[way](), {
    contracts: [contract],
    quotas,
    authentication: people,
    trustedProxies: ['127.0.0.1'],
    keyIssuer: {
      exchange: async (digest) => ({ id: digest, token: 'keyholder', expiresAtMs: Date.now() + 60_000, networks: [] }),
      admitGuest: async () => Promise.reject(new Error('there are no guests here')),
      recordUses: async () => undefined,
    },
    readiness: async () => ({ quotas: await quotas.readiness() }),
  })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await gateway.close(0)
    await quotas.close()
    await database.close()
  }
  closing.push(close)
  return {
    door: gateway.addresses.public,
    statements: () => statements,
    readiness: async () => (await fetch(`${gateway.addresses.public}/health/ready`)).json(),
    close,
  }
}

let addresses = 0
/** An address that nobody has called from. */
function newAddress(): string {
  addresses += 1
  return `192.0.${Math.floor(addresses / 200)}.${(addresses % 200) + 1}`
}

interface Call {
  readonly from?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function ask(door: string, { from = '192.0.255.1', path = '/api/shop/things/hat', headers = {} }: Call) {
  const reply = await fetch(`${door}${path}`, { headers: { 'x-forwarded-for': from, ...headers } })
  const body: unknown = await reply.json()
  return { status: reply.status, headers: reply.headers, body }
}

function countOf(answers: readonly { status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

function times<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}

describe.each(['in the same process', 'over HTTP'] as const)('calls to a service %s', (way) => {
  const pictures = quota('pictures', 'address', '80/hour,80/day')

  it('S-46 of which 100 come at once are passed on up to the quota of 80', async () => {
    const { door } = await openGateway(way, shopWith({ things: [pictures] }))
    const from = newAddress()
    const answers = await times(100, () => ask(door, { from }))
    expect(countOf(answers)).toEqual({ 200: 80, 429: 20 })
    for (const { headers, body } of answers.filter(({ status }) => status === 429)) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(86_000)
      expect(headers.get('x-ratelimit-remaining')).toBe('0')
      expect(body).toEqual({ detail: 'no more calls are allowed now: 80 in pictures/hour, 80 in pictures/day' })
    }
    const left = answers.filter(({ status }) => status === 200).map((one) => one.headers.get('x-ratelimit-remaining'))
    expect(left.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, index) => index))
    expect((await ask(door, { from: newAddress() })).status).toBe(200)
  })

  it('S-46 count when they fail', async () => {
    const { door } = await openGateway(way, shopWith({ things: [quota('few', 'address', '3/hour')] }))
    const from = newAddress()
    const statuses = []
    for (const thing of ['nothing', 'broken', 'nothing', 'hat']) {
      statuses.push((await ask(door, { from, path: `/api/shop/things/${thing}` })).status)
    }
    expect(statuses).toEqual([404, 500, 404, 429])
  })

  it('S-49 say what is left', async () => {
    const { door } = await openGateway(way, shopWith({ things: [quota('some', 'address', '10/minute,4/hour')] }))
    const from = newAddress()
    const nowSeconds = Date.now() / 1000
    const { headers } = await ask(door, { from })
    expect(headers.get('ratelimit-policy')).toBe('"some/minute";q=10;w=60, "some/hour";q=4;w=3600')
    expect(headers.get('ratelimit')).toMatch(/^"some\/minute";r=9;t=(?:60|5\d), "some\/hour";r=3;t=3(?:600|5\d\d)$/)
    expect(headers.get('x-ratelimit-limit')).toBe('4')
    expect(headers.get('x-ratelimit-remaining')).toBe('3')
    expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(nowSeconds + 3500)
    expect(Number(headers.get('x-ratelimit-reset'))).toBeLessThan(nowSeconds + 3700)
    expect(headers.get('retry-after')).toBeNull()
    await times(3, () => ask(door, { from }))
    const refused = await ask(door, { from })
    expect([refused.status, refused.headers.get('ratelimit')]).toEqual([
      429,
      expect.stringContaining('"some/hour";r=0;t=3'),
    ])
  })

  it('S-49 say in the words of pictures also when the next one is worth trying', async () => {
    const { door } = await openGateway(way, shopWith({ things: [quota('two', 'address', '2/hour')] }, picturesDialect))
    const from = newAddress()
    const tries = []
    for (let call = 0; call < 3; call += 1) tries.push((await ask(door, { from })).headers.get('retry-after'))
    expect(tries).toEqual(['0', expect.stringMatching(/^3(?:600|5\d\d)$/), expect.stringMatching(/^3(?:600|5\d\d)$/)])
    const broken = await ask(door, { from: newAddress(), path: '/api/shop/things/away' })
    expect([broken.status, broken.headers.get('retry-after')]).toEqual([503, '7'])
  })

  it('say nothing of quotas where there are none', async () => {
    const { door, statements } = await openGateway(way, shopWith({}))
    const { headers } = await ask(door, {})
    expect([...headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([])
    expect(statements()).toBe(0)
  })

  it('A-F10 of one client are counted together, whichever of two gateways they come to', async () => {
    const contract = shopWith({ things: [pictures] })
    const [one, two] = [await openGateway(way, contract), await openGateway(way, contract)]
    const from = newAddress()
    const answers = await times(100, (index) => ask((index % 2 === 0 ? one : two).door, { from }))
    expect(countOf(answers)).toEqual({ 200: 80, 429: 20 })
  })

  it('A-F10 stay counted when the gateway starts again', async () => {
    const contract = shopWith({ things: [quota('few', 'address', '3/hour')] })
    const from = newAddress()
    const before = await openGateway(way, contract)
    expect(countOf(await times(2, () => ask(before.door, { from })))).toEqual({ 200: 2 })
    await before.close()
    const after = await openGateway(way, contract)
    expect(countOf(await times(4, () => ask(after.door, { from })))).toEqual({ 200: 1, 429: 3 })
  })

  it('A-F10 of those who are over their quota do not reach the database', async () => {
    const { door, statements } = await openGateway(way, shopWith({ things: [quota('few', 'address', '3/hour')] }))
    const from = newAddress()
    await times(3, () => ask(door, { from }))
    const before = statements()
    expect(countOf(await times(200, () => ask(door, { from })))).toEqual({ 429: 200 })
    expect(statements()).toBe(before)
  })

  it('go on being counted by each gateway when the database is away, and it says so', async () => {
    let isAway = true
    const change = (store: QuotaStore): QuotaStore => ({
      ...store,
      take: (calls) => (isAway ? Promise.reject(new Error('away')) : store.take(calls)),
      ping: () => (isAway ? Promise.reject(new Error('away')) : store.ping()),
    })
    const contract = shopWith({ things: [quota('few', 'address', '3/hour')] })
    const gateway = await openGateway(way, contract, change)
    const from = newAddress()
    expect(countOf(await times(10, () => ask(gateway.door, { from })))).toEqual({ 200: 3, 429: 7 })
    const degraded = { status: 'ready', parts: { quotas: 'degraded: counted by this gateway alone' } }
    expect(await gateway.readiness()).toMatchObject(degraded)

    isAway = false
    const ready = { status: 'ready', parts: { quotas: 'ready' } }
    await expect.poll(() => gateway.readiness()).toMatchObject(ready)
    expect(gateway.statements()).toBe(0)
    await ask(gateway.door, { from: newAddress() })
    expect(gateway.statements()).toBe(1)
  })

  it('do not wait for a database that does not answer', async () => {
    const contract = shopWith({ things: [quota('few', 'address', '3/hour')] })
    const { door } = await openGateway(way, contract, (store) => ({
      ...store,
      take: () => new Promise(() => undefined),
    }))
    expect(countOf(await times(10, () => ask(door, { from: '192.0.255.2' })))).toEqual({ 200: 3, 429: 7 })
  })
})

describe('who has a quota', () => {
  const way = 'in the same process'
  const own = '/own/thing'
  const bearer = (name: string) => ({ authorization: `Bearer ${name}` })
  const key = (letter: string) => ({ 'x-api-key': letter.repeat(40) })

  it('is an address, which in IPv6 is a network of 64 bits', async () => {
    const { door } = await openGateway(way, shopWith({ things: [quota('few', 'address', '2/hour')] }))
    const answers = []
    for (const from of ['2001:db8::1', '2001:db8::2', '2001:db8::ffff:3', '2001:db8:0:1::1']) {
      answers.push(await ask(door, { from }))
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 200])
  })

  it('is an account, from wherever it calls and whatever routes name the quota', async () => {
    const shared = quota('theirs', 'account', '2/hour')
    const { door } = await openGateway(way, shopWith({ own: [shared] }))
    const calls = [bearer('ada'), bearer('ada'), bearer('bob'), bearer('ada')]
    const statuses = []
    for (const headers of calls) statuses.push((await ask(door, { path: own, from: newAddress(), headers })).status)
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  it('S-48 is each API key, and the account of all its keys where that is wanted', async () => {
    const contract = shopWith({ own: [quota('by-key', 'key', '2/hour'), quota('by-account', 'account', '3/hour')] })
    const { door } = await openGateway(way, contract)
    const statuses = []
    for (const headers of [key('a'), key('a'), key('a'), key('b'), key('b')]) {
      statuses.push((await ask(door, { path: own, from: newAddress(), headers })).status)
    }
    expect(statuses).toEqual([200, 200, 429, 200, 429])
    const { headers } = await ask(door, { path: own, from: newAddress(), headers: bearer('eve') })
    expect(headers.get('ratelimit-policy')).toBe('"by-account/hour";q=3;w=3600')
  })

  it('where the service refuses strangers is found out by the door, and nobody is refused for it', async () => {
    const [things, ...others] = shopWith({}).surfaces
    if (!things) throw new TypeError('the shop has things')
    const routes = things.routes.map((route) => ({
      ...route,
      access: { who: 'account' } as const,
      quotas: [quota('theirs', 'account', '2/hour')],
    }))
    const { door } = await openGateway(way, { ...shop, surfaces: [{ ...things, routes }, ...others] })
    const statuses = []
    for (const headers of [bearer('mae'), bearer('mae'), bearer('mae'), bearer('wrong'), {}]) {
      statuses.push((await ask(door, { headers })).status)
    }
    expect(statuses).toEqual([200, 200, 429, 200, 200])
  })

  it('refused for a credential uses up what the address may, and nothing of the account', async () => {
    const contract = shopWith({ own: [quota('here', 'address', '3/hour'), quota('theirs', 'account', '1/hour')] })
    const { door } = await openGateway(way, contract)
    const from = newAddress()
    const calls = [bearer('wrong'), bearer('wrong'), bearer('zoe'), bearer('wrong'), bearer('zoe')]
    const statuses = []
    for (const headers of calls) statuses.push((await ask(door, { path: own, from, headers })).status)
    expect(statuses).toEqual([401, 401, 200, 429, 429])
  })

  it('refused in one window uses up nothing of the others', async () => {
    const contract = shopWith({ own: [quota('here', 'address', '2/hour'), quota('theirs', 'account', '3/hour')] })
    const { door } = await openGateway(way, contract)
    const from = newAddress()
    const statuses = []
    for (const place of [from, from, from, from, newAddress(), newAddress()]) {
      statuses.push((await ask(door, { path: own, from: place, headers: bearer('kim') })).status)
    }
    expect(statuses).toEqual([200, 200, 429, 429, 200, 429])
  })

  it('of a surface and one of a route hold together', async () => {
    const contract = shopWith({
      things: [quota('all', 'address', '3/hour')],
      read: [quota('reading', 'address', '1/hour')],
    })
    const { door } = await openGateway(way, contract)
    const from = newAddress()
    const post = async () =>
      (await fetch(`${door}/api/shop/things/hat`, { method: 'POST', headers: { 'x-forwarded-for': from }, body: '{}' }))
        .status
    const statuses = [
      (await ask(door, { from })).status,
      (await ask(door, { from })).status,
      await post(),
      await post(),
      await post(),
    ]
    expect(statuses).toEqual([200, 429, 200, 200, 429])
  })

  it('of a mount is counted whatever is called in it', async () => {
    const contract = shopWith({ own: [quota('few', 'address', '2/hour')] })
    const { door } = await openGateway(way, contract)
    const from = newAddress()
    const statuses = []
    for (const path of ['/a', '/b', '/c'])
      statuses.push((await ask(door, { from, path: `${protocol.path}${path}` })).status)
    expect(statuses).toEqual([200, 200, 429])
  })

  it('has one meaning by its name', async () => {
    const contract = shopWith({ things: [quota('one', 'address', '2/hour')], own: [quota('one', 'address', '3/hour')] })
    await expect(openGateway(way, contract)).rejects.toThrow('the quota one is declared twice')
    const quoted = shopWith({ own: [quota('"', 'address', '3/hour')] })
    await expect(openGateway(way, quoted)).rejects.toThrow('cannot be the name of a quota')
  })
})
