import { openDatabase } from '@sallyport/database'
import { newId, systemClock } from '@sallyport/kernel'
import { afterAll, expect, it } from 'vitest'
import type { WalletDatabase } from '../src/index.ts'
import { serveWallet } from './surface-fixture.ts'

// Nobody listens on the first port.
const connection = { url: 'postgres://nobody@127.0.0.1:1/wallet' }
const database = openDatabase<WalletDatabase>({ service: 'wallet', connection })
const { service } = await serveWallet({ test: { database }, clock: systemClock })
afterAll(async () => {
  await service.stop()
  await database.close()
})

it.each([
  ['/api/tux-management/balances', { detail: 'The service is not available now' }],
  ['/v1/wallet/transactions', { title: 'Not available now' }],
])('says 503 in the words of the surface while the database cannot be reached: %s', async (path, body) => {
  const uid = newId()
  const reply = await service.inject({
    method: 'GET',
    path: path.startsWith('/api') ? `${path}/${uid}` : path,
    headers: { authorization: `Bearer player ${uid}` },
  })
  expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1'])
  expect(JSON.parse(reply.body)).toMatchObject(body)
})
