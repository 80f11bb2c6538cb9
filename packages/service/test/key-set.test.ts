import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKeySet, KeysUnavailable, keysVersion, type PublicJwk } from '../src/index.ts'
import { accessClaims, createTestIssuer, issuerName, stoppedClock } from './support.ts'

const clock = stoppedClock()
const issuer = createTestIssuer()
const stranger = createTestIssuer()

function keySet(fetchKeys: () => Promise<readonly PublicJwk[]> = async () => [issuer.jwk]) {
  return createKeySet({ issuer: issuerName, audience: 'sallyport', algorithms: ['RS256'], fetchKeys, clock })
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('verifying a token (RFC 7519, RFC 8725)', () => {
  it('takes a token that the issuer signed for this audience', async () => {
    const claims = await keySet().verify(issuer.sign(accessClaims(clock)))
    expect(claims?.['username']).toBe('ada')
  })

  it('takes a token that the issuer signed under its other name, and under no third', async () => {
    const options = { issuer: issuerName, audience: 'sallyport', algorithms: ['RS256'] as const, clock }
    const keys = createKeySet({ ...options, alias: `${issuerName}/oidc`, fetchKeys: async () => [issuer.jwk] })
    const signedAs = (iss: string) => keys.verify(issuer.sign(accessClaims(clock, { iss })))
    expect(await signedAs(issuerName)).toBeDefined()
    expect(await signedAs(`${issuerName}/oidc`)).toBeDefined()
    expect(await signedAs(`${issuerName}/oidc/`)).toBeUndefined()
  })

  it('refuses a token signed by somebody else under the same key id', async () => {
    expect(await keySet().verify(stranger.sign(accessClaims(clock)))).toBeUndefined()
  })

  it.each(['none', 'None', 'NONE'])('refuses the algorithm %s', async (alg) => {
    const token = `${encode({ alg, typ: 'JWT', kid: 'test-key' })}.${encode(accessClaims(clock))}.`
    expect(await keySet().verify(token)).toBeUndefined()
  })

  it('refuses HS256 keyed with the public key', async () => {
    const input = `${encode({ alg: 'HS256', typ: 'JWT', kid: 'test-key' })}.${encode(accessClaims(clock))}`
    for (const secret of [issuer.publicKey.export({ type: 'spki', format: 'pem' }), JSON.stringify(issuer.jwk)]) {
      const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
      expect(await keySet().verify(token)).toBeUndefined()
    }
  })

  it('refuses claims that were changed', async () => {
    const [header, , signature] = issuer.sign(accessClaims(clock)).split('.')
    const token = `${header}.${encode(accessClaims(clock, { role: 'admin' }))}.${signature}`
    expect(await keySet().verify(token)).toBeUndefined()
  })

  it.each([
    ['another issuer', { iss: 'https://elsewhere.test' }],
    ['another audience', { aud: 'elsewhere' }],
    ['no expiry', { exp: undefined }],
    ['no subject', { sub: undefined }],
    ['an expiry that is no number', { exp: '99999999999' }],
  ])('refuses a token with %s', async (_, claims) => {
    expect(await keySet().verify(issuer.sign(accessClaims(clock, claims)))).toBeUndefined()
  })

  it('takes a token until its last second and refuses it from then on, also when it was verified before', async () => {
    const time = stoppedClock()
    const keys = createKeySet({
      issuer: issuerName,
      audience: 'sallyport',
      algorithms: ['RS256'],
      fetchKeys: async () => [issuer.jwk],
      clock: time,
    })
    const token = issuer.sign(accessClaims(time))
    const end = time.now().getTime() + 900_000
    time.set(new Date(end - 1))
    expect(await keys.verify(token)).toBeDefined()
    time.set(new Date(end))
    expect(await keys.verify(token)).toBeUndefined()
  })

  it.each(['', '.', '..', 'a.b.c', 'x'.repeat(10_000), '{}', 'eyJhbGciOiJSUzI1NiJ9..', '💥.💥.💥'])(
    'refuses the junk %s',
    async (token) => expect(await keySet().verify(token)).toBeUndefined(),
  )
})

describe('the issuer’s keys', () => {
  it('are waited for by everybody who comes while they are fetched', async () => {
    const keys = keySet()
    const token = issuer.sign(accessClaims(clock))
    const answers = await Promise.all(Array.from({ length: 20 }, async () => keys.verify(token)))
    for (const claims of answers) expect(claims?.['username']).toBe('ada')
  })

  it('are asked for when a key is unknown, but not for every junk token', async () => {
    const time = stoppedClock()
    let asked = 0
    const keys = createKeySet({
      issuer: issuerName,
      audience: 'sallyport',
      algorithms: ['RS256'],
      clock: time,
      fetchKeys: async () => {
        asked += 1
        return [issuer.jwk]
      },
    })
    await keys.verify(issuer.sign(accessClaims(time)))
    for (let n = 0; n < 50; n += 1) await keys.verify(issuer.sign(accessClaims(time), { kid: `junk-${n}` }))
    expect(asked).toBe(1)
    time.set(new Date(time.now().getTime() + 5000))
    await keys.verify(issuer.sign(accessClaims(time), { kid: 'junk' }))
    expect(asked).toBe(2)
  })

  it('go on to be used while the issuer is away', async () => {
    let away = false
    const keys = keySet(async () => {
      if (away) throw new Error('nobody there')
      return [issuer.jwk]
    })
    await keys.refresh()
    away = true
    await expect(keys.refresh()).rejects.toThrow('nobody there')
    expect(await keys.verify(issuer.sign(accessClaims(clock)))).toBeDefined()
  })

  it('that were never heard of are no reason to call a token bad', async () => {
    const time = stoppedClock()
    let away = true
    const keys = createKeySet({
      issuer: issuerName,
      audience: 'sallyport',
      algorithms: ['RS256'],
      clock: time,
      fetchKeys: async () => {
        if (away) throw new Error('nobody there')
        return [issuer.jwk]
      },
    })
    const token = issuer.sign(accessClaims(time))
    await expect(keys.verify(token)).rejects.toThrow(KeysUnavailable)
    away = false
    await expect(keys.verify(token)).rejects.toThrow(KeysUnavailable)
    time.set(new Date(time.now().getTime() + 250))
    expect(await keys.verify(token)).toBeDefined()
  })

  it('that are gone verify nothing any more', async () => {
    let published: PublicJwk[] = [issuer.jwk]
    const keys = keySet(async () => published)
    await keys.refresh()
    published = []
    await keys.refresh()
    expect(await keys.verify(issuer.sign(accessClaims(clock)))).toBeUndefined()
  })

  it('that are gone take with them what they verified before', async () => {
    let published: PublicJwk[] = [issuer.jwk]
    const keys = keySet(async () => published)
    const token = issuer.sign(accessClaims(clock))
    expect(await keys.verify(token)).toBeDefined()
    published = []
    await keys.catchUp(keysVersion(published))
    expect(await keys.verify(token)).toBeUndefined()
  })

  it('are not fetched for a version that is known already', async () => {
    let asked = 0
    const keys = keySet(async () => {
      asked += 1
      return [issuer.jwk]
    })
    await keys.refresh()
    await keys.catchUp(keysVersion([issuer.jwk]))
    expect(asked).toBe(1)
    await keys.catchUp(keysVersion([]))
    expect(asked).toBe(2)
  })

  it('are fetched once more by who asks while they are fetched: that answer may be of before the change', async () => {
    const answers = [Promise.withResolvers<PublicJwk[]>(), Promise.withResolvers<PublicJwk[]>()]
    let asked = 0
    const keys = keySet(async () => answers[asked++]?.promise ?? [])
    const first = keys.refresh()
    const others = [keys.refresh(), keys.refresh()]
    answers[0]?.resolve([issuer.jwk])
    await first
    expect(await keys.verify(issuer.sign(accessClaims(clock)))).toBeDefined()
    answers[1]?.resolve([])
    await Promise.all(others)
    expect(asked).toBe(2)
    expect(await keys.verify(issuer.sign(accessClaims(clock)))).toBeUndefined()
  })

  it('have a version that does not depend on their order', () => {
    const [one, two] = [createTestIssuer('one').jwk, createTestIssuer('two').jwk]
    expect(keysVersion([one, two])).toBe(keysVersion([two, one]))
    expect(keysVersion([one])).not.toBe(keysVersion([two]))
    expect(keysVersion([{ ...one, alg: 'ES256' }])).not.toBe(keysVersion([one]))
  })

  it('have another version when another key goes by the same name (RFC 7638)', async () => {
    expect(keysVersion([stranger.jwk])).not.toBe(keysVersion([issuer.jwk]))
    let published: PublicJwk[] = [issuer.jwk]
    const keys = keySet(async () => published)
    const token = issuer.sign(accessClaims(clock))
    expect(await keys.verify(token)).toBeDefined()
    published = [stranger.jwk]
    await keys.catchUp(keysVersion(published))
    expect(await keys.verify(token)).toBeUndefined()
    expect(await keys.verify(stranger.sign(accessClaims(clock)))).toBeDefined()
  })

  it.each<[string, PublicJwk]>([
    ['an RSA key without its modulus', { kty: 'RSA', alg: 'RS256', kid: 'broken', e: 'AQAB' }],
    ['a point that is not on the curve', { kty: 'EC', crv: 'P-256', alg: 'ES256', kid: 'broken', x: 'AA', y: 'AA' }],
  ])('that cannot be read do not keep those that are gone: %s', async (_, broken) => {
    let published: PublicJwk[] = [issuer.jwk]
    const unusable: string[] = []
    const keys = createKeySet({
      issuer: issuerName,
      audience: 'sallyport',
      algorithms: ['RS256', 'ES256'],
      fetchKeys: async () => published,
      onUnusable: (kid) => unusable.push(kid),
      clock,
    })
    const token = issuer.sign(accessClaims(clock))
    expect(await keys.verify(token)).toBeDefined()
    const next = createTestIssuer('next')
    published = [broken, next.jwk]
    await keys.refresh()
    await keys.refresh()
    expect(await keys.verify(token)).toBeUndefined()
    expect(await keys.verify(next.sign(accessClaims(clock)))).toBeDefined()
    expect(unusable).toEqual(['broken'])
  })

  it('that are not for signatures verify nothing (RFC 7517 §4.2)', async () => {
    const token = issuer.sign(accessClaims(clock))
    expect(await keySet(async () => [{ ...issuer.jwk, use: 'enc' }]).verify(token)).toBeUndefined()
    expect(await keySet(async () => [{ ...issuer.jwk, use: 'sig' }]).verify(token)).toBeDefined()
  })
})

describe('keys of several algorithms (RFC 8725 §3.1)', () => {
  const algorithms = ['RS256', 'ES256', 'EdDSA'] as const
  const issuers = algorithms.map((algorithm) => ({ algorithm, issuer: createTestIssuer(`of ${algorithm}`, algorithm) }))
  const several = (accepted: readonly (typeof algorithms)[number][], jwks: readonly PublicJwk[]) =>
    createKeySet({
      issuer: issuerName,
      audience: 'sallyport',
      algorithms: accepted,
      fetchKeys: async () => jwks,
      clock,
    })
  const published = issuers.map(({ issuer: { jwk } }) => jwk)
  const claims = accessClaims(clock)

  it.each(issuers)('verify what was signed with $algorithm', async ({ issuer: one }) => {
    expect(await several(algorithms, published).verify(one.sign(claims))).toBeDefined()
  })

  it.each(issuers)(
    'do not verify it under the name of another algorithm, nor under another key: $algorithm',
    async (one) => {
      const keys = several(algorithms, published)
      for (const alg of ['RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'HS256', 'none']) {
        if (alg === one.algorithm) continue
        expect(await keys.verify(one.issuer.sign(claims, { alg })), alg).toBeUndefined()
      }
      for (const other of issuers) {
        if (other === one) continue
        const header = { kid: `of ${other.algorithm}` }
        expect(await keys.verify(one.issuer.sign(claims, header))).toBeUndefined()
        expect(await keys.verify(one.issuer.sign(claims, { ...header, alg: other.algorithm }))).toBeUndefined()
      }
    },
  )

  it('count only where the algorithm is accepted, and where the key is one for it', async () => {
    for (const { algorithm, issuer: one } of issuers) {
      const others = algorithms.filter((name) => name !== algorithm)
      expect(await several(others, published).verify(one.sign(claims))).toBeUndefined()
      for (const alg of [...others, 'HS256', 'none', undefined]) {
        const keys = several(algorithms, [{ ...one.jwk, alg }])
        expect(await keys.verify(one.sign(claims)), `${algorithm} published for ${alg}`).toBeUndefined()
      }
    }
  })
})
