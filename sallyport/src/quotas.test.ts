import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import type { GatewayDatabase } from '@sallyport/gateway'
import { portFinder, systemClock } from '@sallyport/kernel'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDatabases } from './databases.ts'
import { migrateWhenReachable, openQuotas } from './quotas.ts'
import { partNames } from './settings/parts.ts'
import { readSettings } from './settings/settings.ts'

const log = pino({ level: 'silent' })
let test: TestDatabase<GatewayDatabase>
beforeAll(async () => {
  test = await createTestDatabase<GatewayDatabase>({ service: 'gateway' })
})
afterAll(() => test.drop())

/** A way to the database that is not there yet: the address is known, and nobody listens. */
async function wayToDatabase() {
  const { host, port } = test.connection
  const way = createServer((socket) => {
    const server = connect(`${host}/.s.PGSQL.${port}`)
    socket.pipe(server).pipe(socket)
    for (const one of [socket, server]) one.on('error', () => one.destroy())
  })
  const at = await portFinder('a way to the database')()
  const open = () => new Promise<void>((resolve) => way.listen(at, '127.0.0.1', resolve))
  return { port: at, open, close: () => void way.close() }
}

it('a gateway counts alone until its database is there, and brings it up to date then', async () => {
  const way = await wayToDatabase()
  const urlOf = ({ user, database }: { user: string; database: string }): string =>
    `postgres://${user}@127.0.0.1:${way.port}/${database}`
  const elsewhere = Object.fromEntries(
    partNames.map((part) => [`DATABASE_URL_${part.toUpperCase()}`, 'postgres://x/x']),
  )
  const dataDirectory = await mkdtemp(join(tmpdir(), 'sallyport-quotas-'))
  const settings = readSettings({
    ...elsewhere,
    SALLYPORT_DATA: dataDirectory,
    DATABASE_URL_GATEWAY: urlOf(test.connection),
    DATABASE_URL_GATEWAY_OWNER: urlOf(test.ownerConnection),
  })
  const databases = await openDatabases(settings, { onProgress: () => undefined, onLost: () => undefined })
  const migrating = await migrateWhenReachable(databases, { log, everyMs: 20 })
  const quotas = await openQuotas(databases, settings, { clock: systemClock, log })
  expect(await quotas.readiness()).toBe('degraded: counted by this gateway alone')
  await way.open()
  await expect.poll(() => quotas.readiness()).toBe('ready')
  migrating.stop()
  await quotas.close()
  await databases.stop()
  way.close()
  await rm(dataDirectory, { recursive: true })
})

it('a gateway whose database refuses it does not start', async () => {
  const refusal = new Error('no such role')
  const databases = { migrate: () => Promise.reject(refusal) }
  await expect(migrateWhenReachable(databases, { log, everyMs: 20 })).rejects.toBe(refusal)
})
