import { newId } from '@sallyport/kernel'
import type { ServiceDatabase } from '@sallyport/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IdentityDatabase } from '../src/index.ts'
import { NameFixed, NameTaken, NameUnfit } from '../src/accounts/account.ts'
import { createNameDigest } from '../src/accounts/reserved-names.ts'
import { createAudit } from '../src/audit/audit.ts'
import { createRoles } from '../src/roles/roles.ts'
import { beginPatiently, startIdentity, type TestIdentity } from './support.ts'
import { systemClock } from '@sallyport/kernel'

let one: TestIdentity
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
const password = 'Correct-Horse7!'
const student = { name: 'student', level: 40 }
let count = 0

const accounts = () => one.identity.accounts
const pool = () => one.testDatabase.database.pool
const roles = () =>
  createRoles({
    db: one.testDatabase.database.db,
    clock: systemClock,
    changes: { announce: async () => undefined },
    audit: createAudit(systemClock),
  })

async function enroll(bornOn: 'market' | 'enrollment' = 'enrollment') {
  count += 1
  const username = `ada_${count}`
  const email = bornOn === 'market' ? { email: `${username}@example.org` } : {}
  return accounts().register({ username, ...email, password, roles: [student] }, bornOn, nobody)
}

const registerAs = (username: string) =>
  accounts().register({ username, email: `${newId()}@example.org`, password }, 'market', nobody)

describe('the name of somebody who ever had a role of the enrollment system (design §4)', () => {
  it('cannot be changed, whatever else is', async () => {
    const ada = await enroll()
    await expect(accounts().rename(ada.uid, { username: 'lovelace' }, root)).rejects.toThrow(NameFixed)
    const email = `${ada.username}@example.org`
    const renamed = await accounts().rename(ada.uid, { username: ada.username.toUpperCase(), email }, root)
    expect(renamed).toMatchObject({ username: ada.username, email })
  })

  it('is nobody else’s when the account is gone, on any surface and in any case', async () => {
    for (const bornOn of ['market', 'enrollment'] as const) {
      const { uid, username } = await enroll(bornOn)
      await accounts().remove(uid, root)
      await expect(registerAs(username.toUpperCase())).rejects.toThrow(NameTaken)
      await expect(accounts().register({ username, password }, 'enrollment', nobody)).rejects.toThrow(NameTaken)
      expect(await accounts().isNameTaken(username)).toBe(true)
      const other = await registerAs(`other_${count}`)
      await expect(accounts().rename(other.uid, { username }, root)).rejects.toThrow(NameTaken)
    }
  })

  it('is kept as a keyed digest alone', async () => {
    const { uid, username } = await enroll()
    await accounts().remove(uid, root)
    const { rows } = await pool().query('select digest from reserved_name where digest = $1', [
      createNameDigest(one.masterKey)(username),
    ])
    expect(rows).toHaveLength(1)
    const left = await pool().query('select from account where lower(username) = $1', [username])
    expect(left.rows).toHaveLength(0)
  })

  it('is fixed from the moment a role is given, and stays so when it is taken again', async () => {
    const ada = await registerAs(`late_${(count += 1)}`)
    await accounts().rename(ada.uid, { username: `later_${count}` }, root)
    await roles().assign('instructor', ada.uid, root)
    await roles().withdraw('instructor', ada.uid, root)
    await expect(accounts().rename(ada.uid, { username: 'lovelace' }, root)).rejects.toThrow(NameFixed)
    await accounts().remove(ada.uid, root)
    await expect(registerAs(`later_${count}`)).rejects.toThrow(NameTaken)
  })

  it('leaves the names of others as free as they were', async () => {
    const ada = await registerAs(`free_${(count += 1)}`)
    await accounts().remove(ada.uid, root)
    expect((await registerAs(ada.username)).username).toBe(ada.username)
  })

  it('has to be one that the enrollment system can know', async () => {
    const name = `Adà ${(count += 1)}`
    const ada = await accounts().register(
      { username: name, email: `ada${count}@example.org`, password: 'vier-korrekte-pferde-77' },
      'accounts',
      nobody,
    )
    await expect(roles().assign('student', ada.uid, root)).rejects.toThrow(NameUnfit)
    await roles().assign('guest', ada.uid, root)
  })

  it('is not to be had by whoever waits for the account to go', async () => {
    const { uid, username } = await enroll()
    const client = await pool().connect()
    try {
      // As a deletion does it, and stays for a moment before its commit.
      await client.query(beginPatiently)
      await client.query('delete from account where uid = $1', [uid])
      await client.query('insert into reserved_name (digest) values ($1)', [createNameDigest(one.masterKey)(username)])
      const registering = registerAs(username).catch((error: unknown) => error)
      await untilSomeoneWaits(pool())
      await client.query('commit')
      expect(await registering).toBeInstanceOf(NameTaken)
    } finally {
      client.release(true)
    }
  })
})

/** Resolves when a statement of this database waits for a lock, or after many looks. */
async function untilSomeoneWaits(pool: ServiceDatabase<IdentityDatabase>['pool']): Promise<void> {
  for (let looks = 0; looks < 10_000; looks += 1) {
    const { rows } = await pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
  }
}
