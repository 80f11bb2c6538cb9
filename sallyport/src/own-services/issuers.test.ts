import { createServer, type RequestListener } from 'node:http'
import { systemClock } from '@sallyport/kernel'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openIssuers, type OpenIssuers } from './issuers.ts'

const { publicKey, privateKey } = await generateKeyPair('RS256')
const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'one' }
let publish: RequestListener
const server = createServer((request, response) => publish(request, response))
let opened: OpenIssuers | undefined

beforeEach(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterEach(async () => {
  opened?.stop()
  await new Promise((resolve) => server.close(resolve))
})

async function verify(): Promise<unknown> {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const config = { issuer: 'https://partner.example', audience: 'shop', algorithms: ['RS256'] } as const
  opened = openIssuers(
    { partner: { ...config, jwksUrl: `http://127.0.0.1:${port}/keys` } },
    { clock: systemClock, log: pino({ level: 'silent' }) },
  )
  const token = await new SignJWT({ iss: config.issuer, aud: 'shop', sub: 'bob' })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)
  return opened.issuers.get('partner')?.verify(token)
}

it.each([
  ['says so', { ...jwk, alg: 'RS256' }],
  ['does not say so', jwk],
])('a key for an algorithm that counts verifies, when it %s', async (_how, key) => {
  publish = (_request, response) => response.end(JSON.stringify({ keys: [key] }))
  expect(await verify()).toMatchObject({ sub: 'bob' })
})

it('a key for another algorithm verifies nothing', async () => {
  publish = (_request, response) => response.end(JSON.stringify({ keys: [{ ...jwk, alg: 'PS256' }] }))
  expect(await verify()).toBeUndefined()
})

it.each([
  ['elsewhere', 302, '{"keys": []}'],
  ['no keys', 200, '{}'],
  ['no JSON', 200, 'keys'],
  ['too much', 200, `{"keys": ["${'x'.repeat(1_100_000)}"]}`],
])('an issuer that answers %s has told no keys, and is to be asked again', async (_what, status, body) => {
  publish = (_request, response) => response.writeHead(status, { location: '/' }).end(body)
  await expect(verify()).rejects.toThrow('the keys of https://partner.example are not known yet')
})
