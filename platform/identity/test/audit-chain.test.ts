import { randomBytes } from 'node:crypto'
import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { newId, systemClock } from '@sallyport/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAudit } from '../src/audit/audit.ts'
import { chainKey, type Head } from '../src/audit/chain.ts'
import { claimChain, lastLink } from '../src/audit/chain-store.ts'
import { sealBatch } from '../src/audit/sealer.ts'
import { verifyAudit } from '../src/audit/verification.ts'
import { type IdentityDatabase, migrations } from '../src/index.ts'

const masterKey = randomBytes(32)
const key = chainKey(masterKey)
const audit = createAudit(systemClock)
const by = { kind: 'anonymous', address: '127.0.0.1' } as const

let test: TestDatabase<IdentityDatabase>
let db: ServiceDatabase<IdentityDatabase>['db']
let opened: { close(): Promise<void> }[]
beforeEach(async () => {
  test = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
  db = test.database.db
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
  await test.drop()
})

/** A further process on the same database. */
function anotherProcess(): ServiceDatabase<IdentityDatabase> {
  const database = openDatabase<IdentityDatabase>({ connection: test.connection, service: 'identity' })
  opened.push(database)
  return database
}

async function record(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1)
    await audit.record(db, { kind: 'sign-in.refused', by, subject: newId(), details: { on: 'market', number } })
}

async function sealAll(database = db, limit?: number): Promise<void> {
  while ((await sealBatch(database, key, limit)).sealed > 0);
}

async function sealed(count: number): Promise<void> {
  await record(count)
  await sealAll()
}

const verify = (noted?: Head) => verifyAudit(db, masterKey, noted && { noted })

async function headOf(): Promise<Head> {
  const head = await lastLink(db)
  if (!head) throw new TypeError('nothing is sealed')
  return head
}

/** What somebody can do who has the whole database, and no key: no trigger and no foreign key stops them. */
async function tamper(statements: string): Promise<void> {
  const superuser = openDatabase({ connection: { ...test.ownerConnection, user: 'postgres' }, service: 'identity' })
  await superuser.pool.query(`set session_replication_role = replica; ${statements}`)
  await superuser.close()
}

describe('the chain of the audit trail', () => {
  it('is right as long as nobody has changed anything, and ends at its head', async () => {
    expect(await verify()).toMatchObject({ links: 0n, head: undefined, firstBreak: undefined, pending: 0n })
    await sealed(12)
    const head = await headOf()
    expect(await verify(head)).toEqual({
      links: 12n,
      erased: 0n,
      head,
      firstBreak: undefined,
      leftOut: { count: 0n, first: undefined },
      pending: 0n,
      noted: 'kept',
    })
    await record(2)
    expect(await verify(head)).toMatchObject({ links: 12n, pending: 2n, noted: 'kept' })
    await sealAll()
    expect(await verify(head)).toMatchObject({ links: 14n, pending: 0n, noted: 'kept' })
  })

  it('takes its events in the order in which they were committed, and misses none', async () => {
    await db.transaction().execute(async (tx) => {
      await audit.record(tx, { kind: 'sign-out', by })
      await sealed(3)
      expect(await verify()).toMatchObject({ links: 3n, firstBreak: undefined, leftOut: { count: 0n } })
    })
    await sealAll()
    const { rows } = await test.database.pool.query('select event_id from audit_link order by sequence')
    expect(rows.map(({ event_id: id }) => id)).toEqual([2n, 3n, 4n, 1n])
    expect(await verify()).toMatchObject({ links: 4n, firstBreak: undefined, leftOut: { count: 0n } })
  })

  it('keeps nobody waiting who records an event', async () => {
    await db.transaction().execute(async (tx) => {
      expect(await claimChain(tx)).toBe(true)
      // While somebody is at the chain, and as long as they like.
      await record(3)
      expect(await sealBatch(db, key)).toEqual({ sealed: 0 })
    })
    await sealAll()
    expect(await verify()).toMatchObject({ links: 3n, firstBreak: undefined })
  })

  it('is one chain when several processes seal at once', async () => {
    await record(300)
    const processes = [anotherProcess(), anotherProcess()]
    const sealing = processes.flatMap((process) => Array.from({ length: 4 }, () => process.db))
    while ((await verify()).pending > 0n)
      await Promise.all(
        sealing.map(async (database) => {
          for (let round = 0; round < 4; round += 1) await sealBatch(database, key, 5)
        }),
      )
    expect(await verify()).toMatchObject({ links: 300n, firstBreak: undefined, leftOut: { count: 0n } })
  })

  it('has every event once when a process is killed while it seals', async () => {
    await record(150)
    const victim = anotherProcess()
    const { rows } = await victim.pool.query('select pg_backend_pid() as pid')
    expect(rows).toHaveLength(1)
    for (let round = 0; round < 15; round += 1) {
      const sealing = sealBatch(victim.db, key, 7).catch(() => undefined)
      // A little later each time, so that it is hit at every step.
      for (let wait = 0; wait < round; wait += 1) await test.database.ping()
      await tamper(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and usename = '${test.connection.user}' and query ~ 'audit_(link|pending)'`)
      await sealing
      expect(await verify()).toMatchObject({ firstBreak: undefined, leftOut: { count: 0n } })
    }
    // Whoever was killed last has told of it before it lets the chain go.
    await expect
      .poll(async () => {
        await sealAll()
        return verify()
      })
      .toMatchObject({ links: 150n, pending: 0n, firstBreak: undefined, leftOut: { count: 0n } })
  })

  it('cannot be changed by anybody who goes through the database', async () => {
    await sealed(3)
    const owner = openDatabase({ connection: test.ownerConnection, service: 'identity' })
    opened.push(owner)
    for (const table of ['audit_event', 'audit_link'])
      for (const change of [
        `update ${table} set ${table === 'audit_event' ? 'kind' : 'mac'} = null`,
        `delete from ${table}`,
      ]) {
        await expect(test.database.pool.query(change)).rejects.toThrow(/permission denied/)
        await expect(owner.pool.query(change)).rejects.toThrow(/written once/)
      }
    await expect(owner.pool.query('truncate audit_link, audit_event')).rejects.toThrow(/written once/)
  })
})

describe('what somebody changes who has the database and not the key', () => {
  it.each([
    ['kind', `'sign-in.succeeded'`],
    ['at', `at + interval '1 microsecond'`],
    ['address', `'127.0.0.2'`],
    ['address', 'null'],
    ['subject', 'gen_random_uuid()'],
    ['details', `details || '{"number": 77}'`],
    ['details', `details || '{"number": 4.0}'`],
    ['details', `'{}'`],
  ])('is found in an event: %s becomes %s', async (column, value) => {
    await sealed(9)
    await tamper(`update audit_event set ${column} = ${value} where id = 5`)
    expect((await verify()).firstBreak).toEqual({ sequence: 5n, eventId: 5n, what: 'event-changed' })
  })

  it('is found in who did it', async () => {
    await sealed(4)
    await tamper(`update audit_event set actor_kind = 'operator' where id = 2`)
    expect((await verify()).firstBreak).toEqual({ sequence: 2n, eventId: 2n, what: 'event-changed' })
    await tamper(`update audit_event set actor_kind = 'account', actor = gen_random_uuid() where id = 2`)
    expect((await verify()).firstBreak).toEqual({ sequence: 2n, eventId: 2n, what: 'event-changed' })
  })

  it('is found when an event is gone', async () => {
    await sealed(9)
    await tamper('delete from audit_event where id = 5')
    expect((await verify()).firstBreak).toEqual({ sequence: 5n, eventId: 5n, what: 'event-missing' })
  })

  it('is found when an event is gone together with its link', async () => {
    await sealed(9)
    await tamper('delete from audit_link where event_id = 5; delete from audit_event where id = 5')
    expect((await verify()).firstBreak).toEqual({ sequence: 5n, eventId: 6n, what: 'links-missing' })
    // Closing the gap does not help.
    await tamper('update audit_link set sequence = sequence - 1 where sequence > 5')
    expect((await verify()).firstBreak).toMatchObject({ sequence: 5n, eventId: 6n })
  })

  it('is found when the beginning is gone', async () => {
    await sealed(5)
    await tamper('delete from audit_link where sequence = 1; delete from audit_event where id = 1')
    expect((await verify()).firstBreak).toMatchObject({ sequence: 1n, what: 'links-missing' })
  })

  it('is found when an event is gone that had no link yet', async () => {
    await sealed(2)
    await record(1)
    await tamper('delete from audit_event where id = 3')
    expect(await verify()).toMatchObject({ firstBreak: undefined, leftOut: { count: 1n, first: 3n } })
  })

  it('is found when a link is gone and its event is not', async () => {
    await sealed(9)
    await tamper('delete from audit_link where sequence = 9')
    expect(await verify()).toMatchObject({ links: 8n, firstBreak: undefined, leftOut: { count: 1n, first: 9n } })
  })

  it('is found when a link is changed', async () => {
    await sealed(9)
    await tamper(`update audit_link set mac = sha256('x') where sequence = 5`)
    expect((await verify()).firstBreak).toEqual({ sequence: 5n, eventId: 5n, what: 'link-changed' })
  })

  it('is found when events change places', async () => {
    await sealed(9)
    await tamper(`update audit_link set event_id = 99 where event_id = 4; update audit_link set event_id = 4 where
      event_id = 5; update audit_link set event_id = 5 where event_id = 99`)
    expect((await verify()).firstBreak).toMatchObject({ sequence: 4n, eventId: 5n })
  })

  it('is found when links change places', async () => {
    await sealed(9)
    await tamper(`update audit_link set sequence = 99 where sequence = 4; update audit_link set sequence = 4 where
      sequence = 5; update audit_link set sequence = 5 where sequence = 99`)
    expect((await verify()).firstBreak).toEqual({ sequence: 4n, eventId: 5n, what: 'not-ours' })
  })

  it('is found when the chain is made anew without the key', async () => {
    await sealed(9)
    await tamper(`update audit_event set kind = 'sign-out' where id = 5; delete from audit_link;
      insert into audit_pending select id from audit_event`)
    const guess = chainKey(randomBytes(32))
    while ((await sealBatch(db, guess)).sealed > 0);
    expect(await verify()).toMatchObject({ links: 0n, firstBreak: { sequence: 1n, what: 'not-ours' } })
  })

  it('is found at the end too, by the head that somebody has noted down', async () => {
    await sealed(9)
    const head = await headOf()
    await tamper('delete from audit_link where sequence > 7; delete from audit_event where id > 7')
    // A shorter chain is a right one.
    expect(await verify()).toMatchObject({ links: 7n, firstBreak: undefined, leftOut: { count: 0n } })
    expect(await verify(head)).toMatchObject({ links: 7n, noted: 'missing' })
    await sealed(4)
    expect(await verify(head)).toMatchObject({ links: 11n, firstBreak: undefined, noted: 'changed' })
  })
})
