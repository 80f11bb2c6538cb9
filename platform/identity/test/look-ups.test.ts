import { openDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, parseId } from '@sallyport/kernel'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as store from '../src/accounts/account-store.ts'
import { findCredentials, findCredentialsByUsername } from '../src/accounts/credential-store.ts'
import { type IdentityDatabase, migrations } from '../src/index.ts'

let testDatabase: TestDatabase<IdentityDatabase>
let uid: AccountId
const asked: string[] = []

beforeAll(async () => {
  testDatabase = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
  // Only who owns a table may analyze it; and so many at once may take longer than a service has for anything.
  const owner = openDatabase({ connection: testDatabase.ownerConnection, service: 'owner', statementTimeoutMs: 0 })
  await owner.pool.query(`
    insert into account (uid, username, email, password_hash, born_on, created_at)
    select gen_random_uuid(), 'Person_' || n, 'person_' || n || '@example.org', '', 'accounts', now()
    from generate_series(1, 20000) as n;
    insert into account_role select uid, 'user' from account;`)
  await owner.pool.query('analyze account, account_role')
  await owner.close()
  const { rows } = await testDatabase.database.pool.query<{ uid: string }>(
    `select uid from account where username = 'Person_9999'`,
  )
  const found = parseId<AccountId>(rows[0]?.uid ?? '')
  if (!found) throw new TypeError('nobody is there')
  uid = found
})
afterAll(() => testDatabase.drop())

/** The same functions as everywhere, on a database that notes what they ask. */
function listening(): Kysely<IdentityDatabase> {
  return new Kysely<IdentityDatabase>({
    dialect: new PostgresDialect({ pool: testDatabase.database.pool }),
    log: ({ query }) => void asked.push(query.sql),
  })
}

const lookUps: readonly (readonly [string, string, (db: Kysely<IdentityDatabase>) => Promise<unknown>])[] = [
  ['findAccount', 'account_pkey', (db) => store.findAccount(db, uid)],
  ['findCredentials', 'account_pkey', (db) => findCredentials(db, uid)],
  ['findByUsername', 'account_username_key', (db) => store.findByUsername(db, 'person_9999')],
  ['findByEmail', 'account_email_key', (db) => store.findByEmail(db, 'PERSON_9999@example.org')],
  ['findCredentialsByUsername', 'account_username_key', (db) => findCredentialsByUsername(db, 'Person_9999')],
]

describe('with 20,000 accounts', () => {
  it.each(lookUps)('%s finds by the index %s and reads no table from end to end', async (_name, index, lookUp) => {
    asked.length = 0
    expect(await lookUp(listening())).toBeDefined()
    expect(asked).toHaveLength(1)
    // The plan for any parameter, which is what a prepared statement keeps.
    const { rows } = await testDatabase.database.pool.query<{ 'QUERY PLAN': string }>(
      `explain (generic_plan) ${asked[0]}`,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain(`Index Scan using ${index} on account`)
    expect(plan).not.toMatch(/Seq Scan on account/)
  })
})
