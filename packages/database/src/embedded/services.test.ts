import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SocketConnection } from '../connection.ts'
import { makeDirectory, removeDirectory } from '../fixtures/directories.ts'
import { forgetfulSettings } from '../testing/global-setup.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { namesOf } from './services.ts'

let directory: string
let postgres: EmbeddedPostgres

beforeAll(async () => {
  directory = await makeDirectory()
  postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), settings: forgetfulSettings })
  await postgres.ensureServices(['wallet', 'gacha'])
})
afterAll(async () => {
  await postgres.stop()
  await removeDirectory(directory)
})

async function query(connection: SocketConnection, text: string): Promise<unknown[]> {
  const client = new Client(connection)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

describe('the databases of two services', () => {
  it.each(['owner', 'service'] as const)('are closed to the other one (%s)', async (role) => {
    const { user } = postgres.connection('wallet', role)
    for (const database of ['gacha', 'postgres', 'template1'])
      await expect(query({ ...postgres.connection('wallet', role), database }, 'select 1')).rejects.toThrow(
        `permission denied for database "${database}"`,
      )
    for (const other of ['gacha', 'gacha_owner', 'postgres', ...(role === 'service' ? ['wallet_owner'] : [])])
      await expect(query(postgres.connection('wallet', role), `set role ${other}`)).rejects.toThrow(
        `permission denied to set role "${other}"`,
      )
    expect(await query(postgres.connection('wallet', role), 'select current_user as name')).toEqual([{ name: user }])
  })

  it('give the running service the use of what the owner makes, and a schema of its own', async () => {
    const owner = postgres.connection('wallet', 'owner')
    const service = postgres.connection('wallet', 'service')
    await query(owner, 'create table coin (id serial primary key, n int)')
    await query(service, 'insert into coin (n) values (1)')
    await query(service, 'update coin set n = 2; delete from coin')
    for (const refused of [
      'create table other (n int)',
      'drop table coin',
      'truncate coin',
      'alter table coin add m int',
    ])
      await expect(query(service, refused)).rejects.toThrow(/permission denied|must be owner/)
    await query(service, 'create schema queue; create table queue.job (id int)')
    await expect(query(service, 'create database other')).rejects.toThrow('permission denied')
    await expect(query(service, 'create role other')).rejects.toThrow('permission denied')
  })

  it('are made once, and a set-up that was interrupted is completed', async () => {
    await postgres.ensureServices(['wallet', 'gacha'])
    const admin = { ...postgres.connection('wallet', 'owner'), user: 'postgres', database: 'postgres' }
    await query(admin, 'create role auction_owner login')
    await query(admin, 'create database auction owner auction_owner')
    await postgres.ensureServices(['wallet', 'auction'])
    await query(postgres.connection('auction', 'owner'), 'create table lot (n int)')
    expect(await query(postgres.connection('auction', 'service'), 'select n from lot')).toEqual([])
    await expect(
      query({ ...postgres.connection('gacha', 'service'), database: 'auction' }, 'select 1'),
    ).rejects.toThrow('permission denied')
  })
})

describe('the name of a service', () => {
  it.each(['cloud_provider', 'a', 'x1'])('may be %s', (name) => {
    expect(namesOf(name)).toEqual({ database: name, owner: `${name}_owner`, service: name })
  })

  it.each([
    '',
    'Wallet',
    '1a',
    'a-b',
    'a"b',
    'a;b',
    'postgres',
    'template1',
    'pg_x',
    'x_owner',
    'public',
    'a'.repeat(51),
  ])('may not be "%s"', (name) => {
    expect(() => namesOf(name)).toThrow("cannot be the name of a service's database")
  })
})
