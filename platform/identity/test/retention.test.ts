import { randomBytes } from 'node:crypto'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, newId } from '@sallyport/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { insertAccount } from '../src/accounts/account-store.ts'
import { createNameDigest, emailDigest } from '../src/accounts/reserved-names.ts'
import { createAudit } from '../src/audit/audit.ts'
import { chainKeys } from '../src/audit/chain.ts'
import { verifyAudit } from '../src/audit/verification.ts'
import { type IdentityDatabase, migrations } from '../src/index.ts'
import { type Retention, retentionSweeps } from '../src/privacy/retention.ts'

const masterKey = randomBytes(32)
const nameDigest = createNameDigest(masterKey)
const noon = new Date('2026-06-01T12:00:00Z')
const daysBefore = (days: number): Date => new Date(noon.getTime() - days * 86_400_000)

let test: TestDatabase<IdentityDatabase>
beforeEach(async () => {
  test = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
})
afterEach(() => test.drop())

async function sweep(retention: Partial<Retention>): Promise<number> {
  const wanted = { auditDays: 0, deletedAccountDays: 0, accessDays: 0, ...retention }
  const sweeps = retentionSweeps({ retention: wanted, chain: chainKeys(masterKey), nameDigest })
  let count = 0
  for (const one of Object.values(sweeps)) count += await one(test.database.db, noon, 1000)
  return count
}

async function account(username: string, times: { lastLoginAt?: Date; deletedAt?: Date } = {}): Promise<AccountId> {
  const uid = newId<AccountId>()
  const born = {
    uid,
    username,
    email: `${username}@example.org`,
    roles: [{ name: 'user', level: 10 }],
    bornOn: 'accounts' as const,
    createdAt: daysBefore(1000),
    lastLoginAt: times.lastLoginAt,
    emailVerifiedAt: undefined,
    suspendedAt: undefined,
    deletedAt: undefined,
    memberSince: undefined,
    hasSecondFactor: false,
    hasFixedName: false,
  }
  const digests = [nameDigest(username), emailDigest(nameDigest, born.email)]
  await insertAccount(test.database.db, { account: born, passwordHash: 'hash' }, digests, [])
  if (times.deletedAt)
    await test.database.pool.query('update account set deleted_at = $1 where uid = $2', [times.deletedAt, uid])
  return uid
}
const accounts = async () =>
  (await test.database.pool.query('select username, last_login_at from account order by username')).rows

describe('what is kept for longer than it is needed', () => {
  it('is erased in the audit trail after so many days, and the chain stays right', async () => {
    for (const days of [400, 366, 365, 1]) {
      const audit = createAudit({ now: () => daysBefore(days) })
      await audit.record(test.database.db, { kind: 'sign-out', by: { kind: 'anonymous', address: '192.0.2.7' } })
    }
    expect(await sweep({ auditDays: 365 })).toBe(2)
    const { rows } = await test.database.pool.query('select address from audit_event order by id')
    expect(rows.map(({ address }) => address)).toEqual([null, null, '192.0.2.7', '192.0.2.7'])
    expect(await verifyAudit(test.database.db, masterKey)).toMatchObject({
      links: 4n,
      erased: 2n,
      firstBreak: undefined,
    })
    expect(await sweep({ auditDays: 365 })).toBe(0)
  })

  it('A-52 of a deleted account are digests, by which its names stay reserved', async () => {
    await account('old', { deletedAt: daysBefore(91) })
    await account('young', { deletedAt: daysBefore(89) })
    await account('living')
    expect(await sweep({ deletedAccountDays: 90 })).toBe(1)
    expect((await accounts()).map(({ username }) => username)).toEqual(['living', 'young'])
    await expect(account('Old')).rejects.toThrow('already in use')
    const somebody = { digests: [nameDigest('other'), emailDigest(nameDigest, 'OLD@example.org')] }
    const { db } = test.database
    const born = { uid: newId<AccountId>(), username: 'other', email: 'OLD@example.org', roles: [], bornOn: 'accounts' }
    const rest = { createdAt: noon, lastLoginAt: undefined, emailVerifiedAt: undefined, suspendedAt: undefined }
    const flags = { deletedAt: undefined, memberSince: undefined, hasSecondFactor: false, hasFixedName: false }
    const newcomer = { account: { ...born, bornOn: 'accounts', ...rest, ...flags } as const, passwordHash: 'hash' }
    await expect(insertAccount(db, newcomer, somebody.digests, [])).rejects.toThrow('already in use')
  })

  it('is when somebody last signed in, and where they registered for pictures', async () => {
    await account('long-gone', { lastLoginAt: daysBefore(366) })
    const uid = await account('still-here', { lastLoginAt: daysBefore(364) })
    await test.database.pool.query(
      `insert into pictures_registration (uid, first_name, last_name, address) values ($1, 'A', 'B', '192.0.2.7')`,
      [uid],
    )
    expect(await sweep({ accessDays: 365 })).toBe(1)
    expect(await accounts()).toEqual([
      { username: 'long-gone', last_login_at: null },
      { username: 'still-here', last_login_at: daysBefore(364) },
    ])
    const { rows } = await test.database.pool.query('select address from pictures_registration')
    expect(rows).toEqual([{ address: '' }])
  })

  it('stays where the operator wants it to', async () => {
    await account('old', { deletedAt: daysBefore(9000), lastLoginAt: daysBefore(9000) })
    expect(await sweep({})).toBe(0)
    expect(await accounts()).toHaveLength(1)
  })
})
