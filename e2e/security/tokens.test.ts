import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import {
  call,
  callPath,
  expectHarmless,
  expectRawHarmless,
  invalidToken,
  listOf,
  notAuthenticated,
  objectOf,
  outcome,
  sendRaw,
  statusOf,
} from '../support/http.ts'
import { adminToken, decodeToken, newToken, type Player, registerPlayer } from '../support/people.ts'

let ada: Player
let bob: Player
let jwk: Record<string, unknown>
let publicKey: KeyObject
let publicPem: string

beforeAll(async () => {
  ;[ada, bob] = await Promise.all([registerPlayer(), registerPlayer()])
  const { kid } = decodeToken(ada.token).header
  const keys = listOf(objectOf((await callPath('public', 'GET', '/.well-known/jwks.json')).body)['keys'])
  jwk = keys.find((key) => key['kid'] === kid) ?? {}
  publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  publicPem = publicKey.export({ type: 'spki', format: 'pem' })
})

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
const unsigned = (header: unknown, claims: unknown): string => `${encode(header)}.${encode(claims)}`
const signRsa = (input: string, key: KeyObject): string =>
  `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
const signHmac = (input: string, key: string | Buffer, hash = 'sha256'): string =>
  `${input}.${createHmac(hash, key).update(input).digest('base64url')}`

/** The places that a token opens, one in each service and on each door. */
async function expectRefusedEverywhere(token: string, what: string): Promise<void> {
  for (const [door, path] of [
    ['public', '/auth/userinfo'],
    ['public', '/distro/user/gacha/all'],
    ['public', `/tux-management/balances/${ada.uid}`],
    ['admin', '/auth/accounts'],
    ['admin', '/distro/gacha/all'],
    ['admin', `/tux-management/transactions/${ada.uid}`],
  ] as const) {
    const answer = await call(door, 'GET', path, { token })
    expect(outcome(answer), `${what}: ${path}`).toStrictEqual(invalidToken)
    expectHarmless(answer)
  }
}

describe('the published keys', () => {
  it('§3 hold no private member', async () => {
    const answer = await callPath('public', 'GET', '/.well-known/jwks.json')
    expect(answer.status).toBe(200)
    const keys = listOf(objectOf(answer.body)['keys'])
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toMatchObject({ kid: expect.any(String), kty: expect.any(String) })
      const privateMembers = Object.keys(key).filter((name) =>
        ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].includes(name),
      )
      expect(privateMembers).toStrictEqual([])
    }
    expect(jwk).toMatchObject({ kty: 'RSA' })
    expect(Buffer.from(String(jwk['n']), 'base64url').byteLength).toBeGreaterThanOrEqual(256)
  })
})

describe('a forged token', () => {
  it('§2 with other claims under the old signature is refused', async () => {
    const [header = '', , signature = ''] = ada.token.split('.')
    const { claims } = decodeToken(ada.token)
    for (const change of [
      { role: 'admin' },
      { sub: bob.uid },
      { exp: 4102444800 },
      { roles: ['superadmin'], role: 'admin' },
    ]) {
      await expectRefusedEverywhere(
        `${header}.${encode({ ...claims, ...change })}.${signature}`,
        JSON.stringify(change),
      )
    }
  })

  it('§2 with another signature is refused', async () => {
    const [header = '', claims = '', signature = ''] = ada.token.split('.')
    const flipped = Buffer.from(signature, 'base64url')
    flipped[100] = (flipped[100] ?? 0) ^ 1
    const [, , ofBob = ''] = bob.token.split('.')
    for (const [what, other] of [
      ['one bit flipped', flipped.toString('base64url')],
      ['cut', signature.slice(0, -8)],
      ['longer', `${signature}AAAA`],
      ['empty', ''],
      ["another token's", ofBob],
      ['zeros', Buffer.alloc(256).toString('base64url')],
    ] as const) {
      await expectRefusedEverywhere(`${header}.${claims}.${other}`, what)
    }
  })

  it('§2 without an algorithm is refused', async () => {
    const { header, claims } = decodeToken(await adminToken())
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null]) {
      const input = unsigned({ ...header, alg }, claims)
      for (const token of [`${input}.`, input, `${input}.${Buffer.alloc(256).toString('base64url')}`]) {
        await expectRefusedEverywhere(token, `alg ${alg}`)
      }
    }
  })

  it('§2 signed by HMAC with the public key as the secret is refused', async () => {
    const { header, claims } = decodeToken(await adminToken())
    for (const [alg, hash] of [
      ['HS256', 'sha256'],
      ['HS512', 'sha512'],
      ['RS256', 'sha256'],
    ] as const) {
      for (const key of [
        publicPem,
        publicPem.trim(),
        publicKey.export({ type: 'pkcs1', format: 'pem' }),
        publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(jwk),
        String(jwk['n']),
        Buffer.from(String(jwk['n']), 'base64url'),
      ]) {
        await expectRefusedEverywhere(
          signHmac(unsigned({ ...header, alg }, claims), key, hash),
          `${alg} with the public key`,
        )
      }
    }
  })

  it('§2 signed with another key is refused, under the known kid, an unknown one, or none', async () => {
    const { header, claims } = decodeToken(await adminToken())
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const otherJwk = other.publicKey.export({ format: 'jwk' })
    const { kid: _, ...withoutKid } = header
    for (const forged of [
      header,
      { ...header, kid: 'unknown' },
      { ...header, kid: '' },
      { ...header, kid: '../../../../dev/null' },
      { ...header, kid: "x' OR '1'='1" },
      { ...header, kid: 5 },
      { ...header, kid: ['a'] },
      { ...header, kid: 'a'.repeat(5000) },
      { ...header, kid: '__proto__' },
      withoutKid,
      { ...header, jwk: otherJwk },
      { ...withoutKid, jwk: otherJwk },
      { ...header, jku: 'http://127.0.0.1:1/jwks.json' },
      { ...header, x5u: 'http://127.0.0.1:1/key.pem' },
    ]) {
      await expectRefusedEverywhere(
        signRsa(unsigned(forged, claims), other.privateKey),
        JSON.stringify(forged).slice(0, 200),
      )
    }
  })

  it('§2 that is no JWT at all is refused', async () => {
    const { header } = decodeToken(ada.token)
    const [, claims = '', signature = ''] = ada.token.split('.')
    for (const token of [
      '.',
      '..',
      '...',
      `${encode(header)}.${claims}`,
      `${ada.token}.`,
      `.${ada.token}`,
      `${encode([])}.${claims}.${signature}`,
      `${encode(null)}.${claims}.${signature}`,
      `${encode('RS256')}.${claims}.${signature}`,
      `${Buffer.from('{').toString('base64url')}.${claims}.${signature}`,
      `${encode(header)}.${encode(null)}.${signature}`,
      ada.token.replaceAll('.', ' '),
      ada.token.replaceAll('.', '%2E'),
      `${'A'.repeat(6000)}.B.C`,
      `${encode({ ...header, crit: ['exp'] })}.${claims}.${signature}`,
    ]) {
      await expectRefusedEverywhere(token, token.slice(0, 60))
    }
  })
})

describe('a token in another place', () => {
  it.each(['token', 'access_token', 'authorization', 'bearer', 'jwt'])(
    '§2 is not heeded as %s in the query',
    async (name) => {
      const answer = await call('public', 'GET', `/auth/userinfo?${name}=${ada.token}`)
      expect(outcome(answer)).toStrictEqual(notAuthenticated)
    },
  )

  it('§2 is not heeded in a cookie or in other headers', async () => {
    for (const headers of [
      { cookie: `token=${ada.token}; access_token=${ada.token}; session=${ada.token}` },
      { cookie: `Authorization=Bearer ${ada.token}` },
      { 'x-access-token': ada.token },
      { 'x-authorization': `Bearer ${ada.token}` },
      { 'proxy-authorization': `Bearer ${ada.token}` },
      { 'x-api-key': ada.token },
    ]) {
      expect(outcome(await call('public', 'GET', '/auth/userinfo', { headers }))).toStrictEqual(notAuthenticated)
    }
  })

  it('§2 is not heeded in the body', async () => {
    const json = { amount: 1, user_id: ada.uid, access_token: ada.token, token: ada.token }
    expect(outcome(await call('public', 'POST', '/tux-management/buy', { json }))).toStrictEqual(notAuthenticated)
  })

  it.each(['bearer', 'BEARER', 'BeArEr'])('§2 is good under the scheme %s', async (scheme) => {
    const headers = { authorization: `${scheme} ${ada.token}` }
    expect((await call('public', 'GET', '/auth/userinfo', { headers })).body).toMatchObject({ uid: ada.uid })
  })

  it('§2 sent twice is refused with 400, whatever the two say', async () => {
    const { host } = new URL(inject('sallyportAddresses').public)
    const admin = await adminToken()
    for (const [first, second] of [
      [`Bearer ${ada.token}`, `Bearer ${admin}`],
      [`Bearer ${admin}`, `Bearer ${ada.token}`],
      [`Bearer ${ada.token}`, `Bearer ${ada.token}`],
      ['Basic YWRhOnB3', `Bearer ${ada.token}`],
    ]) {
      const answer = await sendRaw('public', [
        'GET /api/auth/userinfo HTTP/1.1',
        `Host: ${host}`,
        `Authorization: ${first}`,
        `authorization: ${second}`,
        'Connection: close',
        '',
        '',
      ])
      expectRawHarmless(answer)
      expect(statusOf(answer)).toBe(400)
    }
  })

  it('§2 two in one header are refused', async () => {
    for (const authorization of [
      `Bearer ${ada.token}, Bearer ${ada.token}`,
      `Bearer ${ada.token} ${ada.token}`,
      `Bearer Bearer ${ada.token}`,
    ]) {
      const answer = await call('public', 'GET', '/auth/userinfo', { headers: { authorization } })
      expect([400, 401]).toContain(answer.status)
      expectHarmless(answer)
    }
  })
})

it('§3 a token of one person stays good while others forge', async () => {
  const token = await newToken(ada)
  expect((await call('public', 'GET', '/auth/userinfo', { token })).body).toMatchObject({ uid: ada.uid })
})
