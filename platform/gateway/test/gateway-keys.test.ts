import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { type AccountId, newId } from '@sallyport/kernel'
import type { AccountCaller } from '@sallyport/service'
import { createVerifier } from 'fast-jwt'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { signing } from '../src/index.ts'

const first = await signing.makeKey('first')
const second = await signing.makeKey('second')
const textOf = (...keys: readonly object[]): string => JSON.stringify({ keys })
const files = (...keys: readonly (typeof first)[]) => ({
  private: textOf(...keys.map((key) => key.private)),
  public: textOf(...keys.map((key) => key.public)),
})
const sets = signing.readKeySets(files(first, second))

describe('the files of the gateway’s keys', () => {
  it('E-27 have the members of RS256 keys and no others', () => {
    expect(Object.keys(first.private)).toEqual(['kty', 'kid', 'alg', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'])
    expect(Object.keys(first.public)).toEqual(['kty', 'kid', 'alg', 'n', 'e'])
    expect(first.private).toMatchObject({ kty: 'RSA', kid: 'first', alg: 'RS256' })
    for (const member of Object.values(first.private)) expect(member).toMatch(/^[\w-]+$/)
    expect(Buffer.from(first.public.n, 'base64url')).toHaveLength(256)
  })

  it('E-27 give the public half of a private set', () => {
    expect(signing.publicHalvesOf(files(first, second).private)).toEqual([first.public, second.public])
  })

  it('E-29 may publish keys that sign no more', () => {
    const rotated = signing.readKeySets({
      private: textOf(second.private),
      public: textOf(first.public, second.public),
    })
    expect(rotated.public.map(({ kid }) => kid)).toEqual(['first', 'second'])
  })

  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' })
  const { d: _, ...incomplete } = first.private
  const { n: ofOther } = second.private
  it.each([
    ['private', 'no JSON', { private: '{' }, 'it is not a JWK Set'],
    ['private', 'no set', { private: '[]' }, 'it is not a JWK Set'],
    ['private', 'members beside the keys', { private: '{"keys":[],"x":1}' }, 'it is not a JWK Set'],
    ['private', 'no key', { private: textOf() }, 'there is no key in it'],
    ['private', 'a member missing', { private: textOf(incomplete) }, 'the key first: must have required properties d'],
    ['private', 'a foreign member', { private: textOf({ ...first.private, use: 'sig' }) }, 'the key first: '],
    ['private', 'another algorithm', { private: textOf({ ...first.private, alg: 'PS256' }) }, 'the key first: alg '],
    ['private', 'padding', { private: textOf({ ...first.private, e: 'AQAB=' }) }, 'the key first: e '],
    ['private', 'no kid', { private: textOf({ ...first.private, kid: '' }) }, 'the key at place 1: kid '],
    ['private', 'one kid twice', { private: textOf(first.private, first.private) }, 'the key first is in it twice'],
    [
      'private',
      'a short modulus',
      { private: textOf({ ...weak, kid: 'weak', alg: 'RS256' }) },
      'the key weak: its modulus has 1024 bits',
    ],
    ['private', 'a small exponent', { private: textOf({ ...first.private, e: 'Aw' }) }, 'the key first: its exponent'],
    [
      'private',
      'halves of two keys',
      { private: textOf({ ...first.private, n: ofOther }) },
      'the key first: its private members do not belong to its modulus',
    ],
    ['public', 'no JSON', { public: '' }, 'it is not a JWK Set'],
    ['public', 'a private member', { public: textOf(first.private) }, 'the key first: '],
    ['public', 'one kid twice', { public: textOf(first.public, first.public) }, 'the key first is in it twice'],
    ['public', 'a missing half', { public: textOf(second.public) }, 'the key first is missing'],
    [
      'public',
      'the half of another',
      { public: textOf({ ...second.public, kid: 'first' }) },
      'the key first is not the one in the private set',
    ],
  ])('E-27 E-35 are refused, %s: %s', (half, _what, wrong, words) => {
    const read = (): unknown => signing.readKeySets({ ...files(first), ...wrong })
    expect(read).toThrow(signing.KeySetFault)
    expect(read).toThrow(expect.objectContaining({ half, message: expect.stringContaining(words) }))
    for (const secret of [first.private.d, first.private.p]) expect(read).not.toThrow(secret)
  })
})

describe('the gateway’s signature', () => {
  const claims = { sub: 'ada', nested: { list: [1, 'é', null] }, exp: 4_000_000_000 }

  it.each([
    ['once, on the thread pool', (keys: signing.GatewayKeys) => keys.sign(claims)],
    ['at once', async (keys: signing.GatewayKeys) => keys.signNow(claims)],
  ])('E-26 has this header alone and the claims unchanged, %s', async (_how, sign) => {
    const token = await sign(signing.createGatewayKeys(sets))
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: 'first', typ: 'JWT' })
    expect(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).toBe(JSON.stringify(claims))
    const publicKeys = createLocalJWKSet({ keys: [first.public, second.public] })
    expect((await jwtVerify(token, publicKeys, { algorithms: ['RS256'] })).payload).toEqual(claims)
    const pem = createPublicKey({ key: first.public, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    expect(createVerifier({ key: pem, algorithms: ['RS256'] })(token)).toEqual(claims)
  })

  it('E-29 is of the key that is chosen, or of the first', async () => {
    expect(signing.createGatewayKeys(sets).signingKeyId).toBe('first')
    const keys = signing.createGatewayKeys(sets, 'second')
    expect(decodeProtectedHeader(await keys.sign(claims))).toMatchObject({ kid: 'second' })
  })

  it('E-35 is not to be had under a key id that is not there', () => {
    expect(() => signing.createGatewayKeys(sets, 'third')).toThrow(signing.NoSuchSigningKey)
    const keys = signing.createGatewayKeys(sets, 'second')
    expect(() => keys.use(signing.readKeySets(files(first)))).toThrow(signing.NoSuchSigningKey)
    expect(keys.signingKeyId).toBe('second')
    expect(keys.published()).toEqual([first.public, second.public])
  })

  it('E-29 is of another key once there are other files', async () => {
    const keys = signing.createGatewayKeys(signing.readKeySets(files(first)))
    keys.use(signing.readKeySets({ private: textOf(second.private), public: textOf(first.public, second.public) }))
    expect(decodeProtectedHeader(await keys.sign(claims))).toMatchObject({ kid: 'second' })
    expect(keys.published()).toEqual([first.public, second.public])
  })
})

describe('a token that the gateway makes for an upstream', () => {
  const noon = Date.UTC(2026, 5, 1, 12)
  const seconds = (after: number): number => noon / 1000 + after
  const ada: AccountCaller = {
    kind: 'account',
    accountId: newId<AccountId>(),
    sessionId: 'session',
    username: 'ada',
    role: 'user',
    roles: ['user', 'student'],
    scopes: ['wallet:read', 'shop:read'],
    expiresAt: seconds(900),
  }
  function maker() {
    const clock = { time: noon, now: () => new Date(clock.time) }
    const keys = signing.createGatewayKeys(sets)
    const made = signing.createTokenMaker({ keys, issuer: 'https://gate.test/gateway', clock })
    return { clock, keys, tokenFor: (caller: AccountCaller, audience: string) => made.tokenFor(caller, audience) }
  }
  const claimsOf = (token: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

  it('says who is calling, to one audience, for two minutes', async () => {
    const { tokenFor } = maker()
    const { payload } = await jwtVerify(tokenFor(ada, 'notes'), createLocalJWKSet({ keys: [first.public] }), {
      issuer: 'https://gate.test/gateway',
      audience: 'notes',
      currentDate: new Date(noon),
    })
    expect(payload).toEqual({
      iss: 'https://gate.test/gateway',
      sub: ada.accountId,
      aud: 'notes',
      iat: seconds(0),
      exp: seconds(120),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sid: 'session',
      username: 'ada',
      role: 'user',
      roles: ['user', 'student'],
      scope: 'wallet:read shop:read',
    })
  })

  it('is used again until half a minute before its end', () => {
    const { clock, tokenFor } = maker()
    const token = tokenFor(ada, 'notes')
    clock.time = noon + 89_999
    expect(tokenFor({ ...ada }, 'notes')).toBe(token)
    clock.time = noon + 90_000
    expect(claimsOf(tokenFor(ada, 'notes'))['exp']).toBe(seconds(210))
  })

  it('ends with the token that the caller came with, and is used until then', () => {
    const { clock, tokenFor } = maker()
    const late = { ...ada, expiresAt: seconds(100) }
    const token = tokenFor(late, 'notes')
    expect(claimsOf(token)['exp']).toBe(seconds(100))
    clock.time = noon + 99_999
    expect(tokenFor(late, 'notes')).toBe(token)
  })

  it.each([
    ['another audience', ada, 'pictures'],
    ['another session', { ...ada, sessionId: 'other' }, 'notes'],
    ['other roles', { ...ada, roles: ['user'] }, 'notes'],
    ['another role', { ...ada, role: 'admin' as const }, 'notes'],
    ['other scopes', { ...ada, scopes: ['wallet:read'] }, 'notes'],
    ['another name', { ...ada, username: 'grace' }, 'notes'],
    ['a token that ends at another time', { ...ada, expiresAt: seconds(60) }, 'notes'],
  ])('is another one for %s', (_what, caller, audience) => {
    const { tokenFor } = maker()
    expect(tokenFor(caller, audience)).not.toBe(tokenFor(ada, 'notes'))
  })

  it('is another one as soon as another key signs', () => {
    const { keys, tokenFor } = maker()
    const token = tokenFor(ada, 'notes')
    keys.use(signing.readKeySets(files(second)))
    expect(decodeProtectedHeader(tokenFor(ada, 'notes'))).toMatchObject({ kid: 'second' })
    expect(tokenFor(ada, 'notes')).not.toBe(token)
  })
})
