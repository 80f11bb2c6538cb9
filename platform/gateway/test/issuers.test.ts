import { createServer } from 'node:http'
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { problem, problemDetails, quota, route, type ServiceContract, signedIn, wholeScope } from '@sallyport/contracts'
import { type AccountId, newId } from '@sallyport/kernel'
import {
  accountIssuer,
  createAuthentication,
  createKeySet,
  createService,
  handle,
  ok,
  RevocationList,
  signedClaimsIssuer,
} from '@sallyport/service'
import { importJWK, SignJWT } from 'jose'
import { pino } from 'pino'
import { Type } from 'typebox'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { inProcessDispatcher, signing } from '../src/index.ts'
import { openDoors } from './doors.ts'
import { overHttp } from './support.ts'

const Seen = Type.Object({ username: Type.String(), headers: Type.Record(Type.String(), Type.Unknown()) })
const base = {
  method: 'GET',
  door: 'public',
  headers: Type.Object({}, { additionalProperties: true }),
  replies: { 200: Seen },
} as const
const student = { ...signedIn, roles: ['student', 'instructor'] }
const sections = route({ ...base, name: 'sections', summary: 'Both issuers', path: '/sections', access: student })
const signedOnly = route({
  ...base,
  name: 'signedOnly',
  summary: 'The gateway alone',
  path: '/signed',
  access: student,
})
const anyRole = route({ ...base, name: 'anyRole', summary: 'No roles listed', path: '/sections/any', access: signedIn })
const admins = route({
  ...base,
  name: 'admins',
  summary: 'Administrators',
  path: '/sections/admins',
  access: { ...signedIn, role: 'admin' },
})
const market = route({ ...base, name: 'market', summary: 'Identity alone', path: '/market', access: signedIn })
const forbidden = { public: { 'wrong-role': problem(403, 'Not your role'), 'not-self': problem(403, 'Not you') } }
const surface = { dialect: problemDetails, decidedBy: 'door', forbidden } as const
const contract: ServiceContract = {
  name: 'shop',
  title: 'Shop',
  surfaces: [
    {
      ...surface,
      name: 'both',
      prefixes: { public: '/sections' },
      issuers: ['identity', 'gateway'],
      claimHeaders: true,
      routes: [sections, anyRole, admins],
    },
    { ...surface, name: 'signed', prefixes: { public: '/signed' }, issuers: ['gateway'], routes: [signedOnly] },
    { ...surface, name: 'market', prefixes: { public: '/market' }, routes: [market] },
  ],
}

const noon = Date.UTC(2026, 5, 1, 12)
const clock = { time: noon, now: () => new Date(clock.time) }
beforeEach(() => void (clock.time = noon))

/** Two issuers, whose keys are called alike. */
const made = {
  identity: await signing.makeKey('one'),
  gateway: await signing.makeKey('two'),
  stranger: await signing.makeKey('two'),
}
const setOf = (jwk: signing.PublicKey, issuer: string, audience: string, leewaySeconds = 0) =>
  createKeySet({ issuer, audience, algorithms: ['RS256'], fetchKeys: async () => [jwk], clock, leewaySeconds })
const revocations = new RevocationList(clock)
revocations.apply([])
const authentication = createAuthentication({
  issuers: {
    identity: accountIssuer(setOf(made.identity.public, 'https://gate.test', 'sallyport')),
    gateway: signedClaimsIssuer(setOf(made.gateway.public, 'auth.local.gd', 'krakend.local.gd', 1)),
  },
  revocations,
  identifyService: async () => undefined,
})

const uid = newId<AccountId>()
const seconds = (after: number): number => noon / 1000 + after
const ofIdentity = {
  iss: 'https://gate.test',
  aud: 'sallyport',
  sub: uid,
  sid: 's',
  jti: 'j',
  username: 'ada',
  role: 'user',
  roles: ['student'],
  scope: wholeScope,
  iat: seconds(0),
  exp: seconds(900),
}
const ofGateway = {
  iss: 'auth.local.gd',
  aud: 'krakend.local.gd',
  sub: uid,
  sid: 's',
  jti: 'j',
  username: 'ada',
  roles: ['student'],
  iat: seconds(0),
  exp: seconds(1200),
}
type Claims = Record<string, unknown>

async function token(by: keyof typeof made, claims: Claims, header: { kid?: string } = {}): Promise<string> {
  const { kid } = made[by].public
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', ...header })
    .sign(await importJWK(made[by].private, 'RS256'))
}
const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

const service = await createService({
  contract,
  authentication,
  log: pino({ level: 'silent' }),
  routes: [sections, signedOnly, anyRole, admins, market].map((one) =>
    handle(one, async ({ caller, headers }) =>
      ok({ username: caller.username, headers: Object.fromEntries(Object.entries(headers)) }),
    ),
  ),
})
const upstream = createServer((request, response) => service.handle(request, response))
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const address = upstream.address()
const serviceUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
afterAll(async () => {
  upstream.closeAllConnections()
  upstream.close()
  await service.stop()
})

const direct = { addresses: { public: serviceUrl } }
describe.each([
  [
    'a door before a service of the same process',
    () => openDoors(inProcessDispatcher(service), { contracts: [contract], authentication }),
  ],
  [
    'a door before a service over HTTP',
    () => openDoors(overHttp([serviceUrl]), { contracts: [contract], authentication }),
  ],
  ['the service itself', async () => direct],
])('with several issuers, %s', async (_where, open) => {
  const { addresses } = await open()
  const ask = (path: string, bearer?: string) =>
    fetch(`${addresses.public}${path}`, { headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } })
  const status = async (path: string, bearer?: string): Promise<number> => (await ask(path, bearer)).status

  it('E-23 takes tokens of each where both are trusted, and of one alone elsewhere', async () => {
    const [account, claims] = [await token('identity', ofIdentity), await token('gateway', ofGateway)]
    expect([await status('/sections', account), await status('/sections', claims)]).toEqual([200, 200])
    expect([await status('/signed', account), await status('/signed', claims)]).toEqual([401, 200])
    expect([await status('/market', account), await status('/market', claims)]).toEqual([200, 401])
  })

  it('E-37 lets nobody speak for another issuer', async () => {
    for (const [what, forged] of [
      ['identity, with a key of the gateway', await token('gateway', ofIdentity)],
      ['the gateway, with a key of identity', await token('identity', ofGateway)],
      ['identity, under the key id of the gateway', await token('identity', ofIdentity, { kid: 'two' })],
      ['the gateway, under the key id of identity', await token('gateway', ofGateway, { kid: 'one' })],
      ['the gateway, with another key of that id', await token('stranger', ofGateway)],
      [
        'identity, for the audience of the gateway',
        await token('identity', { ...ofIdentity, aud: 'krakend.local.gd' }),
      ],
      ['the gateway, for the audience of identity', await token('gateway', { ...ofGateway, aud: 'sallyport' })],
      ['the gateway, with the claims of identity', await token('gateway', { ...ofIdentity, role: 'admin' })],
    ] as const) {
      for (const path of ['/sections', '/signed', '/market'])
        expect(await status(path, forged), `${what} ${path}`).toBe(401)
    }
  })

  it('E-36 E-37 E-39 T-4 answers 401 to whatever is no token of the gateway, and says which scheme it wants', async () => {
    const header = { alg: 'RS256', kid: 'two', typ: 'JWT' }
    const good = await token('gateway', ofGateway)
    const [head, , signature] = good.split('.')
    const privateKey = createPrivateKey({ key: made.gateway.private, format: 'jwk' })
    const signedAs = (fields: object, claims: object = ofGateway): string => {
      const input = `${encode({ ...header, ...fields })}.${encode(claims)}`
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
    }
    const hmac = (key: string | Buffer): string => {
      const input = `${encode({ ...header, alg: 'HS256' })}.${encode(ofGateway)}`
      return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
    }
    const publicKey = createPublicKey({ key: made.gateway.public, format: 'jwk' })
    const { exp: _, ...endless } = ofGateway
    for (const [what, bad] of [
      ['nothing', undefined],
      ['no JWS', 'abc'],
      ['an altered payload', `${head}.${encode({ ...ofGateway, roles: ['instructor'] })}.${signature}`],
      ['alg none', `${encode({ ...header, alg: 'none' })}.${encode(ofGateway)}.`],
      ['HS256 with the public key', hmac(publicKey.export({ type: 'spki', format: 'pem' }))],
      ['HS256 with the published JWK', hmac(JSON.stringify(made.gateway.public))],
      ['RS512 in the header', signedAs({ alg: 'RS512' })],
      ['an unknown kid', signedAs({ kid: 'three' })],
      ['no kid', signedAs({ kid: undefined })],
      ['another issuer', signedAs({}, { ...ofGateway, iss: 'auth.local' })],
      ['another audience', signedAs({}, { ...ofGateway, aud: ['other', 'krakend'] })],
      ['no expiry', signedAs({}, endless)],
      ['an expiry in words', signedAs({}, { ...ofGateway, exp: '4000000000' })],
      ['nbf in the future', signedAs({}, { ...ofGateway, nbf: seconds(1) })],
      ['nbf in words', signedAs({}, { ...ofGateway, nbf: '0' })],
      ['a name for an id', signedAs({}, { ...ofGateway, sub: 'ada' })],
      ['roles that are no list', signedAs({}, { ...ofGateway, roles: 'student' })],
      ['no session', signedAs({}, { ...ofGateway, sid: undefined })],
    ] as const) {
      const answer = await ask('/signed', bad)
      expect([answer.status, answer.headers.get('www-authenticate')], what).toEqual([
        401,
        expect.stringMatching(/^Bearer/),
      ])
      expect(await status('/sections', bad), what).toBe(401)
    }
    expect(await status('/signed', good)).toBe(200)
    expect(
      await status('/signed', signedAs({}, { ...ofGateway, aud: ['other', 'krakend.local.gd'], nbf: seconds(0) })),
    ).toBe(200)
  })

  it('E-36 T-4 takes a token as a bearer token alone, its scheme in any case', async () => {
    const good = await token('gateway', ofGateway)
    const statusWith = async (headers: Record<string, string>, query = ''): Promise<number> =>
      (await fetch(`${addresses.public}/signed${query}`, { headers })).status
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await statusWith({ authorization: `${scheme} ${good}` }), scheme).toBe(200)
    }
    expect(await statusWith({ authorization: good })).toBe(401)
    expect(await statusWith({ authorization: `JWT ${good}` })).toBe(401)
    expect(await statusWith({ cookie: `access_token=${good}`, 'x-access-token': good })).toBe(401)
    expect(await statusWith({}, `?access_token=${good}`)).toBe(401)
  })

  it('E-37 takes a signed token for a second after its end', async () => {
    const claims = await token('gateway', ofGateway)
    clock.time = noon + 1_200_999
    expect([await status('/sections', claims), await status('/signed', claims)]).toEqual([200, 200])
    clock.time = noon + 1_201_000
    expect([await status('/sections', claims), await status('/signed', claims)]).toEqual([401, 401])
  })

  it('E-38 lets pass who has one of the roles, to the letter', async () => {
    for (const [roles, expected] of [
      [['instructor'], 200],
      [['registrar', 'student'], 200],
      [['registrar'], 403],
      [['Student'], 403],
      [['student '], 403],
      [[], 403],
    ] as const) {
      expect(await status('/signed', await token('gateway', { ...ofGateway, roles })), String(roles)).toBe(expected)
    }
  })

  it('E-25 T-4 answers 403 to a refresh token, wherever it is good at all', async () => {
    const { roles: _, ...refresh } = ofGateway
    const bearer = await token('gateway', refresh)
    for (const path of ['/sections', '/signed', '/sections/any', '/sections/admins'])
      expect(await status(path, bearer), path).toBe(403)
    expect(await status('/market', bearer)).toBe(401)
  })

  it('gives no administration to whoever comes with signed claims', async () => {
    const bold = await token('gateway', { ...ofGateway, role: 'admin', scope: wholeScope, roles: ['admin', 'student'] })
    expect([await status('/sections', bold), await status('/sections/admins', bold)]).toEqual([200, 403])
  })

  it('knows what was revoked, whoever signed it', async () => {
    const sid = newId()
    const both = [await token('identity', { ...ofIdentity, sid }), await token('gateway', { ...ofGateway, sid })]
    for (const one of both) expect(await status('/sections', one)).toBe(200)
    revocations.apply([{ sequence: 1, kind: 'session', id: sid, until: seconds(3600) }])
    for (const one of both) expect(await status('/sections', one)).toBe(401)
  })
})

it('S-46 counts the calls of an account by the tokens that count there, also where the service refuses', async () => {
  const counted = { ...surface, decidedBy: 'service', name: 'signed', issuers: ['gateway'] } as const
  const { addresses } = await openDoors(overHttp([serviceUrl]), {
    contracts: [
      {
        ...contract,
        surfaces: [
          {
            ...counted,
            prefixes: { public: '/signed' },
            quotas: [quota('signed', 'account', '1/day')],
            routes: [signedOnly],
          },
        ],
      },
    ],
    authentication,
  })
  const call = async (claims: Claims): Promise<number> => {
    const authorization = `Bearer ${await token('gateway', claims)}`
    return (await fetch(`${addresses.public}/signed`, { headers: { authorization } })).status
  }
  expect([await call(ofGateway), await call(ofGateway)]).toEqual([200, 429])
  expect(await call({ ...ofGateway, sub: newId() })).toBe(200)
})

describe('claim headers', async () => {
  const { addresses } = await openDoors(overHttp([serviceUrl]), { contracts: [contract], authentication })
  const headersAt = async (path: string, claims: Claims, sent: Record<string, string> = {}): Promise<Claims> => {
    const by = claims['iss'] === ofGateway.iss ? 'gateway' : 'identity'
    const authorization = `Bearer ${await token(by, claims)}`
    const answer = await fetch(`${addresses.public}${path}`, { headers: { ...sent, authorization } })
    const { headers }: { headers: Claims } = Object(await answer.json())
    expect(headers['authorization']).toBe(authorization)
    return headers
  }

  it('E-46 T-6 say whom the door has let in, whatever the client says', async () => {
    const sent = { 'x-user': 'mallory', 'X-Roles': 'registrar' }
    const roles = ['student', 'instructor']
    expect(await headersAt('/sections', { ...ofGateway, roles }, sent)).toMatchObject({
      'x-user': 'ada',
      'x-roles': 'student,instructor',
    })
    expect(await headersAt('/sections', ofIdentity, sent)).toMatchObject({ 'x-user': 'ada', 'x-roles': 'student' })
  })

  it('E-45 are for upstreams that want them alone', async () => {
    const seen = await headersAt('/market', ofIdentity, { 'x-user': 'mallory' })
    expect([seen['x-user'], seen['x-roles']]).toEqual([undefined, undefined])
  })

  it('E-46 say it in a form that no name can break out of', async () => {
    const odd = { ...ofGateway, username: 'ada\r\nx-admin: 1', roles: ['student', 'a,registrar', 'ü', 'x y'] }
    const seen = await headersAt('/sections', odd)
    expect([seen['x-user'], seen['x-roles'], seen['x-admin']]).toEqual([
      'ada%0D%0Ax-admin:%201',
      'student,a%2Cregistrar,%C3%BC,x%20y',
      undefined,
    ])
  })
})
