import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { confidential, issuer, startProvider } from './support.ts'

/** A client that proves itself by a key, which the provider has to fetch. */
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] })
const asked: string[] = []
const server = createServer(({ url = '' }, response) => {
  asked.push(url)
  if (url === '/moved') response.writeHead(302, { location: '/keys' }).end()
  else if (url === '/large') response.end(keys + ' '.repeat(65_536))
  else if (url !== '/silent') response.end(keys)
})
let port: number

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  port = address.port
})
beforeEach(() => void asked.splice(0))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** How the provider answers the client whose keys are at this path. */
async function statusFor(path: string, callPrivateAddresses: boolean, host = '127.0.0.1'): Promise<number> {
  const metadata = {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `http://${host}:${port}${path}`,
    response_types: [],
    redirect_uris: [],
    grant_types: ['client_credentials'],
  }
  const client = confidential('keyed', [], metadata)
  const op = await startProvider([client], { issuer, callPrivateAddresses, fetch: globalThis.fetch })
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'keyed', sub: 'keyed', aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 }
  const input = [{ alg: 'ES256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const { status } = await op.send({
    target: '/oidc/token',
    form: {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: `${input}.${signature.toString('base64url')}`,
    },
  })
  await op.stop()
  return status
}

describe('the provider calls a client', () => {
  it.each(['127.0.0.1', 'localhost'])('on this machine (%s) only if it was told that it may', async (host) => {
    expect([await statusFor('/keys', false, host), asked]).toEqual([401, []])
    expect([await statusFor('/keys', true, host), asked]).toEqual([200, ['/keys']])
  })

  it('and is not sent elsewhere by it', async () => {
    expect([await statusFor('/moved', true), asked]).toEqual([401, ['/moved']])
  })

  it('and reads 64 KB of the answer at most', async () => expect(await statusFor('/large', true)).toBe(401))

  it('and waits no longer than a few seconds for it', async () => {
    const start = performance.now()
    expect(await statusFor('/silent', true)).toBe(401)
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
