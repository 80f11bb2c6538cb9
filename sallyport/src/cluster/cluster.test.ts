import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { takeProcessLock } from '../data-directory/process-lock.ts'
import { partNames } from '../settings/parts.ts'
import { InvalidSettings, readSettings } from '../settings/settings.ts'
import { startCluster } from './cluster.ts'

let dataDirectory: string
beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'sallyport-cluster-'))
})
afterEach(() => rm(dataDirectory, { recursive: true }))

it('a cluster is refused beside another one, also where no database of its own would tell', async () => {
  const nowhere = partNames.map((part) => [`DATABASE_URL_${part.toUpperCase()}`, 'postgres://x@127.0.0.1:9/x'])
  const environment = { SALLYPORT_DATA: dataDirectory, ...Object.fromEntries(nowhere) }
  const other = await takeProcessLock(join(dataDirectory, 'cluster.lock'), { waitMs: 0 })
  const said: string[] = []
  const tell = (line: string): void => void said.push(line)
  const cluster = startCluster({
    settings: readSettings(environment),
    environment,
    instances: {},
    standbys: 0,
    write: tell,
    onProgress: tell,
  })
  await expect(cluster.opened).rejects.toThrow(
    new InvalidSettings(`a cluster runs on ${dataDirectory} already; SALLYPORT_DATA names another directory`),
  )
  await cluster.stop()
  // Nothing was begun, and the right of the other one stays.
  expect([said, await readdir(dataDirectory)]).toEqual([[], ['cluster.lock']])
  expect(await takeProcessLock(join(dataDirectory, 'cluster.lock'), { waitMs: 0 })).toBeUndefined()
  other?.release()
})
