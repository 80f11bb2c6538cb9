import { createHmac, type KeyObject } from 'node:crypto'
import { beforeEach, expect, it } from 'vitest'
import { inBothModes } from './harness.ts'
import { encode, makeSigningKey } from './signing-key.ts'

const accepted = [200, 200]
const refused = [401, 401]

/** What somebody who knows only the public key could take for a secret. */
function secretsOf(publicKey: KeyObject, jwk: unknown): readonly (string | Buffer)[] {
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return [
    pem,
    pem.trim(),
    `\n${pem}`,
    pem.replaceAll('\n', '\r\n'),
    der,
    der.toString('base64'),
    JSON.stringify(jwk),
    '',
  ]
}

inBothModes('the signature of a token (RFC 7515, RFC 8725)', (house) => {
  beforeEach(() => void house.arrivals.splice(0))
  const algorithms = ['RS256', 'ES256', 'EdDSA'] as const

  it.each(algorithms)('counts when it was made with a key of the issuer: %s', async (algorithm) => {
    expect(await house.verdictsOn(house.keys[algorithm].sign(house.claims()))).toEqual(accepted)
  })

  it.each(['none', 'None', 'NONE', 'nOnE', '', null, undefined, 'HS256', ['RS256'], { alg: 'RS256' }, 256])(
    'does not count without a signature, whatever the algorithm is called: %j',
    async (alg) => {
      const head = encode({ alg, typ: 'JWT', kid: 'RS256' })
      for (const tail of ['', encode('x')]) {
        expect(await house.verdictsOn(`${head}.${encode(house.claims())}.${tail}`)).toEqual(refused)
      }
    },
  )

  it.each(algorithms)('does not count when the public key was its secret: %s', async (algorithm) => {
    const { publicKey, jwk, kid } = house.keys[algorithm]
    for (const [alg, hash] of [
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
    ] as const) {
      const input = `${encode({ alg, typ: 'JWT', kid })}.${encode(house.claims())}`
      for (const secret of secretsOf(publicKey, jwk)) {
        const signature = createHmac(hash, secret).update(input).digest('base64url')
        expect(await house.verdictsOn(`${input}.${signature}`)).toEqual(refused)
      }
    }
  })

  it('does not count under the name of another key of the same issuer, nor of another algorithm', async () => {
    for (const algorithm of algorithms) {
      for (const other of algorithms.filter((name) => name !== algorithm)) {
        const key = house.keys[algorithm]
        for (const header of [{ kid: other }, { alg: other }, { kid: other, alg: other }]) {
          expect(await house.verdictsOn(key.sign(house.claims(), header))).toEqual(refused)
        }
      }
      for (const alg of ['RS384', 'RS512', 'PS256', 'ES384', 'ES512', 'ES256K', 'Ed25519', 'Ed448']) {
        expect(await house.verdictsOn(house.keys[algorithm].sign(house.claims(), { alg }))).toEqual(refused)
      }
    }
  })

  it('does not count when somebody else made it under a known name', async () => {
    for (const algorithm of algorithms) {
      expect(await house.verdictsOn(makeSigningKey(algorithm).sign(house.claims()))).toEqual(refused)
    }
  })

  it.each([
    'unknown',
    '',
    '../../../../dev/null',
    '/dev/null',
    'file:///etc/hostname',
    "RS256' OR '1'='1",
    "x' UNION SELECT 'c2VjcmV0';--",
    'RS256\u0000',
    'RS256 ',
    'rs256',
    '__proto__',
    'constructor',
    'http://127.0.0.1:1/key.pem',
    '$(id)',
    'x'.repeat(5000),
    null,
    0,
    ['RS256'],
    { RS256: true },
  ])('does not count under a name that no key has: %j', async (kid) => {
    expect(await house.verdictsOn(house.keys.RS256.sign(house.claims(), { kid }))).toEqual(refused)
  })

  it('is not checked with a key that the token brings along, or says where to find', async () => {
    const own = makeSigningKey('RS256')
    const addresses = ['http://127.0.0.1:1/keys', 'data:application/json,{}']
    const headers = [
      { jwk: own.jwk },
      { jwk: own.jwk, kid: 'mine' },
      { x5c: [own.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
      ...addresses.flatMap((address) => [{ jku: address }, { x5u: address }]),
    ]
    for (const header of headers) {
      expect(await house.verdictsOn(own.sign(house.claims(), header))).toEqual(refused)
      // Of what the issuer signed they change nothing.
      if (!('kid' in header))
        expect(await house.verdictsOn(house.keys.RS256.sign(house.claims(), header))).toEqual(accepted)
    }
  })

  it.each([[['exp']], [['b64']], [['x-own']], [['kid']], [['b64', 'b64']], [[]], [[1]], ['x-own'], [{}], [true]])(
    'does not count when it asks for what nobody here understands: crit %j',
    async (crit) => {
      const header = { crit, b64: false, exp: 1, 'x-own': 1 }
      expect(await house.verdictsOn(house.keys.RS256.sign(house.claims(), header))).toEqual(refused)
    },
  )

  it('does not count when anything about it was changed', async () => {
    const [head = '', payload = '', signature = ''] = house.keys.ES256.sign(house.claims()).split('.')
    const admin = encode(house.claims({ role: 'admin' }))
    const flip = (text: string, at: number): string =>
      `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
    const changed = [
      `${head}.${admin}.${signature}`,
      `${head}.${payload}.${signature.slice(0, -1)}`,
      `${head}.${payload}.${signature.slice(0, 20)}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${head}.${payload}.${flip(signature, 0)}`,
      `${head}.${payload}.${flip(signature, 40)}`,
      `${head}.${flip(payload, 4)}.${signature}`,
      `${head}.${payload}.${signature}${signature}`,
      `${head}.${payload}.${signature}==`,
      `${head}.${payload}.${signature.replaceAll(/[-_]/g, '+')}+`,
      `${head}.${payload}.${'A'.repeat(86)}`,
      `${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
      `${head}.${payload}.${signature}.${signature}`,
      `${head}..${signature}`,
      `.${payload}.${signature}`,
      `${signature}.${payload}.${head}`,
    ]
    for (const token of changed) expect(await house.verdictsOn(token), token).toEqual(refused)
  })

  it('does not count in a form of several: two signatures, JSON, encrypted (RFC 7515 §7.2, RFC 7516)', async () => {
    const token = house.token()
    const [head = '', payload = '', signature = ''] = token.split('.')
    const encrypted = { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'RS256' }
    for (const form of [
      JSON.stringify({ payload, protected: head, signature }),
      JSON.stringify({ payload, signatures: [{ protected: head, signature }] }),
      `${encode(encrypted)}.${encode('key')}.${encode('iv')}.${encode('text')}.${encode('tag')}`,
      `${encode(encrypted)}.${payload}.${signature}`,
      `${token},${token}`,
      `${token} ${token}`,
    ]) {
      expect(await house.verdictsOn(form)).toEqual(refused)
    }
  })

  it('does not count in a token of more than 8 KiB, nor in what is none', async () => {
    expect(await house.verdictsOn(house.token({ padding: 'x'.repeat(4000) }))).toEqual(accepted)
    expect(await house.verdictsOn(house.token({ padding: 'x'.repeat(8192) }))).toEqual(refused)
    for (const junk of ['.', '..', '...', 'a.b.c', '{}', 'null', encode('null'), `${encode('[]')}.${encode('[]')}.x`]) {
      expect(await house.verdictsOn(junk), junk).toEqual(refused)
    }
  })

  it('is checked before anything else reaches a service that leaves this to the door', async () => {
    await house.get('/desk/me', { authorization: `Bearer ${makeSigningKey('RS256').sign(house.claims())}` })
    expect(house.arrivals).toEqual([])
  })
})
