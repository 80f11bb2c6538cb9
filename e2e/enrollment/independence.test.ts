import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader, importPKCS8, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startMigratedParts } from '../support/installation.ts'
import { administratorPassword, type Parts } from '../support/parts.ts'
import { msUntilRefused } from '../support/places.ts'

/*
 * Identity, enrollment and the gateway, each a process of its own: what one does while another is away, and which tokens
 * open what.
 */

const password = 'correct horse'
let parts: Parts
let door: string
let ada: Tokens

interface Tokens {
  readonly access: string
  readonly refresh: string
}

beforeAll(async () => {
  // A gateway that is started again is to be where it was.
  const settings = {
    SALLYPORT_PUBLIC_PORT: String(await freePort()),
    SALLYPORT_ADMIN_PORT: String(await freePort()),
  }
  parts = await startMigratedParts(['identity', 'enrollment'], { settings })
  door = parts.door
  await register('ada')
  ada = await logIn('ada')
})

afterAll(() => parts.stop())

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const type = { 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) })
}

async function register(username: string): Promise<void> {
  const reply = await post(`${door}/api/users`, { username, password, roles: ['student'] })
  expect([reply.status, await reply.text()]).toEqual([201, expect.any(String)])
}

async function logIn(username: string): Promise<Tokens> {
  const reply = await post(`${door}/api/login`, { username, password })
  expect(reply.status).toBe(200)
  const { access_token: access, refresh_token: refresh }: Record<string, unknown> = Object(await reply.json())
  return { access: String(access), refresh: String(refresh) }
}

/** A token of identity itself, as the market has them. */
async function accountToken(username: string, secret = password): Promise<string> {
  const body = new URLSearchParams({ username, password: secret })
  const reply = await fetch(`${door}/api/auth/token`, { method: 'POST', body })
  return String(Reflect.get(Object(await reply.json()), 'access_token'))
}

async function status(url: string, token?: string): Promise<number> {
  const reply = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  await reply.arrayBuffer()
  return reply.status
}

/** Where enrollment is asked: through the door, and at its own port. */
const sections = (): string[] => [door, parts.urlOf('enrollment')].map((at) => `${at}/api/sections`)
const statuses = (token?: string): Promise<number[]> => Promise.all(sections().map((url) => status(url, token)))

describe('T-4 the tokens of a login', () => {
  it('E-25 E-47 open enrollment alone, at the door and at its own port; a refresh token opens nothing', async () => {
    // A part that has just started answers 503 until it was told what is revoked.
    await expect.poll(() => statuses(ada.access)).toEqual([200, 200])
    expect(await statuses(ada.refresh)).toEqual([403, 403])
    expect(await statuses()).toEqual([401, 401])
    for (const at of [door, parts.urlOf('identity')]) {
      for (const token of [ada.access, ada.refresh])
        expect(await status(`${at}/api/auth/userinfo`, token), at).toBe(401)
    }
  })

  it('E-23 stand beside those of identity, which open enrollment too', async () => {
    expect(await statuses(await accountToken('ada'))).toEqual([200, 200])
    // Without a role of the enrollment system.
    expect(await statuses(await accountToken('admin', administratorPassword))).toEqual([403, 403])
  })

  it('E-37 count only as the gateway has signed them', async () => {
    const [head = '', payload = '', signature = ''] = ada.access.split('.')
    const claims = decodeJwt(ada.access)
    const header = decodeProtectedHeader(ada.access)
    const keys = JSON.parse(await readFile(join(parts.dataDirectory, 'gateway-keys', 'private.json'), 'utf8')).keys
    const key = createPrivateKey({ key: keys[0], format: 'jwk' })
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
    const signed = (more: object, fields: object = {}, by: KeyObject = key): string => {
      const input = `${encode({ ...header, ...fields })}.${encode({ ...claims, ...more })}`
      return `${input}.${sign('sha256', Buffer.from(input), by).toString('base64url')}`
    }
    const hmacInput = `${encode({ ...header, alg: 'HS256' })}.${payload}`
    const spki = createPublicKey(key).export({ type: 'spki', format: 'pem' })
    const now = Math.floor(Date.now() / 1000)
    for (const [what, token] of [
      ['expired', signed({ exp: now - 2 })],
      ['not begun', signed({ nbf: now + 600 })],
      ['altered', `${head}.${encode({ ...claims, roles: ['registrar'] })}.${signature}`],
      ['alg none', `${encode({ ...header, alg: 'none' })}.${payload}.`],
      ['HS256 by the public key', `${hmacInput}.${createHmac('sha256', spki).update(hmacInput).digest('base64url')}`],
      ['another key', signed({}, {}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
      ['an unknown key id', signed({}, { kid: 'nobody' })],
      ['another issuer', signed({ iss: 'http://sallyport.test' })],
      ['another audience', signed({ aud: 'sallyport' })],
      ['no end', signed({ exp: undefined })],
    ] as const) {
      expect(await statuses(token), what).toEqual([401, 401])
    }
    for (const url of sections()) {
      expect(await status(`${url}?access_token=${ada.access}`)).toBe(401)
      expect((await fetch(url, { headers: { cookie: `access_token=${ada.access}` } })).status).toBe(401)
    }
    expect(await statuses(signed({ jti: 'another' }))).toEqual([200, 200])
  })

  it('E-23 are signed for the gateway alone: whoever reaches identity’s own port gets no claims', async () => {
    for (const headers of [{}, { 'x-gateway-credential': ada.access }]) {
      const reply = await post(`${parts.urlOf('identity')}/api/login`, { username: 'ada', password }, headers)
      expect([reply.status, await reply.text()]).toEqual([401, expect.not.stringContaining('access_token')])
    }
    const forged = await post(`${door}/api/login`, { username: 'ada', password }, { 'x-gateway-credential': 'forged' })
    expect(forged.status).toBe(200)
  })
})

it('E-9 identity refuses enrollment, which hears from the gateway', async () => {
  const path = join(parts.dataDirectory, 'service-keys', 'enrollment.pem')
  const key = await importPKCS8(await readFile(path, 'utf8'), 'EdDSA')
  const as = (audience: string): Promise<string> =>
    new SignJWT({ scope: 'internal' })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'enrollment' })
      .setIssuer('enrollment')
      .setSubject('enrollment')
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('60s')
      .sign(key)
  for (const what of ['keys', 'revocations?after=0']) {
    expect(await status(`${parts.urlOf('identity')}/internal/identity/${what}`, await as('identity'))).toBe(403)
    expect(await status(`${parts.urlOf('gateway')}/internal/gateway/${what}`, await as('gateway'))).toBe(200)
    expect(await status(`${door}/internal/gateway/${what}`, await as('gateway'))).toBe(404)
  }
})

describe('T-12', () => {
  /** Ended while everything runs; it has to stay so. */
  let ended: string

  // A machine that does other things may hold it up once; what is late by itself is late every time.
  it('E-47 what was revoked meets 401 at enrollment within a second', { retry: 2 }, async () => {
    ended = await accountToken('ada')
    expect(await statuses(ended)).toEqual([200, 200])
    await fetch(`${door}/api/auth/logout`, { method: 'POST', headers: { authorization: `Bearer ${ended}` } })
    await Promise.all(sections().map((url) => msUntilRefused(url, () => status(url, ended), 1000)))
    expect(await statuses(ended)).toEqual([401, 401])
  })

  it('E-10 enrollment down: register and login work', async () => {
    await parts.end('enrollment', 'SIGKILL')
    await register('grace')
    await logIn('grace')
    expect(await status(`${door}/api/sections`, ada.access)).toBe(503)
    await parts.serve('enrollment')
    await expect.poll(() => statuses(ada.access)).toEqual([200, 200])
  })

  it('E-10 the gateway down: enrollment works at its own port', async () => {
    await parts.end('gateway', 'SIGKILL')
    expect(await status(`${parts.urlOf('enrollment')}/api/sections`, ada.access)).toBe(200)
    await parts.serve('gateway')
    await expect.poll(() => statuses(ada.access)).toEqual([200, 200])
  })

  it('E-10 E-44 E-47 identity down: enrollment works, also when it is restarted, and the gateway too', async () => {
    const account = await accountToken('ada')
    await parts.end('identity', 'SIGKILL')
    const expectToWork = async (): Promise<void> => {
      await expect.poll(() => statuses(ada.access)).toEqual([200, 200])
      await expect.poll(() => statuses(account)).toEqual([200, 200])
      expect(await statuses(ended)).toEqual([401, 401])
      expect((await post(`${door}/api/login`, { username: 'ada', password })).status).toBe(503)
    }
    await expectToWork()
    await parts.end('enrollment', 'SIGTERM')
    await parts.serve('enrollment')
    await expectToWork()
    await parts.end('gateway', 'SIGTERM')
    await parts.end('enrollment', 'SIGKILL')
    // In this order enrollment knows nothing until the gateway is there.
    await parts.serve('enrollment')
    expect(await status(`${parts.urlOf('enrollment')}/api/sections`, ada.access)).toBe(503)
    await parts.serve('gateway')
    await expectToWork()

    await parts.serve('identity')
    await expect.poll(async () => (await post(`${door}/api/login`, { username: 'ada', password })).status).toBe(200)
    expect(await statuses(ended)).toEqual([401, 401])
  })
})
