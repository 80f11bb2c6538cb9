import { cp, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate, pendingMigrations } from './migrations.ts'
import { type TestDatabase, createTestDatabase } from './testing.ts'

let test: TestDatabase<unknown>
let folder: string

beforeEach(async () => {
  test = await createTestDatabase({ service: 'migrating' })
  folder = await mkdtemp(join(tmpdir(), 'migrations-'))
})
afterEach(async () => {
  await test.drop()
  await rm(folder, { recursive: true })
})

const options = () => ({ connection: test.ownerConnection, folder, service: 'migrating' })
const write = (file: string, text: string) => writeFile(join(folder, file), text)

describe('migrating', () => {
  it('applies each file once, in order', async () => {
    await write('0002-second.sql', 'alter table a add y int')
    await write('0001-first.sql', 'create table a (x int); insert into a values (1)')
    expect(await pendingMigrations(options())).toEqual(['0001-first', '0002-second'])
    expect(await migrate(options())).toEqual(['0001-first', '0002-second'])
    expect(await migrate(options())).toEqual([])
    await write('0003-third.sql', 'insert into a values (2, 2)')
    expect(await pendingMigrations(options())).toEqual(['0003-third'])
    expect(await migrate(options())).toEqual(['0003-third'])
    expect((await test.database.pool.query('select x, y from a order by x')).rows).toEqual([
      { x: 1, y: null },
      { x: 2, y: 2 },
    ])
  })

  it('leaves nothing behind of a migration that fails, and names its file', async () => {
    await write('0001-first.sql', 'create table a (x int)')
    await write('0002-broken.sql', 'create table b (x int); selct 1')
    await expect(migrate(options())).rejects.toThrow(
      `the migration ${folder}/0002-broken.sql of migrating failed: syntax error at or near "selct"`,
    )
    expect(await pendingMigrations(options())).toEqual(['0001-first', '0002-broken'])
    await write('0002-broken.sql', 'create table b (x int)')
    expect(await migrate(options())).toEqual(['0001-first', '0002-broken'])
  })

  it('refuses a history that lost a migration or got one in its midst', async () => {
    await write('0001-first.sql', 'create table a (x int)')
    await write('0003-third.sql', 'create table c (x int)')
    await migrate(options())
    await write('0002-second.sql', 'create table b (x int)')
    await expect(migrate(options())).rejects.toThrow('expected previously executed migration 0003-third')
    await rename(join(folder, '0003-third.sql'), join(folder, '0004-other.sql'))
    await expect(migrate(options())).rejects.toThrow('previously executed migration 0003-third is missing')
  })

  it.each(['1-short.sql', '0001_underscore.sql', '0001-UPPER.sql'])('refuses the file name %s', async (file) => {
    await write(file, 'select 1')
    await expect(migrate(options())).rejects.toThrow('is not named NNNN-name.sql')
  })

  it('refuses two migrations with one number', async () => {
    await write('0001-a.sql', 'select 1')
    await write('0001-b.sql', 'select 1')
    await expect(migrate(options())).rejects.toThrow('0001-b.sql has the number of another migration')
  })

  it('is done once by programs that do it at the same time', async () => {
    await cp(join(import.meta.dirname, 'fixtures', 'migrations'), folder, { recursive: true })
    await write('0003-slow.sql', 'create table slow (x int); select pg_sleep(0.2); insert into slow values (1)')
    const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(options())))
    expect(applied.flat().sort()).toEqual((await readdir(folder)).map((file) => file.slice(0, -4)).sort())
    expect((await test.database.pool.query('select x from slow')).rows).toEqual([{ x: 1 }])
  })
})
