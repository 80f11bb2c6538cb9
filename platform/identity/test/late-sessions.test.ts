import { type AccountId, newId } from '@sallyport/kernel'
import type { Revocation } from '@sallyport/service'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findCredentials } from '../src/accounts/credential-store.ts'
import { writeDownLate } from '../src/logins/late-session-store.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { endSessions, revokeSession } from '../src/sessions/session-store.ts'
import { fromGateway, startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
let ada: AccountId
beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const nobody = { kind: 'anonymous', address: '192.0.2.7' } as const
const root = { kind: 'operator', level: 0 } as const
const password = 'correct horse'
let count = 0

beforeEach(async () => {
  const username = `ada_${(count += 1)}`
  ada = (await one.identity.accounts.register({ username, password }, 'enrollment', nobody)).uid
})

const database = () => one.testDatabase.database

/** What a login reads of the account. */
async function read(): Promise<Date | undefined> {
  return (await findCredentials(database().db, ada))?.sessionsValidFrom
}

/** A session of a login that has read this and was decided in a moment to come; it is written down now. */
function writeDown(sid: SessionId, sessionsValidFrom: Date | undefined): Promise<readonly Revocation[]> {
  const createdAt = new Date(Date.now() + 1000)
  const session = { sid, uid: ada, createdAt, expiresAt: new Date(createdAt.getTime() + 1200_000), sessionsValidFrom }
  const origin = { on: 'enrollment', address: '192.0.2.7', userAgent: 'curl/8.5.0' } as const
  return database()
    .db.transaction()
    .execute((tx) => writeDownLate(tx, session, origin, { now: new Date(), alongside: [] }))
}

async function sessionsOf(uid: AccountId): Promise<unknown[]> {
  return (await database().pool.query('select sid from session where uid = $1', [uid])).rows
}

describe('a session that is written down after its tokens were issued (enrollment E-21)', () => {
  it('is one like others', async () => {
    const sid = newId<SessionId>()
    expect(await writeDown(sid, await read())).toEqual([])
    expect(await sessionsOf(ada)).toEqual([{ sid }])
  })

  it('is none when somebody has signed out of it before that', async () => {
    const sid = newId<SessionId>()
    const seen = await read()
    await database()
      .db.transaction()
      .execute((tx) => revokeSession(tx, sid, new Date(Date.now() + 1200_000)))
    await writeDown(sid, seen)
    expect(await sessionsOf(ada)).toEqual([])
  })

  it.each([
    [
      'all sessions were ended',
      () =>
        database()
          .db.transaction()
          .execute((tx) => endSessions(tx, ada, 'all', new Date())),
    ],
    ['the password was changed', () => one.identity.accounts.correct(ada, { password: 'another horse' }, root)],
    ['the account was suspended', () => one.identity.accounts.suspend(ada, root)],
    [
      'the account was suspended, and resumed',
      async () => {
        await one.identity.accounts.suspend(ada, root)
        await one.identity.accounts.resume(ada, root)
      },
    ],
    ['the account was deleted', () => one.identity.accounts.remove(ada, root)],
  ])('ends when meanwhile %s', async (_, change) => {
    const sid = newId<SessionId>()
    const seen = await read()
    await change()
    expect(await writeDown(sid, seen)).toEqual([expect.objectContaining({ kind: 'session', id: sid })])
    expect(await sessionsOf(ada)).toEqual([])
  })

  it('is written down once, also when it is tried again after it was done', async () => {
    const sid = newId<SessionId>()
    for (let tries = 0; tries < 2; tries += 1) expect(await writeDown(sid, await read())).toEqual([])
    expect(await sessionsOf(ada)).toEqual([{ sid }])
  })

  it('ends also when sessions are ended twice within one reading of the clock', async () => {
    const now = new Date()
    const end = () =>
      database()
        .db.transaction()
        .execute((tx) => endSessions(tx, ada, 'all', now))
    await end()
    const seen = await read()
    await end()
    expect(await writeDown(newId<SessionId>(), seen)).toHaveLength(1)
  })

  it('is one like others when sessions were ended before its login', async () => {
    await one.identity.accounts.correct(ada, { password: 'another horse' }, root)
    expect(await writeDown(newId<SessionId>(), await read())).toEqual([])
  })

  it('ends with the others when they are being ended at this very moment', async () => {
    const sid = newId<SessionId>()
    const client = await database().pool.connect()
    try {
      // As sessions are ended, a moment before the commit.
      await client.query('begin')
      await client.query('update account set sessions_valid_from = now() where uid = $1', [ada])
      const writing = writeDown(sid, await read())
      await untilSomeoneWaits()
      await client.query('commit')
      expect(await writing).toEqual([expect.objectContaining({ id: sid })])
      expect(await sessionsOf(ada)).toEqual([])
    } finally {
      client.release(true)
    }
  })
})

it.each([
  ['a conflict', '40001'],
  ['a deadlock', '40P01'],
  ['a full disk', '53100'],
  ['a statement that took too long', '57014'],
])('what a login leaves is written down although %s was in the way at first (E-21)', async (_, code) => {
  const { pool } = database()
  const run = (statement: string) => owner.query(statement)
  const owner = new Client(one.testDatabase.ownerConnection)
  await owner.connect()
  try {
    // What a sequence has given stays given when the transaction fails.
    await run('create sequence attempt; grant usage on attempt to public')
    await run(`create function fail() returns trigger language plpgsql as $$ begin
      if nextval('attempt') < 3 then raise exception 'in the way' using errcode = '${code}'; end if;
      return new;
    end $$; grant execute on function fail() to public`)
    await run('create trigger fail before insert on session for each row execute function fail()')
    const username = `ada_${count}`
    const reply = await one.service.inject({
      method: 'POST',
      path: '/api/login',
      headers: { 'content-type': 'application/json', ...fromGateway() },
      body: JSON.stringify({ username, password }),
    })
    expect(reply.status).toBe(200)
    const { sid }: Record<string, unknown> = Object(JSON.parse(reply.body)).access_token
    await expect.poll(() => sessionsOf(ada), { timeout: 30_000 }).toEqual([{ sid }])
    expect((await pool.query(`select last_value::int as value from attempt`)).rows).toEqual([{ value: 3 }])
  } finally {
    await run('drop trigger if exists fail on session; drop function if exists fail; drop sequence if exists attempt')
    await owner.end()
  }
})

/** Resolves when a statement of this database waits for a lock, or after many looks. */
async function untilSomeoneWaits(): Promise<void> {
  for (let looks = 0; looks < 10_000; looks += 1) {
    const { rows } = await database().pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
  }
}
