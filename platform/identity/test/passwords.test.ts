import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '@sallyport/database'
import type { IdentityDatabase } from '../src/index.ts'
import { vectors } from '../src/passwords/stored-hash.vectors.ts'
import { secretFor, startIdentity, type TestIdentity, type TestOptions } from './support.ts'

let one: TestIdentity
const others: TestIdentity[] = []

beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
})
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const password = 'Correct-Horse7!'
const argon2id = { newHashes: { algorithm: 'argon2id', pbkdf2Iterations: 260_000 } } as const
const nobody = { kind: 'anonymous', address: '' } as const
let count = 0

/** Another instance on the same database, with ways of its own. */
async function another(passwordHashing: NonNullable<TestOptions['passwordHashing']>): Promise<TestIdentity> {
  const other = await startIdentity(one, { passwordHashing })
  others.push(other)
  return other
}

const sql = (text: string, values: unknown[] = []) => one.testDatabase.database.pool.query(text, values)

/** An account with this hash, as it is after an import. */
async function imported(hash: string): Promise<string> {
  count += 1
  const username = `Imported_${count}`
  const account = { username, email: `imported${count}@example.org`, password }
  await one.identity.accounts.register(account, 'market', nobody)
  await sql('update account set password_hash = $2 where username = $1', [username, hash])
  return username
}

async function hashOf(username: string): Promise<string> {
  const { rows } = await sql('select password_hash from account where username = $1', [username])
  return String(rows[0]?.password_hash)
}

async function signIn(username: string, secret: string, instance = one) {
  const form = new URLSearchParams({ username, password: secret }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return instance.service.inject({ method: 'POST', path: '/api/auth/token', headers, body: form })
}

const statusOf = async (...args: Parameters<typeof signIn>): Promise<number> => (await signIn(...args)).status

describe('somebody who comes from another system', () => {
  it.each(Object.entries(vectors).flatMap(([form, [first]]) => (first ? [{ form, ...first }] : [])))(
    'signs in with the hash made there, and after that with one of today: $form',
    async ({ password, stored }) => {
      const username = await imported(stored)
      expect(await statusOf(username, `${password}x`)).toBe(401)
      expect(await hashOf(username)).toBe(stored)
      expect(await statusOf(username, password)).toBe(200)
      await expect.poll(() => hashOf(username)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      expect(await statusOf(username, password)).toBe(200)
      expect(await statusOf(username, `${password}x`)).toBe(401)
    },
  )

  it('E-18 E-19 gets a pbkdf2_sha256 hash where that is what new ones are', async () => {
    const enrollment = await another({ newHashes: { algorithm: 'pbkdf2_sha256', pbkdf2Iterations: 260_000 } })
    const username = await imported(await hashOf(await imported(String(vectors['bcrypt']?.[0]?.stored))))
    expect(await statusOf(username, 'U*U', enrollment)).toBe(200)
    await expect.poll(() => hashOf(username)).toMatch(/^pbkdf2_sha256\$260000\$[0-9a-f]{32}\$/)
    expect(await statusOf(username, 'U*U', enrollment)).toBe(200)
    const account = { username: `Born_${count}`, email: `born${count}@example.org`, password }
    await enrollment.identity.accounts.register(account, 'market', nobody)
    expect(await hashOf(account.username)).toMatch(/^pbkdf2_sha256\$260000\$[0-9a-f]{32}\$/)
    expect(await statusOf(account.username, password, enrollment)).toBe(200)
  })

  it('signs in many times at once while the hash is replaced', async () => {
    const username = await imported(String(vectors['bcrypt']?.[0]?.stored))
    const attempts = Array.from({ length: 30 }, async (_, n) => {
      await sleep(n * 5)
      return statusOf(username, 'U*U')
    })
    expect(new Set(await Promise.all(attempts))).toEqual(new Set([200]))
  })

  it('changes the password while the hash is replaced', async () => {
    // It takes a while to verify, so the sign-in has replaced it before the change is done.
    const slow = vectors['bcrypt']?.at(-1)
    const [username, old] = [await imported(String(slow?.stored)), String(slow?.password)]
    const uid = await uidOf(username)
    const { body } = await signIn(username, old)
    const change = await one.service.inject({
      method: 'POST',
      path: `/api/auth/accounts/${uid}/changePassword`,
      headers: { authorization: `Bearer ${JSON.parse(body).access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ old_password: old, new_password: 'Another-Horse8!' }),
    })
    expect(change.status).toBe(200)
    expect(await statusOf(username, 'Another-Horse8!')).toBe(200)
    expect(await statusOf(username, old)).toBe(401)
  })
})

async function uidOf(username: string): Promise<string> {
  const { rows } = await sql('select uid from account where username = $1', [username])
  return String(rows[0]?.uid)
}

describe('E-20 a damaged record', () => {
  it.each([
    '',
    'x',
    'pbkdf2_sha256$many$salt$key',
    '$argon2id$v=19$m=19456,t=2,p=1$',
    '$2b$12$short',
    'scrypt:0:0:0$$',
  ])('lets nobody in, and is no failure: %s', async (record) => {
    const username = await imported(record)
    expect(await statusOf(username, password)).toBe(401)
    expect(await statusOf(username, record || ' ')).toBe(401)
    expect(await hashOf(username)).toBe(record)
  })
})

describe('E-21 what is put off', () => {
  it('may fail without failing the sign-in: no place in the queue', async () => {
    const busy = await another({ ...argon2id, concurrency: 1, queueLimit: 1 })
    const stored = String(vectors['bcrypt']?.[0]?.stored)
    const username = await imported(stored)
    // The queue is never half empty.
    const attempts = await Promise.all(Array.from({ length: 5 }, () => statusOf(username, 'U*U', busy)))
    expect(attempts).toContain(200)
    for (const status of attempts) expect(status).toBeOneOf([200, 503])
  })

  it('may fail without failing the sign-in: the database refuses', async () => {
    const stored = String(vectors['bcrypt']?.[0]?.stored)
    const username = await imported(stored)
    const asOwner = openDatabase<IdentityDatabase>({
      connection: one.testDatabase.ownerConnection,
      service: 'identity',
    })
    await asOwner.pool.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
      create trigger refuse before update of password_hash on account for each row execute function refuse();`)
    try {
      const other = await another(argon2id)
      expect(await statusOf(username, 'U*U', other)).toBe(200)
      await other.stop()
      others.splice(0)
    } finally {
      await asOwner.pool.query('drop trigger refuse on account; drop function refuse();')
      await asOwner.close()
    }
    expect(await hashOf(username)).toBe(stored)
    expect(await statusOf(username, 'U*U')).toBe(200)
  })
})

describe('when too many passwords wait', () => {
  const json = { 'content-type': 'application/json' }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const account = { username: 'Waits_Long', email: 'waits@example.org', password: 'Korrekt Pferd Batterie 77!' }
  const signUp = { ...account, confirm_password: account.password }

  async function askFull(path: string, headers: Record<string, string>, body: string) {
    const full = await another({ ...argon2id, queueLimit: 0 })
    const address = await full.service.listen({ host: '127.0.0.1', port: 0 })
    const reply = await fetch(`${address}${path}`, { method: 'POST', headers, body })
    return { status: reply.status, retryAfter: reply.headers.get('retry-after'), body: await reply.json() }
  }

  it.each([
    ['/api/auth/accounts', json, JSON.stringify(account)],
    ['/api/auth/token', form, 'username=waits&password=long'],
    ['/authy/user', json, JSON.stringify(signUp)],
    ['/authy/login', json, '{"username": "waits", "password": "long enough"}'],
  ])('the market and /authy say so, and when to try again: %s', async (path, headers, body) => {
    const reply = await askFull(path, headers, body)
    expect(reply).toMatchObject({ status: 503, retryAfter: '1' })
    expect(JSON.stringify(reply.body)).toContain('Too many sign-ins at once')
  })

  it('our own routes say so in problem details', async () => {
    const username = await imported('')
    const email = `imported${count}@example.org`
    const wish = { method: 'POST', path: '/v1/account/password-reset-requests', headers: json } as const
    await one.service.inject({ ...wish, body: JSON.stringify({ email }) })
    const secret = await secretFor(one, email)
    const reset = JSON.stringify({ secret, password: 'Korrekt Pferd Batterie 77!' })
    const reply = await askFull('/v1/account/password-resets', json, reset)
    expect(reply).toMatchObject({ status: 503, retryAfter: '1', body: { code: 'busy', status: 503 } })
    expect(await hashOf(username)).toBe('')
  })
})
