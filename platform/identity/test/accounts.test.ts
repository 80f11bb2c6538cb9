import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes } from 'node:crypto'
import type { ServiceDatabase } from '@sallyport/database'
import { createTestDatabase } from '@sallyport/database/testing'
import { newId, systemClock } from '@sallyport/kernel'
import { type IdentityDatabase, migrations } from '../src/index.ts'
import { sweepExpired } from '../src/sessions/session-store.ts'
import { beginPatiently, receiver, startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
/** A second instance on the same database. */
let two: TestIdentity

beforeAll(async () => {
  one = await startIdentity()
  two = await startIdentity(one)
  await one.service.start()
})
afterAll(async () => {
  await two.stop()
  await one.stop()
  await one.testDatabase.drop()
})

const password = 'Correct-Horse7!'
let count = 0

async function register(instance = one) {
  count += 1
  const [username, email] = [`Ada_${count}`, `Ada${count}@example.org`]
  return { ...(await instance.identity.accounts.register({ username, email, password }, 'market', nobody)), email }
}

async function signIn(username: string, secret = password, instance = one) {
  const form = new URLSearchParams({ username, password: secret }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const reply = await instance.service.inject({ method: 'POST', path: '/api/auth/token', headers, body: form })
  return { status: reply.status, token: String(JSON.parse(reply.body).access_token) }
}

/** Resolves when a statement of this database waits for a lock, or after many looks. */
async function untilSomeoneWaits(pool: ServiceDatabase<IdentityDatabase>['pool']): Promise<void> {
  for (let looks = 0; looks < 10_000; looks += 1) {
    const { rows } = await pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
  }
}

async function userInfo(token: string, instance = one): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await instance.service.inject({ method: 'GET', path: '/api/auth/userinfo', headers })).status
}

const nobody = { kind: 'anonymous', address: '' } as const

describe('names (design §4)', () => {
  it('are unique whatever their case, and give back what was typed', async () => {
    const ada = await register()
    const { accounts } = one.identity
    const again = { username: 'other_name', email: 'other@example.org', password }
    const refused = 'Email or username already in use'
    await expect(
      accounts.register({ ...again, username: ada.username.toUpperCase() }, 'market', nobody),
    ).rejects.toThrow(refused)
    await expect(accounts.register({ ...again, email: ada.email.toUpperCase() }, 'market', nobody)).rejects.toThrow(
      refused,
    )
    expect((await accounts.read(ada.uid)).username).toBe(ada.username)
  })

  it('go to one of twenty who ask at once, at two instances', async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? one : two).identity.accounts.register(
          {
            username: 'wanted',
            email: `wanted${n}@example.org`,
            password,
          },
          'market',
          nobody,
        ),
      ),
    )
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('are free again at once when their account is gone', async () => {
    const ada = await register()
    await one.identity.accounts.remove(ada.uid, nobody)
    const { username, email } = ada
    expect((await one.identity.accounts.register({ username, email, password }, 'market', nobody)).uid).not.toBe(
      ada.uid,
    )
  })
})

describe('sessions (design §4)', () => {
  it('end with a password change, all but the one that made it', async () => {
    const ada = await register()
    const [mine, other] = [await signIn(ada.username), await signIn(ada.username)]
    const reply = await one.service.inject({
      method: 'POST',
      path: `/api/auth/accounts/${ada.uid}/changePassword`,
      headers: { authorization: `Bearer ${mine.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ old_password: password, new_password: 'Another-Horse8!' }),
    })
    expect(reply.status).toBe(200)
    expect(await userInfo(mine.token)).toBe(200)
    expect(await userInfo(other.token)).toBe(401)
    expect((await signIn(ada.username)).status).toBe(401)
    expect((await signIn(ada.username, 'Another-Horse8!')).status).toBe(200)
  })

  it('cannot be opened with a password that is being changed', async () => {
    const ada = await register()
    const { pool } = one.testDatabase.database
    const change = await pool.connect()
    try {
      await change.query(beginPatiently)
      await change.query('update account set password_hash = $1 where uid = $2', ['another hash', ada.uid])
      // The old password is proven while its change is not committed yet.
      const attempt = signIn(ada.username)
      await Promise.race([attempt, untilSomeoneWaits(pool)])
      await change.query('commit')
      expect((await attempt).status).toBe(401)
    } finally {
      change.release(true)
    }
  })

  it('are ended for every instance and after a restart', async () => {
    const ada = await register()
    const ended = await signIn(ada.username)
    const kept = await signIn(ada.username)
    const headers = { authorization: `Bearer ${ended.token}` }
    await one.service.inject({ method: 'POST', path: '/api/auth/logout', headers })
    expect(await userInfo(ended.token)).toBe(401)
    // The other instance hears of it through the database.
    await expect.poll(() => userInfo(ended.token, two)).toBe(401)
    const third = await startIdentity(one)
    expect(await userInfo(ended.token, third)).toBe(401)
    expect(await userInfo(kept.token, third)).toBe(200)
    await third.stop()
  })

  it('leave nothing behind when they have expired', async () => {
    await signIn((await register()).username)
    const { pool } = one.testDatabase.database
    await pool.query(`update session set expires_at = now() - interval '1 second'`)
    await pool.query(`update revocation set until = now() - interval '1 second'`)
    await sweepExpired(one.testDatabase.database.db, systemClock.now(), 1000)
    const { rows } = await pool.query('select (select count(*) from session) + (select count(*) from revocation) as n')
    expect(rows[0].n).toBe(0n)
  })
})

describe('keys', () => {
  it('are one for two instances that start together on an empty database, and sealed there', async () => {
    const testDatabase = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
    const shared = {
      testDatabase,
      masterKey: randomBytes(32),
      wallet: receiver(),
      gacha: receiver(),
      auction: receiver(),
    }
    const both = await Promise.all([startIdentity(shared), startIdentity(shared)])
    expect(both[0].identity.publicKeys()).toEqual(both[1].identity.publicKeys())
    const { rows } = await testDatabase.database.pool.query('select sealed_private_key from signing_key')
    expect(rows).toHaveLength(1)
    expect(rows[0].sealed_private_key.toString()).not.toContain('PRIVATE')
    for (const instance of both) await instance.stop()
    await testDatabase.drop()
  })

  it('cannot be read under another master key, and the operator is told', async () => {
    const { testDatabase, wallet, gacha, auction } = one
    const other = new Uint8Array(32)
    await expect(startIdentity({ testDatabase, wallet, gacha, auction, masterKey: other })).rejects.toThrow(
      'the master key is not',
    )
  })

  it('show nothing private', () => {
    for (const key of one.identity.publicKeys()) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    }
  })
})

it('an account nobody has is unknown, whatever the id looks like', async () => {
  for (const uid of [newId(), '', 'nonsense', 'a\0b', 'x'.repeat(10_000)]) {
    await expect(one.identity.accounts.read(uid)).rejects.toThrow('Account not found')
    await expect(one.identity.accounts.remove(uid, nobody)).rejects.toThrow('Account not found')
  }
})
