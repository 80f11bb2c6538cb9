import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configurationPage, configurationPagePath } from '../configuration-page.ts'
import { InvalidSettings, readSettings } from './settings.ts'

describe('settings', () => {
  it('have sensible defaults', () => {
    const settings = readSettings({})
    expect(settings).toMatchObject({ host: '127.0.0.1', publicPort: 8080, adminPort: 8180, logLevel: 'warn' })
    expect(isAbsolute(settings.dataDirectory)).toBe(true)
    expect(settings.databaseUrls).toEqual({})
    expect(settings.administrator.password).toBeUndefined()
  })

  it('name databases of one’s own, and their owners where they differ', () => {
    const wallet = 'postgres://wallet:x@db/wallet'
    const owner = 'postgres://owner:y@db/wallet'
    expect(readSettings({ DATABASE_URL_WALLET: wallet }).databaseUrls).toEqual({
      wallet: { service: wallet, owner: wallet },
    })
    expect(readSettings({ DATABASE_URL_WALLET: wallet, DATABASE_URL_WALLET_OWNER: owner }).databaseUrls).toEqual({
      wallet: { service: wallet, owner },
    })
  })

  it('E-63 name the standbys of a database of one’s own, or how many the embedded one has', () => {
    const urls = ['postgres://identity:x@one/identity', 'postgres://identity:x@two/identity']
    const own = { DATABASE_URL_IDENTITY: 'postgres://identity:x@db/identity' }
    expect(readSettings({})).toMatchObject({ identityReplicaUrls: [], standbys: 0 })
    expect(readSettings({ SALLYPORT_STANDBYS: '2' })).toMatchObject({ standbys: 2 })
    expect(readSettings({ ...own, DATABASE_URL_IDENTITY_REPLICAS: urls.join(', ') })).toMatchObject({
      identityReplicaUrls: urls,
    })
    expect(() => readSettings({ DATABASE_URL_IDENTITY_REPLICAS: urls.join(',') })).toThrow('which is needed too')
    expect(() => readSettings({ ...own, SALLYPORT_STANDBYS: '2' })).toThrow('SALLYPORT_STANDBYS is for the embedded')
    expect(() => readSettings({ SALLYPORT_STANDBYS: '9' })).toThrow('at most 8')
  })

  it('E-40 name the instances of a service', () => {
    const urls = ['http://127.0.0.1:9090', 'http://127.0.0.1:9091']
    expect(readSettings({ SALLYPORT_URL_GACHA: `${urls[0]}, ${urls[1]}/` }).partUrls).toEqual({ gacha: urls })
  })

  it.each([
    ['SALLYPORT_PUBLIC_PORT', '65536'],
    ['SALLYPORT_PUBLIC_PORT', '-1'],
    ['SALLYPORT_TRUSTED_PROXIES', 'fe80::1%eth0'],
    ['SALLYPORT_ADMIN_PORT', '80.5'],
    ['SALLYPORT_PORT', 'secret-value'],
    ['SALLYPORT_PUBLIC_URL', 'ftp://secret-value'],
    ['SALLYPORT_PUBLIC_URL', 'secret-value'],
    ['SALLYPORT_LOG_LEVEL', 'secret-value'],
    ['SALLYPORT_PASSWORD_HASH', 'secret-value'],
    ['PASSWORD_HASH', 'secret-value'],
    ['SALLYPORT_PBKDF2_ITERATIONS', '259999'],
    ['SALLYPORT_PBKDF2_ITERATIONS', '5000001'],
    ['SALLYPORT_PBKDF2_ITERATIONS', 'secret-value'],
    ['SALLYPORT_GATEWAY_TOKEN_SECONDS', '0'],
    ['SALLYPORT_GATEWAY_TOKEN_SECONDS', '14401'],
    ['SALLYPORT_GATEWAY_TOKEN_SECONDS', '20m'],
    ['DATABASE_URL_IDENTITY', 'https://secret-value'],
    ['DATABASE_URL_GACHA_OWNER', 'secret-value'],
    ['DATABASE_URL_IDENTITY_REPLICAS', 'postgres://db/identity,secret-value'],
    ['SALLYPORT_STANDBYS', 'secret-value'],
    ['SALLYPORT_URL_WALLET', 'secret-value'],
    ['SALLYPORT_URL_GATEWAY', 'http://127.0.0.1:9290,http://secret-value'],
    ['SALLYPORT_URL_WALLET', 'http://127.0.0.1:9090,secret-value'],
    ['SALLYPORT_URL_WALLET', 'http://127.0.0.1:9090/secret-value'],
    ['SALLYPORT_URL_WALLET', 'http://user:secret-value@127.0.0.1:9090'],
  ])('that are wrong are named, and their value is not shown: %s=%s', (name, value) => {
    const read = (): unknown => readSettings({ [name]: value })
    expect(read).toThrow(InvalidSettings)
    expect(read).toThrow(name)
    expect(read).not.toThrow('secret-value')
  })

  it('E-4 E-24 say whose tokens the gateway signs, for whom, and for how long', () => {
    const usual = { issuer: 'auth.local.gd', audience: 'krakend.local.gd', lifeSeconds: 1200 }
    expect(readSettings({}).signedClaims).toEqual(usual)
    const chosen = { SALLYPORT_GATEWAY_ISSUER: 'college', SALLYPORT_GATEWAY_TOKEN_SECONDS: '5' }
    expect(readSettings(chosen).signedClaims).toEqual({ ...usual, issuer: 'college', lifeSeconds: 5 })
  })

  it('E-18 E-19 say what new passwords are hashed with', () => {
    const argon2id = { newHashes: { algorithm: 'argon2id', pbkdf2Iterations: 260_000 } }
    expect(readSettings({}).passwordHashing).toEqual(argon2id)
    const chosen = { SALLYPORT_PASSWORD_HASH: 'pbkdf2_sha256', SALLYPORT_PBKDF2_ITERATIONS: '600000' }
    const pbkdf2 = { newHashes: { algorithm: 'pbkdf2_sha256', pbkdf2Iterations: 600_000 } }
    expect(readSettings(chosen).passwordHashing).toEqual(pbkdf2)
    const { newHashes } = readSettings({ PASSWORD_HASH: 'pbkdf2_sha256' }).passwordHashing
    expect(newHashes.algorithm).toBe('pbkdf2_sha256')
    const both = { SALLYPORT_PASSWORD_HASH: 'argon2id', PASSWORD_HASH: 'pbkdf2_sha256' }
    expect(readSettings(both).passwordHashing).toEqual(argon2id)
  })

  it('are all told of at once', () => {
    expect(() => readSettings({ SALLYPORT_PORT: 'x', SALLYPORT_LOG_LEVEL: 'x' })).toThrow(
      /SALLYPORT_LOG_LEVEL.*\n.*SALLYPORT_PORT|SALLYPORT_PORT.*\n.*SALLYPORT_LOG_LEVEL/s,
    )
  })

  it('are described in docs/configuration.md', () => {
    expect(readFileSync(configurationPagePath, 'utf8'), 'run `npm run configuration` and commit the result').toBe(
      configurationPage(),
    )
  })
})
