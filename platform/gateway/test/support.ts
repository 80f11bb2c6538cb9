import type { Server } from 'node:http'
import {
  anyone,
  market,
  marketRefusal,
  type Mount,
  problemDetails,
  route,
  type ServiceContract,
  signedIn,
  wholeScope,
} from '@sallyport/contracts'
import { type AccountId, type Clock, newId, systemClock } from '@sallyport/kernel'
import { type Authentication, emptyMetrics } from '@sallyport/service'
import { pino } from 'pino'
import { Type } from 'typebox'
import {
  createBalancingMetrics,
  createQuotas,
  type Dispatcher,
  overHttpDispatcher,
  type OverHttpOptions,
  type Quotas,
  type QuotaStore,
} from '../src/index.ts'
import { createWindowMemory } from '../src/quotas/window-memory.ts'

const Anything = Type.Object({}, { additionalProperties: true })

export const read = route({
  name: 'read',
  summary: 'Read a thing',
  method: 'GET',
  path: '/api/shop/things/:name',
  door: 'public',
  access: anyone,
  params: Type.Object({ name: Type.String() }),
  replies: { 200: Anything },
})
export const write = route({
  name: 'write',
  summary: 'Write a thing',
  method: 'POST',
  path: '/api/shop/things/:name',
  door: 'public',
  access: anyone,
  params: Type.Object({ name: Type.String() }),
  body: Anything,
  replies: { 200: Anything },
})
export const administer = route({
  name: 'administer',
  summary: 'For administrators',
  method: 'GET',
  path: '/admin/api/shop/things',
  door: 'admin',
  access: signedIn,
  replies: { 200: Anything },
})
export const guarded = route({
  name: 'guarded',
  summary: 'Refused at the door',
  method: 'GET',
  path: '/own/thing',
  door: 'public',
  access: { ...signedIn, scope: 'shop:read' },
  replies: { 200: Anything },
})
export const inside = route({
  name: 'inside',
  summary: 'For services',
  method: 'GET',
  path: '/internal/shop/things',
  door: 'internal',
  access: { who: 'service', from: ['other'] },
  replies: { 200: Anything },
})

export const protocol: Mount = {
  name: 'protocol',
  summary: 'Speaks for itself',
  path: '/protocol',
  door: 'public',
  bodyLimitBytes: 1000,
}

export const shop: ServiceContract = {
  name: 'shop',
  title: 'Shop',
  surfaces: [
    {
      name: 'shop.market',
      dialect: market,
      decidedBy: 'service',
      prefixes: { public: '/api/shop', admin: '/admin/api/shop' },
      forbidden: { public: { 'wrong-role': marketRefusal(400, 'No'), 'not-self': marketRefusal(400, 'No') } },
      routes: [read, write, administer],
      closedPaths: [{ door: 'admin', path: '/admin/api/shop/closed/:name' }],
    },
    {
      name: 'shop.own',
      dialect: problemDetails,
      decidedBy: 'door',
      prefixes: { public: '/own', internal: '/internal/shop' },
      forbidden: {},
      routes: [guarded, inside],
      mounts: [protocol],
    },
  ],
}

/** The way to the shop in other processes. */
export function overHttp(urls: readonly string[], options: Partial<OverHttpOptions> = {}): Dispatcher {
  return overHttpDispatcher({
    service: 'shop',
    urls,
    metrics: createBalancingMetrics(emptyMetrics()),
    log: pino({ level: 'silent' }),
    ...options,
  })
}

/** Lets a server listen and tells where. */
export async function addressOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  return `http://127.0.0.1:${address.port}`
}

/** A store in the memory of one gateway. */
export function memoryStore(clock: Clock): QuotaStore {
  const memory = createWindowMemory(clock)
  return {
    take: async (calls) => calls.map((counters) => memory.take(counters)),
    ping: async () => undefined,
    close: async () => undefined,
  }
}

/** Counts for one gateway, without a database. */
export function countingAlone(clock: Clock = systemClock): Quotas {
  return createQuotas({ store: memoryStore(clock), clock, log: pino({ level: 'silent' }) })
}

/** The `Host` of the installation. */
export const publicHost = 'sallyport.test'
export const publicOrigin = `https://${publicHost}`

/** Knows one token: `good`. */
export const authentication: Authentication = {
  account: async (authorization) => {
    if (authorization === undefined) return 'missing'
    if (authorization !== 'Bearer good') return 'invalid'
    return {
      kind: 'account',
      accountId: accountId(),
      sessionId: 'session',
      username: 'ada',
      role: 'user',
      roles: ['user'],
      scopes: [wholeScope],
      expiresAt: Number.MAX_SAFE_INTEGER,
    }
  },
  service: async () => 'invalid',
}

function accountId() {
  return newId<AccountId>()
}
