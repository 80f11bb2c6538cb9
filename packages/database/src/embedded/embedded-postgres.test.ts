import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { copyDatabase, makeDirectory, makeStoppedDatabase, removeDirectory } from '../fixtures/directories.ts'
import { type Program, type ProgramEvent, startProgram } from '../fixtures/start-program.ts'
import { forgetfulSettings } from '../testing/global-setup.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { isAlive, waitForExit } from './process.ts'

let stopped: string
let directory: string
let data: string
const programs: Program[] = []

beforeAll(async () => {
  stopped = await makeStoppedDatabase()
})
afterAll(() => removeDirectory(stopped))
beforeEach(async () => {
  directory = await makeDirectory()
  data = join(directory, 'data')
})
afterEach(async () => {
  for (const program of programs.splice(0)) if (program.child.exitCode === null) await program.kill()
  await removeDirectory(directory)
})

function program(): Program {
  const started = startProgram(data)
  programs.push(started)
  return started
}

async function start(options: object = {}): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDirectory: data, settings: forgetfulSettings, ...options })
}

async function query(ready: ProgramEvent, text: string): Promise<unknown[]> {
  const client = new Client({ ...ready.connection })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

describe('starting for the first time', () => {
  it('makes the database once and keeps it', async () => {
    const first = program()
    const ready = await first.until('ready', 'refused')
    expect(ready).toMatchObject({ event: 'ready', origin: 'created' })
    await query(ready, 'create table kept as select 7 as n')
    await first.stop()
    expect(isAlive(ready.pid ?? 0)).toBe(false)

    const second = program()
    const again = await second.until('ready', 'refused')
    expect(again).toMatchObject({ event: 'ready', origin: 'started' })
    expect(await query(again, 'select n from kept')).toEqual([{ n: 7 }])
    await second.stop()
  })

  it.each([200, 500, 800])('makes the database anew when the first start was killed after %i ms', async (ms) => {
    const killed = program()
    await sleep(ms)
    await killed.kill()
    const next = program()
    expect(await next.until('ready', 'refused')).toMatchObject({ event: 'ready' })
    expect((await readdir(data)).filter((name) => name.includes('.new-'))).toEqual([])
    await next.stop()
  })
})

describe('starting', () => {
  beforeEach(() => copyDatabase(stopped, directory))

  it('is durable unless told otherwise, compares text byte by byte and listens on no network', async () => {
    const postgres = await startEmbeddedPostgres({ dataDirectory: data })
    await postgres.ensureServices(['wallet'])
    const ready: ProgramEvent = { event: 'ready', connection: postgres.connection('wallet', 'owner') }
    expect(
      await query(
        ready,
        `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
         current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
         pg_encoding_to_char(encoding) as encoding, datcollate, datlocprovider, 'Z' < 'a' as bytewise, lower('ÄÉ') as low
         from pg_database where datname = 'wallet'`,
      ),
    ).toEqual([
      {
        fsync: 'on',
        commit: 'on',
        checksums: 'on',
        addresses: '',
        encoding: 'UTF8',
        datcollate: 'C',
        datlocprovider: 'b',
        bytewise: true,
        low: 'äé',
      },
    ])
    await postgres.stop()
    await postgres.stop()
  })

  it('is not reached by a Ctrl-C at the terminal of the program', async () => {
    const running = program()
    const ready = await running.until('ready', 'refused')
    process.kill(-(running.child.pid ?? 0), 'SIGINT')
    await running.until('interrupted')
    await sleep(100)
    expect(await query(ready, 'select 1 as one')).toEqual([{ one: 1 }])
    await running.stop()
  })

  it('tells the program when the database dies', async () => {
    const lost = vi.fn<(error: Error) => void>()
    const postgres = await start({ onLost: lost })
    process.kill(postgres.pid, 'SIGKILL')
    await expect.poll(() => lost).toHaveBeenCalledOnce()
    await postgres.stop()
  })

  it('ends with the last words of PostgreSQL when it does not start', async () => {
    await expect(start({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /PostgreSQL does not start.*PostgreSQL said:\n.*invalid value for parameter "shared_buffers": "plenty"/s,
    )
  })
})

describe('after a kill -9', () => {
  beforeEach(() => copyDatabase(stopped, directory))

  it('takes over the server that was left running', async () => {
    const killed = program()
    const ready = await killed.until('ready', 'refused')
    await query(ready, 'create table kept as select 7 as n')
    await killed.kill()
    expect(isAlive(ready.pid ?? 0)).toBe(true)

    const next = program()
    const again = await next.until('ready', 'refused')
    expect(again).toMatchObject({ event: 'ready', origin: 'adopted', pid: ready.pid })
    expect(await query(again, 'select n from kept')).toEqual([{ n: 7 }])
    await next.stop()
    expect(isAlive(ready.pid ?? 0)).toBe(false)
  })

  it('restarts the one left running when it has other settings', async () => {
    const killed = program()
    const ready = await killed.until('ready', 'refused')
    await killed.kill()
    const postgres = await start({ settings: { fsync: 'off', work_mem: '8MB' } })
    expect(postgres).toMatchObject({ origin: 'started' })
    expect(postgres.pid).not.toBe(ready.pid)
    await postgres.stop()
  })

  it('ends the one left running when it does not answer', async () => {
    const killed = program()
    const ready = await killed.until('ready', 'refused')
    await killed.kill()
    process.kill(ready.pid ?? 0, 'SIGSTOP')
    const steps: string[] = []
    const postgres = await start({ onProgress: (step: string) => steps.push(step) })
    expect(postgres.origin).toBe('started')
    expect(steps).toContain('ending a PostgreSQL that was left running and does not answer')
    await postgres.stop()
  })

  it('starts when the server died too, whatever process has its id now', async () => {
    const killed = program()
    const ready = await killed.until('ready', 'refused')
    await query(ready, 'create table kept as select 7 as n')
    await killed.kill()
    process.kill(ready.pid ?? 0, 'SIGKILL')
    await waitForExit(ready.pid ?? 0, 5000)
    const pidFile = join(data, 'postgres', 'postmaster.pid')
    const text = await readFile(pidFile, 'utf8')
    await writeFile(pidFile, text.replace(/^\d+/, String(process.pid)))

    const next = program()
    const again = await next.until('ready', 'refused')
    expect(again).toMatchObject({ event: 'ready', origin: 'started' })
    expect(await query(again, 'select n from kept')).toEqual([{ n: 7 }])
    await next.stop()
  })
})
