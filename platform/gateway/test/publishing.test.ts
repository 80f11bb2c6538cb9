import { gateway } from '@sallyport/contracts'
import { systemClock } from '@sallyport/kernel'
import { createRevocationRelay, KeysUnavailable, type PublicJwk } from '@sallyport/service'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { inProcessDispatcher, signing } from '../src/index.ts'
import { openDoors } from './doors.ts'
import { authentication } from './support.ts'

const key = await signing.makeKey('own')
const keys = signing.createGatewayKeys({ private: [key.private], public: [key.public] })
const ofAccounts: PublicJwk = { kty: 'RSA', kid: 'account', alg: 'RS256', use: 'sig', n: 'n', e: 'AQAB' }
let accountKeys = (): readonly PublicJwk[] => [ofAccounts]

const publishing = await signing.buildPublishing({
  keys,
  accountKeys: () => accountKeys(),
  publicUrl: 'https://gate.test',
  contracts: [],
  relay: { revocations: createRevocationRelay(systemClock), silentMs: () => 0 },
  authentication,
  log: pino({ level: 'silent' }),
})
afterAll(() => publishing.stop())
const dispatcher = inProcessDispatcher(publishing)
const { addresses } = await openDoors(dispatcher, {
  contracts: [gateway.gatewayContract],
  dispatchers: new Map([['gateway', dispatcher]]),
})
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${addresses.public}${path}`, { headers })

describe('the published keys', () => {
  it('E-27 E-29 are those of accounts and those of the gateway, in the same members', async () => {
    const answer = await get('/.well-known/jwks.json')
    expect(answer.headers.get('content-type')).toContain('application/json')
    const { use: _, ...account } = ofAccounts
    expect(await answer.json()).toEqual({ keys: [account, key.public] })
  })

  it('of the gateway stand alone below its own issuer', async () => {
    const metadata: unknown = await (await get('/gateway/.well-known/openid-configuration')).json()
    expect(metadata).toMatchObject({
      issuer: 'https://gate.test/gateway',
      jwks_uri: 'https://gate.test/gateway/.well-known/jwks.json',
      response_types_supported: [],
      grant_types_supported: [],
    })
    expect(await (await get('/gateway/.well-known/jwks.json')).json()).toEqual({ keys: [key.public] })
  })

  it('A-60 may be kept for five minutes, and are not sent again to who has them', async () => {
    const answer = await get('/.well-known/jwks.json')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    const etag = answer.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]{43}"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get('/.well-known/jwks.json', { 'if-none-match': known })
      expect([again.status, again.headers.get('etag'), await again.text()], known).toEqual([304, etag, ''])
      expect(again.headers.get('cache-control')).toBe('public, max-age=300')
    }
    expect((await get('/.well-known/jwks.json', { 'if-none-match': '"other"' })).status).toBe(200)
    accountKeys = () => []
    expect((await get('/.well-known/jwks.json', { 'if-none-match': etag })).status).toBe(200)
  })

  it('are not half told while those of accounts were never heard', async () => {
    accountKeys = () => {
      throw new KeysUnavailable('not yet')
    }
    expect((await get('/.well-known/jwks.json')).status).toBe(503)
    expect((await get('/gateway/.well-known/jwks.json')).status).toBe(200)
  })
})
