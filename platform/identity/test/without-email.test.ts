import { systemClock } from '@sallyport/kernel'
import { openDatabase } from '@sallyport/database'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTransfer } from '../src/transfer/index.ts'
import type { IdentityDatabase } from '../src/index.ts'
import { InvalidEmail } from '../src/accounts/account.ts'
import { startIdentity, type TestIdentity } from './support.ts'

let one: TestIdentity
let root: string
beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
  await one.identity.accounts.registerAdministrator({ username: 'root', email: 'root@example.org', password })
  root = await signIn('root')
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const nobody = { kind: 'anonymous', address: '192.0.2.7' } as const
const password = 'Correct-Horse7!'
const student = { name: 'student', level: 40 }
let count = 0

function enroll() {
  const username = `ada_${(count += 1)}`
  return one.identity.accounts.register({ username, password, roles: [student] }, 'enrollment', nobody)
}

async function ask(method: 'GET' | 'PUT', path: string, headers: Record<string, string>, json?: unknown) {
  const { status, body } = await one.service.inject({
    method,
    path,
    headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const parsed: unknown = JSON.parse(body)
  return { status, body: parsed }
}

async function signIn(username: string) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ username, password }).toString()
  const reply = await one.service.inject({ method: 'POST', path: '/api/auth/token', headers, body })
  expect(reply.status).toBe(200)
  return String(JSON.parse(reply.body).access_token)
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('an account without an e-mail address (design §4)', () => {
  it('is one of the enrollment system alone', async () => {
    for (const bornOn of ['market', 'accounts'] as const) {
      const person = { username: 'nobody_else', password: 'vier-Korrekte-Pferde-77!' }
      await expect(one.identity.accounts.register(person, bornOn, nobody)).rejects.toThrow(InvalidEmail)
    }
    expect(await enroll()).toMatchObject({ email: undefined, bornOn: 'enrollment', memberSince: undefined })
  })

  it('is shown without one on every list and to its owner', async () => {
    const { uid, username } = await enroll()
    const token = await signIn(username)
    const shown = { uid, username, email: null, role: 'user' }
    expect(await ask('GET', '/api/auth/userinfo', bearer(token))).toEqual({ status: 200, body: shown })
    expect(await ask('GET', '/admin/api/auth/accounts', bearer(root))).toMatchObject({
      body: { data: expect.arrayContaining([shown]) },
    })
    expect(await ask('GET', '/authy/user', { 'x-access-token': token })).toMatchObject({
      status: 200,
      body: { public_id: uid, email: null },
    })
    expect(await ask('GET', `/authy/user/${uid}`, { 'x-access-token': root })).toMatchObject({
      status: 200,
      body: { username, email: null, validated: true },
    })
  })

  it('gets its things at the services of the market when it is first used there', async () => {
    const { uid, username } = await enroll()
    const heard = () =>
      [one.wallet, one.gacha, one.auction].flatMap(({ heard }) => heard).filter((line) => line.endsWith(uid))
    expect(heard()).toEqual([])
    await signIn(username)
    expect(heard().toSorted()).toEqual([`openCollection ${uid}`, `openPlayer ${uid}`, `openWallet ${uid}`])
  })

  it('may get an address later, which is a claim like any other', async () => {
    const { uid, username } = await enroll()
    const token = await signIn(username)
    const answer = await ask('PUT', `/api/auth/accounts/${uid}`, bearer(token), { email: `${username}@example.org` })
    expect(answer).toMatchObject({ status: 200, body: { email: `${username}@example.org`, username } })
    expect(await one.identity.accounts.read(uid)).toMatchObject({ emailVerifiedAt: undefined })
  })

  it('is written down without one, and brought back so', async () => {
    const { uid } = await enroll()
    const { connection } = one.testDatabase
    const database = openDatabase<IdentityDatabase>({ connection, service: 'transfer' })
    const log = pino({ level: 'silent' })
    const passwordHashing = { newHashes: { algorithm: 'argon2id', pbkdf2Iterations: 260_000 } } as const
    const transfer = createTransfer({
      database,
      clock: systemClock,
      log,
      passwordHashing,
      masterKey: async () => one.masterKey,
    })
    const bring = (content: unknown) =>
      transfer.importAccounts(
        (async function* () {
          yield { line: 1, content }
        })(),
        { rehearsal: false, anyPassword: false, signal: new AbortController().signal, report: async () => undefined },
      )
    try {
      const all = await Array.fromAsync(transfer.exportAccounts({ withHashes: true }))
      const ada = all.find((account) => account.uid === uid)
      expect(ada).toMatchObject({ born_on: 'enrollment', roles: ['user', 'student'] })
      expect(ada).not.toHaveProperty('email')
      expect(await bring(ada)).toMatchObject({ alreadyThere: 1, refused: 0 })
      await one.testDatabase.database.pool.query('delete from account where uid = $1', [uid])
      expect(await bring({ ...ada, username: ada?.username.toUpperCase() })).toMatchObject({ imported: 1 })
      expect(await one.identity.accounts.read(uid)).toMatchObject({ username: ada?.username, hasFixedName: true })
      // Whoever was deleted here does not come back under the same name with a file.
      await one.identity.accounts.remove(uid, { kind: 'operator', level: 0 })
      expect(await bring(ada)).toMatchObject({ imported: 0, refused: 1 })
    } finally {
      await transfer.stop()
      await database.close()
    }
  })
})
