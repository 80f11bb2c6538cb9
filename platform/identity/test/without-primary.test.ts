import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { migrate, openDatabase, openReplicas } from '@sallyport/database'
import { ask as askDatabase, type Cluster, run, startCluster } from '@sallyport/database/testing/cluster'
import { systemClock } from '@sallyport/kernel'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type IdentityDatabase, migrations, obstacleToStandbys } from '../src/index.ts'
import { credentialOf, fromGateway, startIdentity, type TestIdentity, type TestOptions } from './support.ts'

let cluster: Cluster
/** Has started on the primary, and made everything. */
let first: TestIdentity
beforeAll(async () => {
  cluster = await startCluster()
  await migrate({ connection: cluster.owner, folder: migrations, service: 'identity' })
  first = await startOn('primary')
})
afterAll(async () => {
  await first.stop()
  await cluster.remove()
})

let isPrimaryAway = false
async function stopPrimary(): Promise<void> {
  await cluster.primary.stop()
  isPrimaryAway = true
}
async function restartPrimary(): Promise<void> {
  await cluster.restartPrimary()
  isPrimaryAway = false
}
afterEach(async () => {
  if (isPrimaryAway) await restartPrimary()
  await cluster.settle()
})

const password = 'Correct-Horse7!'

async function startOn(startsOn: NonNullable<TestOptions['startsOn']>, masterKey?: Uint8Array): Promise<TestIdentity> {
  const connection = cluster.primary.connection('identity', 'service')
  const database = openDatabase<IdentityDatabase>({ connection, service: 'test' })
  const testDatabase = { connection, ownerConnection: cluster.owner, database, drop: () => database.close() }
  const one = await startIdentity(
    { testDatabase, ...(masterKey && { masterKey }) },
    {
      startsOn,
      lateLoginsFile: join(cluster.dataDirectory, 'late-logins'),
      passwordHashing: { newHashes: { algorithm: 'pbkdf2_sha256', pbkdf2Iterations: 1000 } },
      copies: { standbys: cluster.standbys.map((standby) => standby.connection('identity')) },
    },
  )
  await one.service.start()
  return one
}

async function post({ service }: TestIdentity, path: string, body: unknown) {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7', ...fromGateway() }
  const reply = await service.inject({ method: 'POST', path, headers, body: JSON.stringify(body) })
  const parsed: unknown = reply.body === '' ? undefined : JSON.parse(reply.body)
  return { status: reply.status, copy: reply.headers['x-replica'], body: parsed }
}

const register = (at: TestIdentity, username: string) =>
  post(at, '/api/users', { username, password, roles: ['student'] })
const logIn = (at: TestIdentity, username: string) => post(at, '/api/login', { username, password })

async function accountToken({ service }: TestIdentity, username: string): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ username, password }).toString()
  const reply = await service.inject({ method: 'POST', path: '/api/auth/token', headers, body })
  return String(Reflect.get(Object(JSON.parse(reply.body)), 'access_token'))
}

async function withToken({ service }: TestIdentity, method: 'GET' | 'POST', path: string, token: string) {
  return (await service.inject({ method, path, headers: { authorization: `Bearer ${token}` } })).status
}

/** What other processes hear. */
async function feedOf({ service }: TestIdentity) {
  const headers = { authorization: `Bearer ${credentialOf('gateway')}` }
  const reply = await service.inject({ method: 'GET', path: '/internal/identity/revocations?after=0', headers })
  expect(reply.status).toBe(200)
  const { feed, silent_ms, revocations }: Record<string, unknown> = JSON.parse(reply.body)
  const ids = Array.isArray(revocations) ? revocations.map((one: unknown) => Reflect.get(Object(one), 'id')) : []
  return { feed, silent_ms, ids }
}

const sidOf = (token: string): unknown => decodeJwt(token)['sid']

const readyParts = { database: 'ready', primary: 'ready', audit: 'ready', revocations: 'ready' }

describe('a start while the primary is away', () => {
  it('E-71 T-13 makes nothing, decides logins on the standbys, and catches up when the primary is back', async () => {
    expect((await register(first, 'ada')).status).toBe(201)
    const [open, ended] = [await accountToken(first, 'ada'), await accountToken(first, 'ada')]
    expect(await withToken(first, 'POST', '/api/auth/logout', ended)).toBeLessThan(300)
    await expect.poll(() => first.service.readiness()).toEqual(readyParts)
    await cluster.settle()
    await stopPrimary()
    const second = await startOn('standbys', first.masterKey)
    try {
      expect(second.identity.publicKeys().map(({ kid }) => kid)).toEqual([decodeProtectedHeader(open).kid])
      const copies = new Set<unknown>()
      const sids = new Set<unknown>()
      for (let n = 0; n < 4; n += 1) {
        const { status, copy, body } = await logIn(second, 'ada')
        expect(status).toBe(200)
        copies.add(copy)
        sids.add(Object(body).access_token.sid)
      }
      expect(copies).toEqual(new Set(['secondary-1', 'secondary-2']))
      expect((await logIn(second, 'nobody')).status).toBe(401)
      expect((await register(second, 'late')).status).toBe(503)
      // What was revoked before stays so; for whoever may come in the database is missed.
      const userinfo = (token: string) => withToken(second, 'GET', '/api/auth/userinfo', token)
      expect([await userinfo(ended), await userinfo(open)]).toEqual([401, 503])
      await expect
        .poll(() => second.service.readiness())
        .toEqual({ ...readyParts, primary: 'PrimaryAway', revocations: 'degraded: lost' })
      await expect(second.identity.catchUp()).rejects.toThrow()
      // Other processes that are started meanwhile hear what the standbys have, and that it may not be all.
      const feed = await feedOf(second)
      expect(feed).toMatchObject({ feed: expect.stringMatching(/^standbys-/), silent_ms: null })
      expect(feed.ids).toContain(sidOf(ended))

      await restartPrimary()
      await expect.poll(() => second.service.readiness()).toMatchObject({ primary: 'CatchingUp' })
      await second.identity.catchUp()
      await expect.poll(() => second.service.readiness()).toEqual(readyParts)
      expect((await register(second, 'late')).status).toBe(201)
      const after = await feedOf(second)
      expect(after.feed).not.toBe(feed.feed)
      expect([after.silent_ms, after.ids]).toEqual([undefined, expect.arrayContaining([sidOf(ended)])])
      expect([await userinfo(ended), await userinfo(open)]).toEqual([401, 200])
      const { pool } = second.testDatabase.database
      const written = async () => new Set((await pool.query('select sid from session')).rows.map(({ sid }) => sid))
      await expect.poll(async () => sids.isSubsetOf(await written()), { timeout: 30_000 }).toBe(true)
      // The trail is sealed, and what is revoked from now on is heard.
      const unsealed = `select count(*)::int as value from audit_pending`
      await expect.poll(() => askDatabase(cluster.owner, unsealed)).toBe(0)
      const later = await accountToken(first, 'ada')
      expect(await userinfo(later)).toBe(200)
      expect(await withToken(first, 'POST', '/api/auth/logout', later)).toBeLessThan(300)
      await expect.poll(() => userinfo(later)).toBe(401)
    } finally {
      await second.stop()
    }
  })

  it('E-21 loses no session of a login when it ends before the primary is back, and ends it with the others', async () => {
    for (const name of ['bob', 'eve']) expect((await register(first, name)).status).toBe(201)
    const { uid } = await first.identity.accounts.findByUsername('eve')
    await cluster.settle()
    await stopPrimary()
    const sids: Record<string, unknown[]> = { bob: [], eve: [] }
    for (let starts = 0; starts < 2; starts += 1) {
      const one = await startOn('standbys', first.masterKey)
      for (const [name, opened] of Object.entries(sids)) {
        const { status, body } = await logIn(one, name)
        expect(status).toBe(200)
        opened.push(Object(body).access_token.sid)
      }
      await one.stop()
    }
    await restartPrimary()
    // All sessions of an account are ended while nobody knows yet of these.
    await first.identity.accounts.correct(uid, { password: 'Another-Horse7!' }, { kind: 'operator', level: 0 })
    const last = await startOn('primary', first.masterKey)
    try {
      const { pool } = last.testDatabase.database
      const found = async (table: string, column: string) => {
        const { rows } = await pool.query(`select ${column} as id from ${table}`)
        return new Set(rows.map(({ id }) => id))
      }
      await expect
        .poll(async () => new Set(sids['bob']).isSubsetOf(await found('session', 'sid')), { timeout: 30_000 })
        .toBe(true)
      await expect
        .poll(async () => new Set(sids['eve']).isSubsetOf(await found('revocation', 'id')), { timeout: 30_000 })
        .toBe(true)
      await expect.poll(() => readdir(cluster.dataDirectory)).not.toContain('late-logins')
    } finally {
      await last.stop()
    }
  })

  it('E-71 signs with no key that was revoked, whichever standby is asked', async () => {
    const [lagging] = cluster.standbys
    const replay = (what: 'pause' | 'resume') =>
      run(
        { ...lagging.connection('identity'), user: 'postgres', database: 'postgres' },
        `select pg_wal_replay_${what}()`,
      )
    const stolen = first.identity.publicKeys().map(({ kid }) => kid)
    await cluster.settle()
    await replay('pause')
    try {
      await run(
        cluster.owner,
        `with stolen as (
           update signing_key set revoked_at = now(), sealed_private_key = null where revoked_at is null returning *)
         insert into signing_key (kid, algorithm, public_jwk, sealed_private_key, created_at, signs_from)
         select 'next', algorithm, public_jwk, '', now(), now() + interval '1 day' from stolen`,
      )
      await expect
        .poll(() =>
          askDatabase(cluster.standbys[1].connection('identity'), `select count(*)::int as value from signing_key`),
        )
        .toBe(2)
      await stopPrimary()
      // Nobody can read the other one under this master key: that it is tried tells which one was taken.
      for (let n = 0; n < 2; n += 1)
        await expect(startOn('standbys', first.masterKey)).rejects.toThrow('the signing keys cannot be read')
      expect(stolen).toHaveLength(1)
    } finally {
      await replay('resume')
    }
  })
})

describe('what the standbys lack for a start', () => {
  const copies = () =>
    openReplicas<IdentityDatabase>({
      service: 'identity',
      primary: cluster.primary.connection('identity', 'service'),
      standbys: cluster.standbys.map((standby) => standby.connection('identity')),
    })
  const obstacle = async () => {
    const opened = copies()
    try {
      return await obstacleToStandbys({ copies: opened, clock: systemClock })
    } finally {
      await opened.close()
    }
  }
  const change = async (statement: string) => {
    await run(cluster.owner, statement)
    await cluster.settle()
  }
  it('E-71 is nothing after a whole start', async () => {
    await cluster.settle()
    expect(await obstacle()).toBeUndefined()
  })

  it('E-71 is the schema where it is an older or a newer one, or may not be looked at yet', async () => {
    await change(`insert into migration.applied select '9999-later', timestamp from migration.applied limit 1`)
    expect(await obstacle()).toBe('their schema is another one')
    await change(`delete from migration.applied where name like '9999-%'`)
    await change(`update migration.applied set name = '0000-other' where name like '0001-%'`)
    expect(await obstacle()).toBe('their schema is another one')
    await change(`update migration.applied set name = '0001-accounts' where name = '0000-other'`)
    await change('revoke usage on schema migration from public')
    expect(await obstacle()).toBe('their schema is another one')
    await change('grant usage on schema migration to public')
    expect(await obstacle()).toBeUndefined()
  })

  it('E-71 is a key to sign with where there is none', async () => {
    await change('alter table signing_key rename to hidden')
    await change('create table signing_key (like hidden including all)')
    await change('grant select on signing_key to identity')
    expect(await obstacle()).toBe('they have no key to sign with')
    await change('drop table signing_key')
    await change('alter table hidden rename to signing_key')
    expect(await obstacle()).toBeUndefined()
  })

  it('E-71 is everything where none of them answers', async () => {
    await stopPrimary()
    for (const standby of cluster.standbys) await standby.stop()
    try {
      expect(await obstacle()).toBe('none of them answers')
    } finally {
      for (const standby of cluster.standbys) await standby.start()
    }
  })
})
