import { pbkdf2Sync } from 'node:crypto'
import { migrate, openDatabase } from '@sallyport/database'
import { type Cluster, signalServer, startCluster } from '@sallyport/database/testing/cluster'
import { type AccountId, newId, systemClock } from '@sallyport/kernel'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type IdentityDatabase, migrations } from '../src/index.ts'
import { createAccountChanges } from '../src/accounts/account-changes.ts'
import { createAudit } from '../src/audit/audit.ts'
import { resetFactors } from '../src/factors/factor-changes.ts'
import { createRoles } from '../src/roles/roles.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { fromGateway, startIdentity, type TestIdentity } from './support.ts'

let cluster: Cluster
let one: TestIdentity
beforeAll(async () => {
  cluster = await startCluster()
  await migrate({ connection: cluster.owner, folder: migrations, service: 'identity' })
  await cluster.settle()
  const connection = cluster.primary.connection('identity', 'service')
  const database = openDatabase<IdentityDatabase>({ connection, service: 'test' })
  const testDatabase = { connection, ownerConnection: cluster.owner, database, drop: () => database.close() }
  one = await startIdentity(
    { testDatabase },
    {
      passwordHashing: { newHashes: { algorithm: 'pbkdf2_sha256', pbkdf2Iterations: 1000 } },
      copies: { standbys: cluster.standbys.map((standby) => standby.connection('identity')) },
    },
  )
  await one.service.start()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
  await cluster.remove()
})

const root = { kind: 'operator', level: 0 } as const
const password = 'correct horse'
let count = 0
const newName = () => `ada.${(count += 1)}`

async function ask(path: string, body: unknown, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7', ...fromGateway(), ...more }
  const reply = await one.service.inject({ method: 'POST', path, headers, body: JSON.stringify(body) })
  const parsed: unknown = JSON.parse(reply.body)
  return { status: reply.status, copy: reply.headers['x-replica'], headers: reply.headers, body: parsed }
}

async function register(): Promise<string> {
  const username = newName()
  expect((await ask('/api/users', { username, password, roles: ['student'] })).status).toBe(201)
  return username
}

/** What an administrator sends. */
async function asAdministrator() {
  const username = `root_${(count += 1)}`
  const strong = 'Correct-Horse7!'
  await one.identity.accounts.registerAdministrator({ username, email: `${username}@example.com`, password: strong })
  const body = new URLSearchParams({ username, password: strong }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const reply = await one.service.inject({ method: 'POST', path: '/api/auth/token', headers, body })
  return { authorization: `Bearer ${String(JSON.parse(reply.body).access_token)}` }
}

const logIn = (username: string, secret = password) => ask('/api/login', { username, password: secret })

async function uidOf(username: string): Promise<AccountId> {
  return (await one.identity.accounts.findByUsername(username)).uid
}

/** Lets both standbys stay where they are, or go on. */
async function replay(what: 'pause' | 'resume'): Promise<void> {
  for (const standby of cluster.standbys) {
    const client = new Client({ ...standby.connection('identity'), user: 'postgres', database: 'postgres' })
    await client.connect()
    await client.query(`select pg_wal_replay_${what}()`)
    await client.end()
  }
}

describe('logins on copies of the database', () => {
  it('E-64 T-13 take turns, whatever comes of them; registrations take none', async () => {
    const username = await register()
    await cluster.settle()
    const copies: unknown[] = []
    for (let n = 0; n < 40; n += 1) {
      if (n % 7 === 0) await register()
      copies.push((await logIn(username, n % 5 === 0 ? 'wrong horse' : password)).copy)
    }
    for (const name of ['secondary-1', 'secondary-2']) expect(copies.filter((copy) => copy === name)).toHaveLength(20)
  })

  it('E-70 T-13 succeed at once after each of a hundred registrations', async () => {
    for (let n = 0; n < 100; n += 1) expect((await logIn(await register())).status).toBe(200)
  })

  describe('that have not heard of a change', () => {
    afterEach(() => replay('resume'))

    const accounts = () => one.identity.accounts
    const roles = () => {
      const { db } = one.testDatabase.database
      const changes = createAccountChanges({ feed: { publish: () => undefined }, copies: one.copies })
      return createRoles({ db, clock: systemClock, changes, audit: createAudit(systemClock) })
    }
    const before = [200, ['student']]

    it.each([
      ['a suspension', (uid: AccountId) => accounts().suspend(uid, root), [401, undefined]],
      ['a deletion', (uid: AccountId) => accounts().remove(uid, root), [401, undefined]],
      [
        'another password',
        (uid: AccountId) => accounts().correct(uid, { password: 'another horse' }, root),
        [401, undefined],
      ],
      ['a further role', (uid: AccountId) => roles().assign('instructor', uid, root), [200, ['instructor', 'student']]],
      ['a role less', (uid: AccountId) => roles().withdraw('student', uid, root), [200, []]],
    ])('E-70 decide nothing after %s', async (_, change, after) => {
      const username = await register()
      const uid = await uidOf(username)
      await cluster.settle()
      const seen = async () => {
        const { status, body } = await logIn(username)
        return [status, Object(body).access_token?.roles]
      }
      expect(await seen()).toEqual(before)
      await replay('pause')
      await change(uid)
      for (let n = 0; n < 2; n += 1) expect(await seen()).toEqual(after)
      expect((await logIn(username, 'wrong horse')).status).toBe(401)
    })

    it('E-70 decide nothing after an end of suspension, of factors, or after a password that its owner has changed', async () => {
      const [suspended, protectedOne, changed] = [await register(), await register(), await register()]
      await accounts().suspend(await uidOf(suspended), root)
      const { db, pool } = one.testDatabase.database
      const uid = await uidOf(protectedOne)
      await pool.query('update account set has_second_factor = true where uid = $1', [uid])
      await cluster.settle()
      for (const name of [suspended, protectedOne]) expect((await logIn(name)).status).toBe(401)
      await replay('pause')
      await accounts().resume(await uidOf(suspended), root)
      const changes = createAccountChanges({ feed: { publish: () => undefined }, copies: one.copies })
      await resetFactors({ db, clock: systemClock, changes, audit: createAudit(systemClock) }, uid, root)
      for (const name of [suspended, protectedOne]) expect((await logIn(name)).status).toBe(200)
      const change = {
        uid: await uidOf(changed),
        oldPassword: password,
        newPassword: 'another horse',
        session: newId<SessionId>(),
      }
      await accounts().changePassword(change, { kind: 'operator' })
      expect((await logIn(changed)).status).toBe(401)
      expect(await logIn(changed, 'another horse')).toMatchObject({ status: 200, copy: 'primary' })
    })
  })

  it('E-69 T-13 meet no error when copies are away: the other one decides, then the primary', async () => {
    const username = await register()
    await cluster.settle()
    await copiesSeen(username)
    const [first, second] = cluster.standbys
    await first.stop()
    for (let n = 0; n < 6; n += 1) expect(await logIn(username)).toMatchObject({ status: 200, copy: 'secondary-2' })
    await second.stop()
    for (let n = 0; n < 3; n += 1) expect(await logIn(username)).toMatchObject({ status: 200, copy: 'primary' })
    for (const standby of cluster.standbys) await standby.start()
    await cluster.settle()
    expect(await copiesSeen(username)).toEqual(new Set(['secondary-1', 'secondary-2']))
  })

  it('E-7 are shown with their state and position by the health of the service', async () => {
    const health = async () => {
      const { status, body } = await one.service.inject({ method: 'GET', path: '/health', headers: {} })
      const parsed: unknown = JSON.parse(body)
      return { status, body: parsed }
    }
    const position = expect.stringMatching(/^[\dA-F]+\/[\dA-F]+$/)
    const nodes = ['primary', 'secondary-1', 'secondary-2'].map((name) => ({ name, state: 'up', position }))
    expect(await health()).toEqual({ status: 200, body: { status: 'healthy', nodes } })
  })

  describe.each([
    ['away', () => cluster.primary.stop(), () => cluster.restartPrimary()],
    ['hung', () => signalServer(cluster.primary.pid, 'SIGSTOP'), () => signalServer(cluster.primary.pid, 'SIGCONT')],
  ])('while the primary is %s', (_, takeAway, bringBack) => {
    it('E-68 T-13 go on, registrations are put off, and what was to be written is written afterwards', async () => {
      const username = await register()
      const uid = await uidOf(username)
      const administrator = await asAdministrator()
      await copiesSeen(username)
      await takeAway()
      const sids = new Set<unknown>()
      try {
        for (let n = 0; n < 3; n += 1) {
          const { status, copy, body } = await logIn(username)
          expect([status, copy]).toEqual([200, expect.stringMatching(/^secondary-[12]$/)])
          sids.add(Object(body).access_token.sid)
        }
        expect((await logIn(username, 'wrong horse')).status).toBe(401)
        expect((await logIn(newName())).status).toBe(401)
        for (const role of ['student', 'instructor']) {
          const refused = await ask('/api/users', { username: newName(), password, roles: [role] }, administrator)
          expect(refused).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
          expect(refused.headers['retry-after']).toBe('1')
        }
        // What is guessed is counted all the same.
        const victim = newName()
        const statuses = new Set<number>()
        for (let n = 0; n < 25; n += 1) statuses.add((await logIn(victim, 'wrong horse')).status)
        expect(statuses).toEqual(new Set([401, 429]))
      } finally {
        await bringBack()
      }
      await expect.poll(async () => sids.isSubsetOf(await sessionsOf(uid)), { timeout: 30_000 }).toBe(true)
      expect((await ask('/api/users', { username: newName(), password, roles: ['student'] })).status).toBe(201)
    })
  })

  it('keep no password until something can be written: its hash is brought up to date by a later login', async () => {
    const { pool } = one.testDatabase.database
    const old = `pbkdf2_sha256$500$salt$${pbkdf2Sync(password, 'salt', 500, 32, 'sha256').toString('base64')}`
    const registerWithOldHash = async () => {
      const username = await register()
      await pool.query('update account set password_hash = $2 where username = $1', [username, old])
      return username
    }
    const hashOf = async (username: string) => {
      const { rows } = await pool.query('select password_hash from account where username = $1', [username])
      return String(rows[0]?.password_hash)
    }
    const [username, later] = [await registerWithOldHash(), await registerWithOldHash()]
    const uid = await uidOf(username)
    await cluster.settle()
    await cluster.primary.stop()
    try {
      await expect.poll(() => one.copies.nodes()[0]?.state).toBe('down')
      expect((await logIn(username)).status).toBe(200)
    } finally {
      await cluster.restartPrimary()
    }
    await expect.poll(async () => (await sessionsOf(uid)).size, { timeout: 30_000 }).toBe(1)
    expect((await logIn(later)).status).toBe(200)
    await expect.poll(() => hashOf(later)).not.toBe(old)
    expect(await hashOf(username)).toBe(old)
  })

  async function sessionsOf(uid: AccountId): Promise<Set<unknown>> {
    const { rows } = await one.testDatabase.database.pool.query(`select sid from session where uid = $1`, [uid])
    return new Set(rows.map(({ sid }) => sid))
  }

  /** The standbys that decide the next logins, once both have their turns again. */
  async function copiesSeen(username: string): Promise<Set<unknown>> {
    return vi.waitUntil(
      async () => {
        const copies = new Set([(await logIn(username)).copy, (await logIn(username)).copy])
        return copies.size === 2 && !copies.has('primary') && copies
      },
      { timeout: 20_000, interval: 50 },
    )
  }
})
