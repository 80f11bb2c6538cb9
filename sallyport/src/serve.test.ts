import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toUrl } from '@sallyport/database'
import { createTestDatabase } from '@sallyport/database/testing'
import { migrations, type WalletDatabase } from '@sallyport/wallet'
import { pino } from 'pino'
import { afterAll, expect, it } from 'vitest'
import { servePart } from './serve.ts'
import { readSettings } from './settings/settings.ts'

const test = await createTestDatabase<WalletDatabase>({ service: 'wallet', migrations })
const dataDirectory = await mkdtemp(join(tmpdir(), 'sallyport-serve-'))
afterAll(async () => {
  await test.drop()
  await rm(dataDirectory, { recursive: true, force: true })
})

it.each([
  ['on this machine alone, wherever the doors are', {}, '127.0.0.1'],
  ['on an address of its own', { SALLYPORT_PART_HOST: '127.0.0.3' }, '127.0.0.3'],
])('E-4 E-23 the port of a part listens %s', async (_where, chosen, expected) => {
  const settings = readSettings({
    SALLYPORT_DATA: dataDirectory,
    SALLYPORT_PUBLIC_URL: 'http://sallyport.test',
    SALLYPORT_HOST: '127.0.0.2',
    DATABASE_URL_WALLET: toUrl(test.connection),
    DATABASE_URL_WALLET_OWNER: toUrl(test.ownerConnection),
    // Nobody is there; the wallet waits for nobody.
    SALLYPORT_URL_IDENTITY: 'http://127.0.0.1:1',
    ...chosen,
  })
  const part = await servePart('wallet', settings, pino({ level: 'silent' }))
  expect(new URL(part.addresses['wallet'] ?? '').hostname).toBe(expected)
  await part.stop()
})
