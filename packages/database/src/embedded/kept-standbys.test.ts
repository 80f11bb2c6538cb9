import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, run } from '../fixtures/cluster.ts'
import { makeDirectory, removeDirectory } from '../fixtures/directories.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { type KeptStandbys, keepStandbys } from './kept-standbys.ts'
import { findServer } from './server.ts'

let directory: string
let dataDirectory: string
let primary: EmbeddedPostgres
let kept: KeptStandbys
const settings = { fsync: 'off' }

beforeEach(async () => {
  directory = await makeDirectory()
  dataDirectory = join(directory, 'data')
  primary = await startEmbeddedPostgres({ dataDirectory, settings, hasStandbys: true })
  await primary.ensureServices(['identity'])
  await run(primary.connection('identity', 'owner'), 'create table note as select 1 as n')
  kept = await keepStandbys({ dataDirectory, count: 1, settings })
})
afterEach(async () => {
  await kept.stop()
  await primary.stop()
  await removeDirectory(directory)
})

const untilReadable = () =>
  expect
    .poll(
      async () => {
        const [connection] = kept.connections('identity')
        return connection && ask(connection, 'select n as value from note')
      },
      { timeout: 30_000 },
    )
    .toBe(1)
const serverOf = () => findServer({ clusterDirectory: join(dataDirectory, 'secondary-1') })

it('a standby that is kept comes back after it was killed, and may be made afresh', async () => {
  await untilReadable()
  const before = await serverOf()
  process.kill(before?.pid ?? 0, 'SIGKILL')
  await expect.poll(async () => (await serverOf())?.pid).not.toBe(before?.pid)
  await untilReadable()
  await expect.poll(async () => (await serverOf())?.ready).toBe(true)
  const restarted = await serverOf()
  kept.renew('secondary-1')
  kept.renew('secondary-7')
  await expect.poll(async () => (await serverOf())?.pid, { timeout: 30_000 }).not.toBe(restarted?.pid)
  await untilReadable()
})

it('is not started again when all ends, also while it is being made', async () => {
  await kept.stop()
  expect(await serverOf()).toBeUndefined()
})
