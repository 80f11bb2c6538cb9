import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { copyDatabase, makeDirectory, makeStoppedDatabase, removeDirectory } from '../fixtures/directories.ts'
import { type Program, type ProgramEvent, startProgram } from '../fixtures/start-program.ts'
import { forgetfulSettings } from '../testing/global-setup.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'

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

async function start(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDirectory: data, settings: forgetfulSettings })
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

describe('two programs on one directory', () => {
  it('refuses the second, which names the first and leaves it alone', async () => {
    await copyDatabase(stopped, directory)
    const first = program()
    const ready = await first.until('ready', 'refused')
    const second = program()
    expect(await second.until('ready', 'refused')).toMatchObject({
      event: 'refused',
      name: 'DirectoryInUse',
      message: `the data directory ${data} is in use by the program with process id ${first.child.pid}: stop it first, or choose another SALLYPORT_DATA`,
    })
    expect(await query(ready, 'select 1 as one')).toEqual([{ one: 1 }])
    await first.stop()
  })

  it('refuses the second also when the first cannot be asked', async () => {
    await copyDatabase(stopped, directory)
    const first = program()
    const ready = await first.until('ready', 'refused')
    process.kill(ready.pid ?? 0, 'SIGSTOP')
    const second = program()
    expect(await second.until('ready', 'refused')).toMatchObject({ event: 'refused', name: 'DirectoryInUse' })
    process.kill(ready.pid ?? 0, 'SIGCONT')
    expect(await query(ready, 'select 1 as one')).toEqual([{ one: 1 }])
    await first.stop()
  })

  it.each(['an empty directory', 'a stopped database', 'a server left running'])(
    'lets one of four win that start at the same moment on %s',
    async (what) => {
      if (what !== 'an empty directory') await copyDatabase(stopped, directory)
      if (what === 'a server left running') {
        const before = program()
        await before.until('ready', 'refused')
        await before.kill()
      }
      const all = [program(), program(), program(), program()]
      const outcomes = await Promise.all(all.map((one) => one.until('ready', 'refused')))
      expect(outcomes.map(({ event }) => event).sort()).toEqual(['ready', 'refused', 'refused', 'refused'])
      for (const { event, name } of outcomes) if (event === 'refused') expect(name).toBe('DirectoryInUse')
      const winner = all[outcomes.findIndex(({ event }) => event === 'ready')]
      const ready = await winner?.until('ready')
      if (ready) expect(await query(ready, 'select 1 as one')).toEqual([{ one: 1 }])
      await winner?.stop()
    },
  )
})

describe('a directory that cannot be used', () => {
  const unusable = (why: string) => ({ name: 'DirectoryUnusable', message: expect.stringContaining(why) })

  it('is refused when a file is in its place', async () => {
    await writeFile(data, '')
    await expect(start()).rejects.toMatchObject(unusable(`${data} cannot be used: a file is in its place`))
  })

  it('is refused when a file is above it', async () => {
    await writeFile(data, '')
    data = join(data, 'deeper')
    await expect(start()).rejects.toMatchObject(unusable('a file is in its place or above it'))
    data = join(directory, 'data')
  })

  it('is refused when something else lies where the database should be', async () => {
    await mkdir(join(data, 'postgres'), { recursive: true })
    await writeFile(join(data, 'postgres', 'thesis.txt'), 'precious')
    await expect(start()).rejects.toMatchObject(unusable('is not a PostgreSQL cluster; move it away'))
    expect(await readFile(join(data, 'postgres', 'thesis.txt'), 'utf8')).toBe('precious')
  })

  it('is refused when another version of PostgreSQL made it', async () => {
    await copyDatabase(stopped, directory)
    await writeFile(join(data, 'postgres', 'PG_VERSION'), '17\n')
    await expect(start()).rejects.toMatchObject(unusable('was made by PostgreSQL 17, and this is 18'))
    await writeFile(join(data, 'postgres', 'PG_VERSION'), '18\n')
  })
})
