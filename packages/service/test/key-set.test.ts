import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKeySet, KeysUnavailable, type PublicJwk } from '../src/index.ts'
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
    const answers = await Promise.all(Array.from({ length: 20 }, () => keys.verify(token)))
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
})
