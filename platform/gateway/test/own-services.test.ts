import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import {
  anyone,
  type Mount,
  type OutsideIdentity,
  problemDetails,
  quota,
  type ServiceContract,
} from '@sallyport/contracts'
import { type AccountId, newId, systemClock } from '@sallyport/kernel'
import { type AccountCaller, type Authentication, createKeySet } from '@sallyport/service'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { openDoors, rawConnection } from './doors.ts'
import { addressOf, overHttp, publicHost } from './support.ts'

/** What reached the service: everything that a request can carry. */
interface Arrived {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  body: string
}
const arrived: Arrived[] = []
function note({ method = '', url = '', rawHeaders }: IncomingMessage): Arrived {
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  const headers = names.map((name, index) => [name.toLowerCase(), rawHeaders[index * 2 + 1] ?? ''] as const)
  const arrival = { method, url, headers, body: '' }
  arrived.push(arrival)
  return arrival
}
const upstream = createServer((request: IncomingMessage, response: ServerResponse) => {
  const arrival = note(request)
  request.on('data', (chunk: Buffer) => (arrival.body += chunk.toString()))
  request.on('end', () => response.end('done'))
})
const sockets = new WebSocketServer({ server: upstream })
sockets.on('connection', (socket, request) => {
  note(request)
  socket.on('message', (data) => socket.send(data))
})
const upstreamUrl = await addressOf(upstream)
afterAll(() => {
  for (const client of sockets.clients) client.terminate()
  upstream.closeAllConnections()
  upstream.close()
})
beforeEach(() => {
  arrived.length = 0
  ended.clear()
})

/** Whose tokens count, and for what. */
const ada: AccountCaller = {
  kind: 'account',
  accountId: newId<AccountId>(),
  sessionId: 'session',
  username: 'ada',
  role: 'user',
  roles: ['user', 'chef, cook'],
  scopes: ['impersonate'],
  expiresAt: Math.floor(Date.now() / 1000) + 900,
}
const callers = new Map<string, AccountCaller>([
  ['ada', ada],
  ['admin', { ...ada, username: 'admin', role: 'admin', roles: ['superadmin'] }],
  ['jose', { ...ada, username: 'josé\r\nx-roles: admin', roles: [] }],
  ['app', { ...ada, scopes: ['openid'] }],
  ['key', { ...ada, scopes: ['shop:read'] }],
])
const ended = new Set<string>()
const authentication: Authentication = {
  account: async (authorization) => {
    if (authorization === undefined) return 'missing'
    const name = authorization.replace('Bearer platform-', '')
    return (ended.has(name) ? undefined : callers.get(name)) ?? 'invalid'
  },
  service: async () => 'invalid',
}

/** Two issuers besides, each with a key of its own under the same id. */
const partner = await newIssuer('https://partner.example')
const rival = await newIssuer('https://rival.example')
const otherIssuers = new Map([
  ['partner', partner.keys],
  ['rival', rival.keys],
])
async function newIssuer(issuer: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }
  const keys = createKeySet({
    issuer,
    audience: 'shop',
    algorithms: ['ES256'],
    clock: systemClock,
    fetchKeys: async () => [jwk],
  })
  const tokenWith = (claims: JWTPayload = {}): Promise<string> =>
    new SignJWT({ iss: issuer, aud: 'shop', sub: 'bob', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime(claims.exp ?? '5m')
      .sign(privateKey)
  return { keys, tokenWith }
}

const key = 'k'.repeat(40)
const keyIssuer = {
  exchange: async () => ({ id: 'one', token: 'platform-key', expiresAtMs: Date.now() + 300_000, networks: [] }),
  admitGuest: async () => Promise.reject(new Error('there are no guests here')),
  recordUses: async () => undefined,
}

function serviceOf(identity: OutsideIdentity, mount: Partial<Mount>, issuers: readonly string[]): ServiceContract {
  const whole: Mount = {
    name: 'shop',
    summary: 'A service of somebody’s own',
    path: '/shop',
    door: 'public',
    bodyLimitBytes: 1000,
    access: { who: 'account' },
    ...mount,
  }
  return {
    name: 'shop',
    title: 'shop',
    outside: { issuers, identity },
    surfaces: [
      {
        name: 'shop',
        dialect: problemDetails,
        decidedBy: 'door',
        prefixes: { public: '/shop' },
        forbidden: {},
        routes: [],
        mounts: [whole],
      },
    ],
  }
}
async function open(
  identity: OutsideIdentity,
  mount: Partial<Mount> = {},
  issuers: readonly string[] = ['sallyport'],
): Promise<string> {
  const gateway = await openDoors(overHttp([upstreamUrl]), {
    contracts: [serviceOf(identity, mount, issuers)],
    authentication,
    otherIssuers,
    keyIssuer,
    tunnels: { most: 10, mostPerCaller: 10, idleTimeoutMs: 600_000, checkEveryMs: 20 },
  })
  return gateway.addresses.public
}

type Headers = Readonly<Record<string, string | readonly string[]>>
interface Answer {
  readonly status: number
  readonly body: unknown
  readonly text: string
}
/** Sends a request with its path as it is. */
function send(door: string, method: string, path: string, headers: Headers = {}, body?: readonly string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const mutable = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  )
  const request = httpRequest(door, { method, path, headers: mutable, agent: false }, (response) => {
    let text = ''
    response.on('data', (chunk: Buffer) => (text += chunk.toString()))
    response.on('end', () => {
      const isJson = response.headers['content-type']?.includes('json') === true
      resolve({ status: response.statusCode ?? 0, text, body: isJson ? JSON.parse(text) : undefined })
    })
  })
  request.on('error', reject)
  for (const chunk of body ?? []) request.write(chunk)
  request.end()
  return promise
}
const as = (name: string): Headers => ({ authorization: `Bearer platform-${name}` })
const get = async (door: string, path: string, headers: Headers = {}): Promise<number> =>
  (await send(door, 'GET', path, headers)).status
const told = (name: string): string[] =>
  arrived.flatMap(({ headers }) => headers.filter(([key]) => key === name).map(([, value]) => value))

const token: OutsideIdentity = { as: 'token', audience: 'the-shop' }
const none: OutsideIdentity = { as: 'none' }
const asHeaders: OutsideIdentity = {
  as: 'headers',
  claims: { 'X-User': 'username', 'X-Shop-Roles': 'roles', 'X-Subject': 'sub', 'X-Nothing': 'email' },
}

describe('a service of a user’s own', () => {
  it('has its path and everything below it, in any method but TRACE, and nothing beside it', async () => {
    const door = await open(none)
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      expect((await send(door, method, '/shop/a%20b?x=1', as('ada'))).status).toBe(200)
    }
    expect([await get(door, '/shop', as('ada')), await get(door, '/shop/', as('ada'))]).toEqual([200, 200])
    expect(arrived.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /shop/a%20b?x=1',
      'POST /shop/a%20b?x=1',
      'DELETE /shop/a%20b?x=1',
      'OPTIONS /shop/a%20b?x=1',
      'PROPFIND /shop/a%20b?x=1',
      'GET /shop',
      'GET /shop/',
    ])
    expect((await send(door, 'TRACE', '/shop', as('ada'))).status).toBe(405)
    for (const path of ['/shopping', '/Shop', '/', '/shop%2f']) expect(await get(door, path, as('ada'))).toBe(404)
  })

  it('is asked of nothing by who may not call, and the door says why in problem details', async () => {
    const door = await open(none, { access: { who: 'account', roles: ['admin'] } })
    expect(await send(door, 'GET', '/shop')).toMatchObject({ status: 401, body: { title: 'Not authenticated' } })
    expect(await get(door, '/shop', as('nobody'))).toBe(401)
    expect(await send(door, 'GET', '/shop', as('ada'))).toMatchObject({ status: 403, body: { title: 'Forbidden' } })
    expect(await get(door, '/shop', as('app'))).toBe(403)
    expect(arrived).toEqual([])
    expect(await get(door, '/shop', as('admin'))).toBe(200)
  })

  it('takes API keys where it names a scope, and nowhere else', async () => {
    const scoped = await open(token, { access: { who: 'account', scope: 'shop:read' } })
    expect(await get(scoped, '/shop', { 'x-api-key': key })).toBe(200)
    expect(await get(scoped, '/shop', as('app'))).toBe(403)
    expect(told('authorization')).toEqual(['Bearer ada at the-shop'])
    const unscoped = await open(token)
    expect(await get(unscoped, '/shop', { 'x-api-key': key })).toBe(401)
  })

  it('may let anyone call, and others call less or more', async () => {
    const door = await open(none, {
      rules: [
        { method: 'GET', path: '/shop/catalogue', access: anyone },
        { method: 'DELETE', path: '/shop/items/:id', access: { who: 'account', roles: ['admin'] } },
      ],
    })
    expect(await get(door, '/shop/catalogue')).toBe(200)
    expect((await send(door, 'HEAD', '/shop/catalogue')).status).toBe(200)
    expect((await send(door, 'POST', '/shop/catalogue')).status).toBe(401)
    expect((await send(door, 'DELETE', '/shop/items/7', as('ada'))).status).toBe(403)
    expect((await send(door, 'DELETE', '/shop/items/7', as('admin'))).status).toBe(200)
    expect(await get(door, '/shop/items/7', as('ada'))).toBe(200)
  })

  it('gets no path that could be read as one of another rule', async () => {
    const rules = [{ method: 'DELETE', path: '/shop/items/:id', access: { who: 'account', roles: ['admin'] } as const }]
    const door = await open(none, { access: anyone, rules })
    const remove = async (path: string): Promise<number> => (await send(door, 'DELETE', path)).status
    for (const path of [
      '/shop//items/7',
      '/shop/./items/7',
      '/shop/%69tems/7',
      '/shop/items;x/7',
      '/shop/x/../items/7',
    ]) {
      expect([path, await remove(path)]).toEqual([path, 400])
    }
    expect(await remove('/shop/items/7/')).toBe(404)
    expect(await remove('/shop/Items/7')).toBe(404)
    expect(arrived).toEqual([])
  })

  it('gets no path that leads out of it, whatever it makes of it', async () => {
    const door = await open(none, { access: anyone })
    for (const path of ['/shop/../x', '/shop/%2e%2E/x', '/shop/..%2fx', '/shop/..;/x', '/shop/a#b', '/shop/%zz']) {
      expect([path, await get(door, path)]).toEqual([path, 400])
    }
    expect(arrived).toEqual([])
    expect(await get(door, '/shop/group%2Fproject//x')).toBe(200)
  })
})

describe('what a service of a user’s own is told', () => {
  it('is a token for it alone, where it wants one', async () => {
    const door = await open(token)
    await get(door, '/shop', as('ada'))
    expect(told('authorization')).toEqual(['Bearer ada at the-shop'])
  })

  it('is what its headers are to carry, in a form that no claim can break out of', async () => {
    const door = await open(asHeaders)
    await get(door, '/shop', as('ada'))
    expect([told('x-user'), told('x-shop-roles'), told('x-subject'), told('x-nothing')]).toEqual([
      ['ada'],
      ['user,chef%2C%20cook'],
      [ada.accountId],
      [],
    ])
    expect(told('authorization')).toEqual([])
    arrived.length = 0
    await get(door, '/shop', as('jose'))
    expect([told('x-user'), told('x-shop-roles'), told('x-roles')]).toEqual([
      ['jos%C3%A9%0D%0Ax-roles:%20admin'],
      [''],
      [],
    ])
  })

  it('is nothing, where it wants nothing', async () => {
    const door = await open(none)
    await get(door, '/shop', as('ada'))
    expect([told('authorization'), told('x-user')]).toEqual([[], []])
  })

  it.each([
    ['of another case', { 'X-uSeR': 'admin', 'x-SHOP-roles': 'admin' }],
    ['doubled', { 'x-user': ['admin', 'root'], 'x-shop-roles': ['admin', 'root'] }],
    ['with underscores', { x_user: 'admin', X_Shop_Roles: 'admin', x_forwarded_for: '1.1.1.1', x_api_key: 'admin' }],
    ['named by Connection', { connection: 'x-user, x-shop-roles', 'x-user': 'admin', 'x-shop-roles': 'admin' }],
    ['that override', { 'x-http-method-override': 'admin', 'X-Original-URL': 'admin' }],
  ])('is never what the client says: headers %s', async (_how, headers: Headers) => {
    const door = await open(asHeaders, { access: anyone })
    for (const credential of [{}, as('ada')]) {
      arrived.length = 0
      expect(await get(door, '/shop', { ...headers, ...credential })).toBe(200)
      expect(JSON.stringify(arrived)).not.toMatch(/admin|root|1\.1\.1\.1/)
      expect(told('x-user')).toEqual('authorization' in credential ? ['ada'] : [])
    }
  })

  it('is never a credential of the platform', async () => {
    const rules = [{ method: 'GET', path: '/shop/open', access: anyone }]
    for (const identity of [token, asHeaders, none]) {
      const door = await open(identity, { access: { who: 'account', scope: 'shop:read' }, rules })
      for (const path of ['/shop', '/shop/open']) {
        const cookie = 'a=1; openid_session=secret; __Secure-openid_session.sig=secret;b=2; OpenID_question=secret'
        expect(await get(door, path, { ...as('ada'), cookie, 'X-Access-Token': 'secret' })).toBe(200)
        expect(await get(door, path, { 'x-api-key': key, cookie: 'openid_resume=secret' })).toBe(200)
      }
    }
    expect(JSON.stringify(arrived)).not.toMatch(/platform|secret|kkkk/)
    expect(new Set(told('cookie'))).toEqual(new Set(['a=1; b=2']))
  })

  it('is who calls also where anyone may, unless the token does not count or is not good for this', async () => {
    const door = await open(token, { access: anyone })
    expect(await get(door, '/shop', as('ada'))).toBe(200)
    expect(told('authorization')).toEqual(['Bearer ada at the-shop'])
    arrived.length = 0
    expect([await get(door, '/shop'), await get(door, '/shop', as('app'))]).toEqual([200, 200])
    expect(told('authorization')).toEqual([])
    expect(await get(door, '/shop', as('nobody'))).toBe(401)
    const blind = await open(none, { access: anyone })
    expect(await get(blind, '/shop', as('nobody'))).toBe(200)
  })

  it('is the host of the installation and where the client is', async () => {
    const door = await open(none, { access: anyone })
    await get(door, '/shop', { 'x-forwarded-for': '1.1.1.1', host: 'elsewhere' })
    expect([told('host'), told('x-forwarded-for'), told('x-forwarded-proto')]).toEqual([
      [publicHost],
      ['127.0.0.1'],
      ['http'],
    ])
  })
})

describe('a token of another issuer', () => {
  const bearing = async (token: Promise<string>): Promise<Headers> => ({ authorization: `Bearer ${await token}` })
  const both = ['sallyport', 'partner']

  it('counts where that issuer does, beside those of the platform or alone', async () => {
    const bob = await bearing(partner.tokenWith())
    for (const [issuers, statuses] of [
      [['sallyport'], [200, 401]],
      [both, [200, 200]],
      [['partner'], [401, 200]],
      [['rival'], [401, 401]],
    ] as const) {
      const door = await open(token, {}, issuers)
      expect([await get(door, '/shop', as('ada')), await get(door, '/shop', bob)]).toEqual(statuses)
    }
  })

  it.each([
    ['of another audience', partner.tokenWith({ aud: 'other' })],
    ['that has ended', partner.tokenWith({ exp: 1 })],
    ['signed by another in its name', rival.tokenWith({ iss: 'https://partner.example' })],
    ['without a subject', partner.tokenWith({ sub: '' })],
    ['bound to a key', partner.tokenWith({ cnf: { jkt: 'x' } })],
  ])('does not count %s', async (_which, bearer) => {
    const door = await open(token, {}, both)
    expect(await get(door, '/shop', await bearing(bearer))).toBe(401)
    expect(arrived).toEqual([])
  })

  it('opens what its roles and scopes open, and is nothing like an administrator’s', async () => {
    const chef = await bearing(partner.tokenWith({ roles: ['chef'], scope: 'shop:read', role: 'admin' }))
    const whole = await bearing(partner.tokenWith({ scope: 'impersonate' }))
    const statusFor = async (role: string): Promise<number> =>
      get(await open(token, { access: { who: 'account', roles: [role] } }, both), '/shop', chef)
    expect([await statusFor('partner|chef'), await statusFor('admin')]).toEqual([200, 403])
    const scoped = await open(token, { access: { who: 'account', scope: 'shop:read' } }, both)
    expect([await get(scoped, '/shop', chef), await get(scoped, '/shop', whole)]).toEqual([200, 403])
  })

  it('has roles under the name of its issuer: what others call an administrator is none here', async () => {
    const boss = await bearing(partner.tokenWith({ roles: ['admin', 'chef'] }))
    const identity: OutsideIdentity = { as: 'headers', claims: { 'X-Roles': 'roles' } }
    for (const [role, status] of [
      ['admin', 403],
      ['chef', 403],
      ['rival|admin', 403],
      ['partner|admin', 200],
    ] as const) {
      const door = await open(identity, { access: { who: 'account', roles: [role] } }, both)
      expect([role, await get(door, '/shop', boss)]).toEqual([role, status])
    }
    expect(told('x-roles')).toEqual(['partner|admin,partner|chef'])
  })

  it('tells of its subject under a name that nobody of the platform has', async () => {
    const spoof = await bearing(partner.tokenWith({ sub: ada.accountId, username: 'ada', mail: 'bob@example.org' }))
    const door = await open(
      { as: 'headers', claims: { 'X-User': 'username', 'X-Subject': 'sub', 'X-Mail': 'mail', 'X-Role': 'role' } },
      {},
      both,
    )
    expect(await get(door, '/shop', spoof)).toBe(200)
    expect([told('x-user'), told('x-mail'), told('x-role')]).toEqual([
      [`partner|${ada.accountId}`],
      ['bob@example.org'],
      ['user'],
    ])
    expect(told('x-subject')).not.toEqual([ada.accountId])
  })
})

describe('a body for a service of a user’s own', () => {
  it('may come in chunks, and is counted', async () => {
    const door = await open(none)
    expect((await send(door, 'POST', '/shop', as('ada'), ['a'.repeat(600), 'b'.repeat(400)])).status).toBe(200)
    expect(arrived[0]?.body).toBe('a'.repeat(600) + 'b'.repeat(400))
    expect((await send(door, 'POST', '/shop', as('ada'), ['a'.repeat(600), 'b'.repeat(401)])).status).toBe(413)
    const declared = { ...as('ada'), 'content-length': '1001' }
    expect((await send(door, 'POST', '/shop', declared, ['c'.repeat(1001)])).status).toBe(413)
    expect(arrived.some(({ body }) => body.includes('c'))).toBe(false)
  })
})

describe('calls of a service of a user’s own', () => {
  it('are counted by key and by account, and nobody hears of one too many but its sender', async () => {
    const door = await open(token, {
      access: { who: 'account', scope: 'shop:read' },
      quotas: [quota('shop.account', 'account', '2/day'), quota('shop.key', 'key', '1/day')],
    })
    expect([await get(door, '/shop', { 'x-api-key': key }), await get(door, '/shop/x', { 'x-api-key': key })]).toEqual([
      200, 429,
    ])
    expect([await get(door, '/shop', as('ada')), await get(door, '/shop', as('ada'))]).toEqual([200, 429])
    expect(arrived).toHaveLength(2)
  })
})

describe('a WebSocket to a service of a user’s own', () => {
  async function talk(door: string, headers: Record<string, string>): Promise<WebSocket | number> {
    const client = new WebSocket(`${door.replace('http', 'ws')}/shop/live`, { headers })
    const { promise, resolve } = Promise.withResolvers<WebSocket | number>()
    client.on('error', () => undefined)
    client.once('open', () => resolve(client))
    client.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    return promise
  }
  const bearer = (name: string): Record<string, string> => ({ authorization: `Bearer platform-${name}` })

  it('is opened where it is wanted, for who may, with a token in the place of the platform’s', async () => {
    const door = await open(token, { upgrade: 'websocket' })
    expect(await talk(door, {})).toBe(401)
    const client = await talk(door, bearer('ada'))
    if (typeof client === 'number') throw new TypeError(`refused with ${client}`)
    const answer = new Promise((resolve) => client.once('message', (data: Buffer) => resolve(data.toString())))
    client.send('hello')
    expect(await answer).toBe('hello')
    expect(told('authorization')).toEqual(['Bearer ada at the-shop'])
    client.terminate()
  })

  it('ends when the platform’s token does, of which the service knows nothing', async () => {
    const door = await open(none, { upgrade: 'websocket', access: anyone })
    const client = await talk(door, bearer('ada'))
    if (typeof client === 'number') throw new TypeError(`refused with ${client}`)
    const closed = new Promise<boolean>((resolve) => client.once('close', () => resolve(true)))
    ended.add('ada')
    expect(await closed).toBe(true)
  })

  it('is a request like any other where it is not wanted', async () => {
    const door = await open(none)
    const connection = await rawConnection(door)
    connection.socket.write(
      'GET /shop HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer platform-ada\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    await connection.until(/HTTP\/1\.1 200 /)
    connection.socket.destroy()
    expect(told('upgrade')).toEqual([])
  })
})
