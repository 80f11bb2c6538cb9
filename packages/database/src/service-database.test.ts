import { type Generated, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from './service-database.ts'
import { type TestDatabase, createTestDatabase } from './testing.ts'

interface Tables {
  item: { id: Generated<bigint>; weight: string; made: Date }
}

let test: TestDatabase<Tables>
const folder = `${import.meta.dirname}/fixtures/migrations`

beforeAll(async () => {
  test = await createTestDatabase<Tables>({ service: 'wallet', migrations: folder })
})
afterAll(() => test.drop())

describe('a service database', () => {
  it('reads whole numbers exactly, decimals as text and times as dates', async () => {
    const { db } = test.database
    const made = new Date('2026-01-02T03:04:05.678Z')
    await db.insertInto('item').values({ id: 9_007_199_254_740_993n, weight: '0.10', made }).execute()
    expect(await db.selectFrom('item').selectAll().executeTakeFirst()).toEqual({
      id: 9_007_199_254_740_993n,
      weight: '0.10',
      made,
    })
  })

  it('lets the service work with tables and sequences, not change the schema nor the history of migrations', async () => {
    const { pool } = test.database
    await pool.query(`insert into item (weight, made) values ('1', now())`)
    await pool.query(`select double(2)`)
    await expect(pool.query('drop table item')).rejects.toThrow('must be owner of table item')
    await expect(pool.query('create table other (id int)')).rejects.toThrow('permission denied for schema public')
    await expect(pool.query('truncate item')).rejects.toThrow('permission denied for table item')
    await expect(pool.query('select * from migration.applied')).rejects.toThrow(
      'permission denied for schema migration',
    )
    await pool.query('create schema own_schema; create table own_schema.t (id int)')
  })

  it('lets a migration take rights away again', async () => {
    await expect(test.database.pool.query('delete from entry')).rejects.toThrow('permission denied for table entry')
    await expect(test.database.pool.query('select secret()')).rejects.toThrow('permission denied for function secret')
  })

  it('survives the loss of an idle connection and of one in a transaction', async () => {
    const { pool, db } = test.database
    await Promise.all([pool.query('select 1'), pool.query('select 1')])
    const administrator = { ...test.connection, user: 'postgres' }
    const other = openDatabase({ connection: administrator, service: 'wallet', poolSize: 1 })
    const { rows: ended } = await sql<{ isOver: boolean }>`
      select pg_terminate_backend(pid, 20000) as "isOver" from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(other.db)
    expect(ended.length).toBeGreaterThan(1)
    expect(ended.every(({ isOver }) => isOver)).toBe(true)
    // It hears of that a moment later.
    await expect.poll(() => pool.totalCount).toBe(0)
    await expect(
      db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
        await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db)
        await sql`select 1`.execute(tx)
      }),
    ).rejects.toThrow()
    await other.close()
    await expect.poll(() => pool.totalCount).toBeLessThan(2)
    await test.database.ping()
  })

  it('ends a statement that takes too long', async () => {
    const slow = openDatabase({ connection: test.connection, service: 'wallet', statementTimeoutMs: 50 })
    await expect(sql`select pg_sleep(5)`.execute(slow.db)).rejects.toThrow('statement timeout')
    await slow.close()
  })

  it('closes once, however often it is asked to', async () => {
    const database = openDatabase({ connection: test.connection, service: 'wallet' })
    await database.ping()
    await Promise.all([database.close(), database.close()])
  })
})

describe('the address of a database', () => {
  it.each(['postgres://u:hunter2@', 'hunter2', 'http://u:hunter2@host/db', 'postgres://u:hunter2@ho st:99999/db'])(
    'does not appear in the refusal: %s',
    (url) => {
      expect(() => openDatabase({ connection: { url }, service: 'wallet' })).toThrow(
        'the database address of wallet is not of the form postgres://user:password@host:port/database',
      )
    },
  )

  it('does not appear when nobody answers there', async () => {
    const database = openDatabase({ connection: { url: 'postgres://u:hunter2@127.0.0.1:1/db' }, service: 'wallet' })
    const refusal: unknown = await database.ping().catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(Error)
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('hunter2')
    await database.close()
  })
})
