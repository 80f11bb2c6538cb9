import { type ChildProcess, spawn } from 'node:child_process'
import { createServer as createHttpServer, type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { newName, password, post, signIn, text } from '../program/requests.ts'
import { makeInstallation } from '../support/installation.ts'
import { freePort } from '../support/free-port.ts'
import { launch, type Program, startProgram } from '../support/program.ts'

const here = new URL('.', import.meta.url)
const documented = await readFile(new URL('sallyport.config.ts', here), 'utf8')
const adminPassword = 'Front-Door-8180!'

/** Passes everything on to a port, and remembers every byte that went there. */
interface Recorder {
  readonly port: number
  readonly seen: () => string
  forget(): void
}
const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  return address.port
}

async function recorderOf(port: number): Promise<Recorder> {
  let seen = ''
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const service = connect({ host: '127.0.0.1', port })
    for (const socket of [client, service]) sockets.add(socket.on('error', () => socket.destroy()))
    client.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')))
    client.pipe(service).pipe(client)
    service.once('close', () => client.destroy())
  })
  closing.push(() => sockets.forEach((socket) => socket.destroy()))
  return { port: await listen(server), seen: () => seen, forget: () => void (seen = '') }
}

/** One process of the shop. */
function startShop(port: number, door: string): ChildProcess {
  const shop = spawn(process.execPath, [new URL('shop.ts', here).pathname], {
    env: { ...process.env, PORT: String(port), SALLYPORT: door },
    stdio: 'ignore',
  })
  closing.push(() => shop.kill('SIGKILL'))
  return shop
}

let directory: string
let program: Program
let door: string
let shops: ChildProcess[]
let ports: number[]
let recorders: Recorder[]
/** What reached the program that believes headers. */
const reported: IncomingHttpHeaders[] = []
const reports = createHttpServer((request, response) => {
  reported.push(request.headers)
  response.end('report')
})
const live = createHttpServer()
const sockets = new WebSocketServer({ server: live })
const greetings: string[] = []
sockets.on('connection', (socket, { rawHeaders }) => {
  greetings.push(rawHeaders.join('\n'))
  socket.on('message', (data) => socket.send(data))
})

/** An issuer besides, and its keys. */
const partner = await generateKeyPair('ES256')
const partnerKey = { ...(await exportJWK(partner.publicKey)), kid: 'p' }
const keysOfPartner = createHttpServer((_request, response) => response.end(JSON.stringify({ keys: [partnerKey] })))

let ada: string
let admin: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-own-'))
  ports = [await freePort(), await freePort()]
  recorders = await Promise.all(ports.map(recorderOf))
  const places = [...recorders.map(({ port }) => port), await listen(reports)]
  closing.push(() => sockets.clients.forEach((client) => client.terminate()))
  const more = `live: { prefix: '/live', targets: ['http://127.0.0.1:${await listen(live)}'], webSockets: true },
    tight: { prefix: '/tight', targets: ['http://127.0.0.1:${places[0]}'], access: 'anyone',
      limits: { perAddress: '2/day' } },`
  const issuer = await listen(keysOfPartner)
  const config = documented
    .replace(
      'services: {',
      (found) => `issuers: { partner: { issuer: 'https://partner.example', audience: 'partners',
        jwksUrl: 'http://127.0.0.1:${issuer}/jwks', algorithms: ['ES256'] } },
        ${found}
        partners: { prefix: '/partners', targets: ['http://127.0.0.1:${places[2]}'], issuers: ['partner'],
          identity: 'headers', headers: { 'X-User': 'username' } },`,
    )
    .replace('services: {', (found) => `${found}\n    ${more}`)
    .replaceAll(/127\.0\.0\.1:300(\d)/g, (_, place) => `127.0.0.1:${places[Number(place)]}`)
  const file = join(directory, 'sallyport.config.ts')
  await writeFile(file, config)
  const dataDirectory = await makeInstallation()
  closing.push(
    () => rm(directory, { recursive: true }),
    () => rm(dataDirectory, { recursive: true, force: true }),
  )
  program = await startProgram(dataDirectory, { SALLYPORT_CONFIG: file, SALLYPORT_ADMIN_PASSWORD: adminPassword })
  closing.push(() => program.stop())
  door = program.addresses.public
  const publicUrl = door.replace('127.0.0.1', 'localhost')
  shops = ports.map((port) => startShop(port, publicUrl))
  const username = newName()
  await post(`${door}/api/auth/accounts`, { username, email: `${username}@example.org`, password })
  ada = await signIn(door, username)
  admin = await signIn(door, 'admin', adminPassword)
  while ((await stateOf('shop')) !== 'ready') await sleep(100)
})
beforeEach(() => {
  for (const recorder of recorders) recorder.forget()
  reported.length = 0
})

async function stateOf(service: string): Promise<unknown> {
  const answer: unknown = await (await fetch(`${door}/health/ready`)).json()
  return Reflect.get(Object(Reflect.get(Object(answer), 'parts')), service)
}
const as = (token: string): { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${token}` } })
async function ask(path: string, options: RequestInit = {}): Promise<[number, string]> {
  const reply = await fetch(`${door}${path}`, options)
  return [reply.status, await reply.text()]
}
const seen = (): string => recorders.map((recorder) => recorder.seen()).join('')
const bearersSeen = (): string[] =>
  [...seen().matchAll(/^authorization: Bearer (\S+)/gim)].map(([, token = '']) => token)

async function newKey(scopes: readonly string[]): Promise<string> {
  return text(await post(`${door}/v1/account/api-keys`, { name: 'script', scopes }, ada), 'key')
}

it('the documented example is this one', async () => {
  const page = await readFile(new URL('../../docs/own-services.md', here), 'utf8')
  const blocks = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block)
  expect(blocks).toContain(documented)
  expect(blocks).toContain(await readFile(new URL('shop.ts', here), 'utf8'))
})

/** What a browser has that was sent to sign in. */
async function cookiesOfTheSignInPage(): Promise<string[]> {
  const cookies: string[] = []
  let place = `${door}/oidc/account`
  for (let step = 0; step < 5; step += 1) {
    const page = await fetch(place, { redirect: 'manual', headers: { cookie: cookies.join('; ') } })
    await page.arrayBuffer()
    cookies.push(...page.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? ''))
    const next = page.headers.get('location')
    if (next === null) break
    place = new URL(next, place).href
  }
  return cookies
}

describe('the shop of the example', () => {
  it('is told by a token of its own who is calling, and verifies it', async () => {
    const [status, said] = await ask('/shop/anything?x=1', as(ada))
    expect([status, said]).toEqual([
      200,
      expect.stringMatching(/^shop \d+: GET \/shop\/anything\?x=1 for player_\S+ \(user\)\n$/),
    ])
    const [bearer = ''] = bearersSeen()
    const issuer = `${door.replace('127.0.0.1', 'localhost')}/gateway`
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(bearer, keys, { issuer, audience: 'shop' })
    expect(payload).toMatchObject({ sub: decodeJwt(ada).sub, sid: decodeJwt(ada)['sid'], roles: ['user'] })
    await expect(jwtVerify(bearer, keys, { issuer, audience: 'reports' })).rejects.toThrow('unexpected "aud"')
    // Nor do the platform's own services take it.
    expect((await ask('/api/auth/userinfo', as(bearer)))[0]).toBe(401)
    expect((await ask('/v1/wallet/balances', as(bearer)))[0]).toBe(401)
    expect((await ask('/shop/anything', as(bearer)))[0]).toBe(401)
  })

  it('answers whom its config lets in, and nobody else', async () => {
    const statuses = async (options: RequestInit): Promise<number[]> =>
      Promise.all(['/shop', '/shop/catalogue', '/shop/orders'].map(async (path) => (await ask(path, options))[0]))
    expect(await statuses({})).toEqual([401, 200, 401])
    expect(await statuses(as('nonsense'))).toEqual([401, 401, 401])
    expect(await statuses(as(ada))).toEqual([200, 200, 200])
    expect((await ask('/shop/orders/7', { method: 'DELETE', ...as(ada) }))[0]).toBe(403)
    expect((await ask('/shop/orders/7', { method: 'DELETE', ...as(admin) }))[0]).toBe(200)
    expect((await ask('/shop/orders/7/', { method: 'DELETE', ...as(ada) }))[0]).toBe(404)
  })

  it('takes an API key with its scope where it names it', async () => {
    const key = await newKey(['shop:read'])
    expect(await ask('/shop/orders', { headers: { 'x-api-key': key } })).toEqual([
      200,
      expect.stringMatching(/for player_\S+ \(user\)\n$/),
    ])
    expect(decodeJwt(bearersSeen()[0] ?? '')).toMatchObject({ scope: 'shop:read', aud: 'shop' })
    expect((await ask('/shop', { headers: { 'x-api-key': key } }))[0]).toBe(401)
    const other = await newKey(['wallet:read'])
    expect((await ask('/shop/orders', { headers: { 'x-api-key': other } }))[0]).toBe(403)
    expect((await ask('/v1/wallet/balances', { headers: { 'x-api-key': key } }))[0]).toBe(403)
  })

  it('never sees a token, a key or a cookie of the platform', async () => {
    // The cookies that the OpenID provider sets, as it sets them.
    const cookies = await cookiesOfTheSignInPage()
    expect(cookies.length).toBeGreaterThan(1)
    const values = cookies.map((cookie) => cookie.slice(cookie.indexOf('=') + 1))
    const key = await newKey(['shop:read'])
    const cookie = ['theme=dark', ...cookies, 'basket=7'].join('; ')
    for (const path of ['/shop', '/shop/catalogue', '/shop/orders']) {
      expect((await ask(path, { headers: { ...as(ada).headers, cookie, 'x-access-token': ada } }))[0]).toBe(200)
    }
    for (const path of ['/shop/catalogue', '/shop/orders']) {
      expect((await ask(path, { headers: { 'x-api-key': key, cookie } }))[0]).toBe(200)
    }
    expect(seen()).toContain('theme=dark; basket=7')
    expect(bearersSeen()).toHaveLength(4)
    for (const secret of [ada, ada.split('.')[2] ?? ada, key, ...values]) expect(seen()).not.toContain(secret)
    for (const name of cookies.map((one) => one.split('=')[0] ?? '')) expect(seen()).not.toContain(name)
  })

  it('gets a body in chunks up to its limit, and 413 is said beyond', async () => {
    const upload = async (bytes: number): Promise<number> => {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const headers = { ...as(ada).headers, 'transfer-encoding': 'chunked' }
      const sending = httpRequest(`${door}/shop/upload`, { method: 'POST', headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0))
      })
      sending.once('error', reject)
      for (let sent = 0; sent < bytes; sent += 1000) sending.write('x'.repeat(1000))
      sending.end()
      return promise
    }
    expect([await upload(10_000), await upload(11_000)]).toEqual([200, 413])
  })

  it('is two processes that are called in turn; one is enough, and the health of both is told', async () => {
    const whoAnswers = async (): Promise<string> => /shop (\d+)/.exec((await ask('/shop', as(ada)))[1])?.[1] ?? ''
    const answers = [await whoAnswers(), await whoAnswers(), await whoAnswers(), await whoAnswers()]
    expect(answers.toSorted()).toEqual([ports[0], ports[0], ports[1], ports[1]].map(String).toSorted())
    const ended = new Promise((resolve) => shops[1]?.once('exit', resolve))
    shops[1]?.kill('SIGKILL')
    await ended
    for (let call = 0; call < 4; call += 1) expect(await whoAnswers()).toBe(String(ports[0]))
    await expect.poll(() => stateOf('shop')).toBe('degraded: shop.2 not reached')
    // The installation itself is well.
    expect((await fetch(`${door}/health/ready`)).status).toBe(200)
  })
})

it('the program that believes headers gets those of the gateway alone', async () => {
  const forged = { 'X-User': 'root', x_user: 'root', 'x-roles': 'root', X_Roles: 'root' }
  expect((await ask('/reports', { headers: { ...forged, ...as(ada).headers } }))[0]).toBe(403)
  expect(reported).toEqual([])
  expect((await ask('/reports', { headers: { ...forged, ...as(admin).headers } }))[0]).toBe(200)
  expect(reported[0]).toMatchObject({ 'x-user': 'admin', 'x-roles': expect.stringContaining('superadmin') })
  expect(JSON.stringify(reported)).not.toMatch(/root|x_user|x_roles|authorization/i)
})

it('a token of another issuer counts where the config says so', async () => {
  const token = await new SignJWT({ iss: 'https://partner.example', aud: 'partners', sub: 'bob' })
    .setProtectedHeader({ alg: 'ES256', kid: 'p' })
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(partner.privateKey)
  expect([await ask('/partners/x', as(token)), (await ask('/shop', as(token)))[0]]).toEqual([[200, 'report'], 401])
  expect(reported[0]).toMatchObject({ 'x-user': 'partner|bob' })
  expect((await ask('/partners/x', as(ada)))[0]).toBe(401)
})

it('whoever has called as often as the config allows is told when to come again', async () => {
  const first = await fetch(`${door}/tight/x`)
  expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, '"tight.address/day";q=2;w=86400'])
  expect((await fetch(`${door}/tight`)).status).toBe(200)
  recorders[0]?.forget()
  const over = await fetch(`${door}/tight/y`, as(ada))
  expect([over.status, Number(over.headers.get('retry-after')) > 0]).toEqual([429, true])
  expect(seen()).not.toContain('/tight')
})

it('a WebSocket goes the same way', async () => {
  const url = `${door.replace('http', 'ws')}/live/room`
  const { promise: refused, resolve } = Promise.withResolvers<number>()
  const stranger = new WebSocket(url)
  stranger.once('error', () => undefined)
  stranger.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  expect(await refused).toBe(401)
  const client = new WebSocket(url, as(ada))
  const answer = new Promise((done) => client.once('message', (data: Buffer) => done(data.toString())))
  client.once('open', () => client.send('hello'))
  expect(await answer).toBe('hello')
  client.terminate()
  expect(greetings[0]).not.toContain(ada)
  expect(decodeJwt(/^Bearer (.*)$/m.exec(greetings[0] ?? '')?.[1] ?? '')).toMatchObject({ aud: 'live' })
})

it('the program says at its start what is behind its doors', () => {
  expect(program.output()).toContain('Services of your own:')
  expect(program.output()).toMatch(
    /shop {2,}\/shop at the public door → http:\/\/127\.0\.0\.1:\d+, http:\/\/127\.0\.0\.1:\d+\n/,
  )
})

describe('a mistake in the file', () => {
  it('ends the program before it has done anything, and is named', async () => {
    const file = join(directory, 'wrong.config.ts')
    await writeFile(file, documented.replace('127.0.0.1:3001', '127.0.0.1:3001/shop').replace('prefix', 'perfix'))
    const wanted = [
      'services.shop.perfix: there is no such field; did you mean prefix?',
      'services.shop.prefix: is missing',
      'services.shop.targets[1]: must have no path: the service gets the path that the client asked for',
    ].map((mistake) => `${file}: ${mistake}`)
    for (const command of ['start', 'check-config']) {
      const launched = launch([command], { SALLYPORT_CONFIG: file, SALLYPORT_DATA: join(directory, 'never') })
      expect(await launched.ended()).toBe(1)
      expect(launched.output()).toBe(`sallyport: ${wanted.join('\n')}\n`)
    }
    await expect(readFile(join(directory, 'never'))).rejects.toThrow('ENOENT')
  })

  it('such as an unfinished line is told with its line, and no stack', async () => {
    const file = join(directory, 'unfinished.config.ts')
    await writeFile(file, documented.slice(0, 400))
    const launched = launch(['check-config'], { SALLYPORT_CONFIG: file })
    expect(await launched.ended()).toBe(1)
    expect(launched.output()).toMatch(/^sallyport: \S+unfinished\.config\.ts: line \d+: .+\n$/)
  })

  it('is not in the example', async () => {
    const launched = launch(['check-config'], { SALLYPORT_CONFIG: new URL('sallyport.config.ts', here).pathname })
    expect(await launched.ended()).toBe(0)
    expect(launched.output()).toContain('sallyport.config.ts: ok\n  shop     /shop at the public door')
  })
})
