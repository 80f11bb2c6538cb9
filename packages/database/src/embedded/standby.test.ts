import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, ask, run, startCluster } from '../fixtures/cluster.ts'
import { makeDirectory, removeDirectory } from '../fixtures/directories.ts'
import { type Program, startProgram } from '../fixtures/start-program.ts'
import { type EmbeddedStandby, embeddedStandby } from './standby.ts'

let cluster: Cluster
let standby: EmbeddedStandby

beforeAll(async () => {
  // A log that is kept for nobody, so that a standby that was away is too late soon.
  cluster = await startCluster({ wal_keep_size: '0', max_wal_size: '32MB', min_wal_size: '32MB' })
  standby = cluster.standbys[0]
  await run(cluster.owner, 'create table note (n int)')
})
afterAll(() => cluster.remove())

let notes = 0
async function write(): Promise<number> {
  await run(cluster.owner, `insert into note values (${++notes})`)
  return notes
}

/** Waits until the standby knows all notes. */
async function untilFollowing(one = standby): Promise<void> {
  const last = await write()
  await expect
    .poll(() => ask(one.connection('identity'), 'select max(n) as value from note'), { timeout: 30_000 })
    .toBe(last)
  expect(await ask(one.connection('identity'), 'select count(*)::int as value from note')).toBe(last)
}

/** Makes the primary forget the log that a standby would go on from. */
async function forgetLog(): Promise<void> {
  const admin = { ...cluster.owner, user: 'postgres' }
  for (let n = 0; n < 4; n += 1) {
    await write()
    await run(admin, 'select pg_switch_wal()')
    await run(admin, 'checkpoint')
  }
}

describe('a standby', () => {
  it('E-63 E-66 follows the primary and can be read alone', async () => {
    await untilFollowing()
    await untilFollowing(cluster.standbys[1])
    const connection = standby.connection('identity')
    expect(await ask(connection, 'select pg_is_in_recovery() as value')).toBe(true)
    await expect(run(connection, 'insert into note values (0)')).rejects.toMatchObject({ code: '25006' })
  })

  it('has a directory and a socket that are closed to others', async () => {
    for (const directory of [join(cluster.dataDirectory, 'secondary-1'), standby.connection('identity').host])
      expect((await stat(directory)).mode & 0o777).toBe(0o700)
  })

  it('tells how far it is while it is made', () => {
    expect(cluster.steps).toContainEqual(expect.stringMatching(/^making secondary-1: copied \d+ of \d+ MB$/))
  })

  it('E-2 E-67 is stopped and started alone and goes on from its position', async () => {
    await standby.stop()
    expect(standby.pid).toBeUndefined()
    await write()
    expect(await standby.start()).toBe('started')
    await untilFollowing()
  })

  it('E-67 starts without the primary', async () => {
    await untilFollowing()
    await standby.stop()
    await cluster.primary.stop()
    expect(await standby.start()).toBe('started')
    expect(await ask(standby.connection('identity'), 'select max(n) as value from note')).toBe(notes)
    await cluster.restartPrimary()
    await untilFollowing()
  })

  it('E-67 is made afresh when the primary no longer has its log, and is read meanwhile', async () => {
    await standby.stop()
    const before = notes
    await forgetLog()
    expect(await standby.start()).toBe('started')
    expect(await ask(standby.connection('identity'), 'select max(n) as value from note')).toBe(before)
    await untilFollowing()
    expect(cluster.steps).toContain(
      'secondary-1 is made afresh, because the primary no longer has the log it would go on from',
    )
  })

  it.each([
    [
      'its control file is garbage',
      (directory: string) => writeFile(join(directory, 'global', 'pg_control'), 'garbage'),
    ],
    ['its log is gone', (directory: string) => rm(join(directory, 'pg_wal'), { recursive: true })],
    ['everything is gone', (directory: string) => rm(directory, { recursive: true })],
    ['another version made it', (directory: string) => writeFile(join(directory, 'PG_VERSION'), '17\n')],
    ['it would start as a second primary', (directory: string) => rm(join(directory, 'standby.signal'))],
  ])('E-67 is made afresh when %s', async (_, damage) => {
    await standby.stop()
    await damage(join(cluster.dataDirectory, 'secondary-1'))
    expect(await standby.start()).toBe('cloned')
    expect(await ask(standby.connection('identity'), 'select pg_is_in_recovery() as value')).toBe(true)
    await untilFollowing()
  })

  it('E-67 is made afresh when it is asked to be, as when a table is damaged', async () => {
    const { pid } = standby
    await standby.renew()
    expect(standby.pid).not.toBe(pid)
    await untilFollowing()
  })

  it('E-67 goes on as it was when it is to be made afresh and the primary is away', async () => {
    const { pid } = standby
    await cluster.primary.stop()
    await expect(standby.renew()).rejects.toThrow(/secondary-1 cannot be made while the primary is not running/)
    expect(standby.pid).toBe(pid)
    expect(await ask(standby.connection('identity'), 'select max(n) as value from note')).toBe(notes)
    await cluster.restartPrimary()
    await untilFollowing()
  })

  it('E-67 is lost when it was made afresh and does not start, and can be started', async () => {
    const lost: string[] = []
    const { dataDirectory } = cluster
    const name = 'secondary-3'
    const onLost = ({ message }: Error) => void lost.push(message)
    const third = await embeddedStandby({
      dataDirectory,
      name,
      settings: { fsync: 'off', max_connections: '50' },
      onLost,
    })
    try {
      expect(await third.start()).toBe('cloned')
      await untilFollowing(third)
      // A server that cannot open its log does not start.
      const log = join(dataDirectory, `${name}.log`)
      await rm(log)
      await mkdir(log)
      await expect(third.renew()).rejects.toThrow()
      expect([third.pid, lost]).toEqual([undefined, [expect.stringContaining('secondary-3 could not be made afresh')]])
      await rm(log, { recursive: true })
      expect(await third.start()).toBe('started')
      await untilFollowing(third)
      expect(lost).toHaveLength(1)
    } finally {
      await third.stop()
    }
  })

  it('never starts on what was left half-made', async () => {
    await standby.stop()
    await rm(join(cluster.dataDirectory, 'secondary-1'), { recursive: true })
    const halfMade = join(cluster.dataDirectory, 'secondary-1.new-AAAAAA')
    await mkdir(halfMade)
    await writeFile(join(halfMade, 'PG_VERSION'), '18\n')
    await cluster.primary.stop()
    await expect(standby.start()).rejects.toThrow(/secondary-1 cannot be made while the primary is not running/)
    await cluster.restartPrimary()
    expect(await standby.start()).toBe('cloned')
    expect((await readdir(cluster.dataDirectory)).filter((name) => name.includes('.new-'))).toEqual([])
    await untilFollowing()
  })

  it('E-67 is made afresh when the primary is another database', async () => {
    const data = cluster.dataDirectory
    await cluster.primary.stop()
    await rm(join(data, 'postgres'), { recursive: true })
    await cluster.restartPrimary()
    await cluster.primary.ensureServices(['identity'])
    await run(cluster.owner, 'create table note (n int)')
    notes = 0
    await untilFollowing()
    expect(cluster.steps).toContain('secondary-1 is made afresh, because it is a copy of another database')
  })
})

describe('after a kill -9 of the program', () => {
  let directory: string
  const programs: Program[] = []
  beforeAll(async () => {
    directory = await makeDirectory()
  })
  afterAll(async () => {
    for (const program of programs) if (program.child.exitCode === null) await program.kill()
    await removeDirectory(directory)
  })
  const program = () => {
    const started = startProgram(join(directory, 'data'), undefined, ['secondary-1'])
    programs.push(started)
    return started
  }

  it('standbys are taken over with the primary', async () => {
    const first = program()
    const ready = await first.until('ready', 'refused')
    expect(ready.standbys).toMatchObject([{ origin: 'cloned' }])
    await first.kill()
    const next = program()
    const again = await next.until('ready', 'refused')
    expect(again).toMatchObject({ origin: 'adopted', pid: ready.pid })
    expect(again.standbys).toMatchObject([{ origin: 'adopted', pid: ready.standbys?.[0]?.pid }])
    await next.stop()
  })
})
