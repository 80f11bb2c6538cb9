import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createTestDatabase } from './testing.ts'

it('makes databases of one folder at the same time, each by itself and migrated', async () => {
  const migrations = await mkdtemp(join(tmpdir(), 'migrations-'))
  await writeFile(join(migrations, '0001-mark.sql'), `create table mark (x int) -- ${migrations}`)
  const tests = await Promise.all(
    Array.from({ length: 6 }, () => createTestDatabase({ service: 'parallel', migrations })),
  )
  for (const [index, { database }] of tests.entries()) await database.pool.query(`insert into mark values (${index})`)
  for (const [index, { database }] of tests.entries())
    expect((await database.pool.query('select x from mark')).rows).toEqual([{ x: index }])
  await Promise.all(tests.map((test) => test.drop()))
  await rm(migrations, { recursive: true })
})
