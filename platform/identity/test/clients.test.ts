import { readFile } from 'node:fs/promises'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { systemClock } from '@sallyport/kernel'
import { digestOfSecret } from '@sallyport/openid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openIdClients } from '../src/clients/clients.ts'
import { type Clients, createClients, InvalidClient, type NewClient, UnknownClient } from '../src/clients/index.ts'
import { createAudit } from '../src/audit/index.ts'
import { type IdentityDatabase, migrations } from '../src/index.ts'

const operator = { kind: 'operator' } as const
const orchard: NewClient = {
  name: 'Orchard',
  firstParty: false,
  confidential: true,
  redirectUris: ['https://app.example/callback'],
  postLogoutRedirectUris: [],
}
let test: TestDatabase<IdentityDatabase>
let clients: Clients

beforeAll(async () => {
  test = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
  const { db } = test.database
  clients = createClients({ db, clock: systemClock, audit: createAudit(systemClock) })
})
afterAll(() => test.drop())

const found = (id: string) => openIdClients({ db: test.database.db, clock: systemClock }).find(id)

describe('a client', () => {
  it('is found with digests of its secrets, never with the secrets', async () => {
    const { id, secret = '' } = await clients.add(orchard, operator)
    const client = await found(id)
    expect(client?.secretDigests).toEqual([digestOfSecret(secret)])
    expect(client?.metadata).toMatchObject({ client_id: id, client_name: 'Orchard', response_types: ['code'] })
    expect(JSON.stringify(client)).not.toContain(secret)
  })

  it('has the two secrets that were made last, also after ten rotations at once', async () => {
    const { id } = await clients.add(orchard, operator)
    const made = await Promise.all(Array.from({ length: 10 }, () => clients.rotateSecret(id, operator)))
    const digests = (await found(id))?.secretDigests ?? []
    expect(digests).toHaveLength(2)
    const known = made.map(({ secret = '' }) => digestOfSecret(secret).toString('hex'))
    for (const digest of digests) expect(known).toContain(digest.toString('hex'))
  })

  it('without a secret gets none by rotation', async () => {
    const { id, secret } = await clients.add({ ...orchard, confidential: false }, operator)
    expect(secret).toBeUndefined()
    await expect(clients.rotateSecret(id, operator)).rejects.toBeInstanceOf(UnknownClient)
    await expect(clients.remove(`${id}\0`, operator)).rejects.toBeInstanceOf(UnknownClient)
  })

  it('with an address of its own scheme is native, and acts for nobody but people', async () => {
    const { id } = await clients.add(
      { ...orchard, confidential: false, redirectUris: ['com.example.app:/back', 'http://127.0.0.1/back'] },
      operator,
    )
    expect((await found(id))?.metadata).toMatchObject({
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    })
  })

  it('that nobody signs in to acts for itself alone', async () => {
    const { id } = await clients.add({ ...orchard, redirectUris: [] }, operator)
    expect((await found(id))?.metadata).toMatchObject({ response_types: [], grant_types: ['client_credentials'] })
  })

  it.each([
    ['no name', { name: ' ' }],
    ['a script for an address', { redirectUris: ['javascript:alert(1)'] }],
    ['a fragment', { redirectUris: ['https://app.example/#'] }],
    ['a name in its address', { redirectUris: ['https://ada@app.example/'] }],
    ['http to elsewhere beside its own scheme', { redirectUris: ['app:/back', 'http://app.example/'] }],
    ['no whole address', { redirectUris: ['/callback'] }],
    ['a script to go to afterwards', { postLogoutRedirectUris: ['data:text/html,x'] }],
    ['neither secret nor address', { confidential: false, redirectUris: [] }],
    ['sign-outs told elsewhere than on the web', { backchannelLogoutUri: 'file:///etc/passwd' }],
  ])('is refused with %s', async (_, changes) =>
    expect(clients.add({ ...orchard, ...changes }, operator)).rejects.toBeInstanceOf(InvalidClient),
  )

  it('is unknown once removed, and so is whoever never was', async () => {
    const { id } = await clients.add(orchard, operator)
    await clients.remove(id, operator)
    expect(await found(id)).toBeUndefined()
    for (const unknown of [id, 'nobody', 'x'.repeat(101), ''])
      await expect(clients.remove(unknown, operator)).rejects.toBeInstanceOf(UnknownClient)
    expect(await found('x'.repeat(101))).toBeUndefined()
  })
})

it('the table of the provider is the one of its package, to the letter', async () => {
  const own = await readFile(`${migrations}/0010-openid.sql`, 'utf8')
  const theirs = new URL('../../../packages/openid/migrations/0001-openid.sql', import.meta.url)
  expect(own.startsWith(await readFile(theirs, 'utf8'))).toBe(true)
})
