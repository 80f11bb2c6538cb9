import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDatabase } from '../service-database.ts'
import { useEmbeddedPostgres } from './beside.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

const settings = { fsync: 'off' }
let dataDirectory: string

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'sallyport-beside-'))
  await chmod(dataDirectory, 0o711)
})
afterAll(() => rm(dataDirectory, { recursive: true, force: true }))

it('a task reaches the databases while the program runs, and also when it does not', async () => {
  const program = await startEmbeddedPostgres({ dataDirectory, settings })
  await program.ensureServices(['wallet'])
  const ask = async (): Promise<void> => {
    const task = await useEmbeddedPostgres({ dataDirectory, settings })
    const database = openDatabase({ connection: task.connection('wallet', 'service'), service: 'wallet' })
    await database.ping()
    await database.close()
    await task.stop()
  }
  await expect(ask()).resolves.toBeUndefined()
  const database = openDatabase({ connection: program.connection('wallet', 'service'), service: 'wallet' })
  await database.ping()
  await database.close()
  await program.stop()
  await expect(ask()).resolves.toBeUndefined()
})
