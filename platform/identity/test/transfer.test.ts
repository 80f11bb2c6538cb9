import { openDatabase } from '@sallyport/database'
import { systemClock } from '@sallyport/kernel'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTransfer, type ExportedAccount, type ImportRefusal } from '../src/transfer/index.ts'
import type { IdentityDatabase } from '../src/index.ts'
import { startIdentity, type TestIdentity } from './support.ts'

const passwordHashing = { newHashes: { algorithm: 'argon2id', pbkdf2Iterations: 260_000 } } as const

let one: TestIdentity
beforeAll(async () => {
  one = await startIdentity()
  await one.service.start()
})
afterAll(async () => {
  await one.stop()
  await one.testDatabase.drop()
})

const sql = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await one.testDatabase.database.pool.query<Record<string, unknown>>(text, values)).rows

const hash = '$2b$12$3euPcmQFCiblsZeEu5s7p.9OVHgeHWFDk9nhMqZ0m/3pd/lhwZgES'
const nobody = { kind: 'anonymous', address: '' } as const
let count = 0

/** So many accounts that nobody has yet. */
function people(many: number): Record<string, unknown>[] {
  count += 1
  const stem = `p${count}_`
  return Array.from({ length: many }, (_, index) => ({
    username: `${stem}${index}`,
    email: `${stem}${index}@example.org`,
    password_hash: hash,
  }))
}

interface Wishes {
  readonly rehearsal?: boolean
  readonly anyPassword?: boolean
  readonly signal?: AbortSignal
  readonly onBatch?: () => void
}

const transferParts = () => ({
  clock: systemClock,
  log: pino({ level: 'silent' }),
  passwordHashing,
  masterKey: async () => one.masterKey,
})

/** Imports these lines by a connection of its own, as a command does. */
async function bring(contents: readonly unknown[], { onBatch, ...wishes }: Wishes = {}) {
  const { connection } = one.testDatabase
  const database = openDatabase<IdentityDatabase>({ connection, service: 'import' })
  const transfer = createTransfer({ ...transferParts(), database })
  const refusals: ImportRefusal[] = []
  try {
    const counts = await transfer.importAccounts(numbered(contents), {
      rehearsal: false,
      anyPassword: false,
      signal: new AbortController().signal,
      report: async (_counts, news) => {
        refusals.push(...news)
        onBatch?.()
      },
      ...wishes,
    })
    return { ...counts, refusals }
  } finally {
    await transfer.stop()
    await database.close()
  }
}

async function* numbered(contents: readonly unknown[]) {
  for (const [index, content] of contents.entries()) yield { line: index + 1, content }
}

async function takeOut(withHashes: boolean): Promise<ExportedAccount[]> {
  const { connection } = one.testDatabase
  const database = openDatabase<IdentityDatabase>({ connection, service: 'export' })
  const transfer = createTransfer({ ...transferParts(), database })
  try {
    return await Array.fromAsync(transfer.exportAccounts({ withHashes }))
  } finally {
    await database.close()
  }
}

/** Of many thousands, which may take longer than a service has for anything. */
async function removeAll(): Promise<void> {
  const database = openDatabase({ connection: one.testDatabase.connection, service: 'test', statementTimeoutMs: 0 })
  try {
    await database.pool.query('delete from account')
  } finally {
    await database.close()
  }
}

async function howMany(usernames: readonly unknown[]): Promise<number> {
  const [row] = await sql('select count(*)::int as many from account where username = any($1)', [usernames])
  return Number(row?.['many'])
}

const names = (contents: readonly Record<string, unknown>[]) => contents.map(({ username }) => username)

describe('importing accounts', () => {
  it('makes accounts with roles and a trace, in the order of the lines, that are no members yet', async () => {
    const lines = people(2500)
    const before = await sql(`select count(*)::int as many from audit_event where kind = 'account.imported'`)
    expect(await bring(lines)).toEqual({ read: 2500, imported: 2500, alreadyThere: 0, refused: 0, refusals: [] })
    const made = await sql(
      `select username, born_on, member_since, (select string_agg(role, ',') from account_role where uid = account.uid) as roles
       from account where username = any($1) order by sequence`,
      [names(lines)],
    )
    expect(made.map(({ username }) => username)).toEqual(names(lines))
    expect(made[2499]).toMatchObject({ born_on: 'accounts', member_since: null, roles: 'user' })
    const after = await sql(`select count(*)::int as many, count(distinct subject)::int as subjects,
      max(actor_kind) as by from audit_event where kind = 'account.imported'`)
    expect(after[0]).toMatchObject({ many: Number(before[0]?.['many']) + 2500, by: 'operator' })
    expect(after[0]?.['subjects']).toBe(after[0]?.['many'])
  })

  it('refuses bad lines, says which and why, and takes all others', async () => {
    const [ada, bob, cyd, dan, eve] = people(5)
    const result = await bring([
      ada,
      { ...bob, email: 'nowhere' },
      { ...cyd, username: String(ada?.['username']).toUpperCase() },
      { ...dan, email: String(ada?.['email']).toUpperCase() },
      eve,
      { ...bob, roles: ['wizard'] },
    ])
    expect(result).toMatchObject({ read: 6, imported: 2, refused: 4 })
    expect(result.refusals).toEqual([
      { line: 2, field: 'email', rule: 'Invalid email format.' },
      { line: 3, field: 'username', rule: 'is the same as on line 1' },
      { line: 4, field: 'email', rule: 'is the same as on line 1' },
      { line: 6, field: 'roles', rule: 'names a role that there is not' },
    ])
  })

  it('finds what is repeated a thousand lines later', async () => {
    const lines = people(1500)
    const uid = '7f1b0a52-9a3e-4c8d-8f10-51c6a3a2b001'
    const repeated = [{ ...people(1)[0], uid }, ...lines, lines[3], { ...people(1)[0], uid }]
    expect((await bring(repeated)).refusals).toEqual([
      { line: 1502, field: 'username', rule: 'is the same as on line 5' },
      { line: 1503, field: 'uid', rule: 'is the same as on line 1' },
    ])
  })

  it('refuses what belongs to others', async () => {
    const [ada, bob, cyd, dan, eve] = people(5)
    const uid = '7f1b0a52-9a3e-4c8d-8f10-51c6a3a2b002'
    await bring([{ ...ada, uid, validation_string: 'known-string-of-ada' }])
    const { refusals } = await bring([
      { ...bob, username: ada?.['username'] },
      { ...cyd, email: ada?.['email'] },
      { ...dan, uid },
      { ...eve, validation_string: 'known-string-of-ada' },
      { ...ada, uid: '7f1b0a52-9a3e-4c8d-8f10-51c6a3a2b003' },
    ])
    expect(refusals.map(({ line, field }) => [line, field])).toEqual([
      [1, 'username'],
      [2, 'email'],
      [3, 'uid'],
      [4, 'validation_string'],
      [5, 'username'],
    ])
  })

  it('checks all of that in a rehearsal and writes nothing', async () => {
    const [ada, bob] = people(2)
    await bring([ada])
    const counts = { read: 4, imported: 1, alreadyThere: 1, refused: 2 }
    expect(await bring([ada, bob, bob, { ...bob, email: 'x' }], { rehearsal: true })).toMatchObject(counts)
    expect(await howMany([bob?.['username']])).toBe(0)
  })

  it('counts what is there already when it is run again, also after a password change', async () => {
    const lines = people(30)
    await bring(lines)
    const other = hash.replace('$12$', '$13$')
    await sql(`update account set password_hash = $2 where username = $1`, [lines[0]?.['username'], other])
    expect(await bring([...lines, ...people(1)])).toMatchObject({ imported: 1, alreadyThere: 30, refused: 0 })
  })

  it('ends after the batch under way when it is told to, and finishes the next time', async () => {
    const lines = people(3500)
    const interruption = new AbortController()
    const first = await bring(lines, { signal: interruption.signal, onBatch: () => interruption.abort() })
    expect(first).toMatchObject({ read: 1000, imported: 1000 })
    expect(await howMany(names(lines))).toBe(1000)
    expect(await bring(lines)).toMatchObject({ imported: 2500, alreadyThere: 1000, refused: 0 })
  })

  it('makes each account once when the same file is imported twice at once', async () => {
    const lines = people(5000)
    const [here, there] = await Promise.all([bring(lines), bring(lines)])
    expect(await howMany(names(lines))).toBe(5000)
    expect([here.refused, there.refused]).toEqual([0, 0])
    expect(here.imported + there.imported).toBe(5000)
    expect(here.alreadyThere + there.alreadyThere).toBe(5000)
  })

  it('makes each account once when the file is imported forwards and backwards at once', async () => {
    const lines = people(3000)
    const results = await Promise.all([bring(lines), bring(lines.toReversed())])
    expect(results.map(({ refused }) => refused)).toEqual([0, 0])
    expect(await howMany(names(lines))).toBe(3000)
  })

  it('A-25 keeps the digest of a known validation string, which proves the address', async () => {
    const [lucky] = people(1)
    await bring([{ ...lucky, validation_string: 'lucky-known-string' }])
    const [link] = await sql('select email, digest::text from email_link where email = $1', [lucky?.['email']])
    expect(link?.['digest']).not.toContain('lucky')
    const path = '/authy/validate/lucky-known-string'
    expect((await one.service.inject({ method: 'GET', path, headers: {} })).status).toBe(200)
    expect((await one.service.inject({ method: 'GET', path, headers: {} })).status).toBe(404)
  })

  it('hashes passwords, which open the account at its next sign-in', async () => {
    const [ada] = people(1)
    const password = 'Korrekt Pferd Batterie 77'
    await bring([{ ...ada, password_hash: undefined, password, validated: true }])
    const json = { username: ada?.['username'], password }
    const { status } = await one.service.inject({
      method: 'POST',
      path: '/authy/login',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    })
    expect(status).toBe(200)
    const [row] = await sql('select member_since from account where username = $1', [ada?.['username']])
    expect(row?.['member_since']).not.toBeNull()
  })
})

describe('exporting accounts', () => {
  it('says what an import reads, and brings the same accounts back', async () => {
    const [plain, full, pictured, gone] = people(4)
    const moment = '2020-05-04T03:02:01.000Z'
    await bring([
      plain,
      {
        ...full,
        roles: [],
        created: moment,
        last_login: moment,
        email_verified: moment,
        suspended: moment,
        delete_date: moment,
      },
      {
        ...pictured,
        username: 'pictures-0123456789abcdef0123',
        born_on: 'pictures',
        first_name: '<b>Ada</b>',
        last_name: 'Lovelace',
      },
      { ...gone, deleted: true, first_name: 'Nobody', last_name: 'Any more' },
    ])
    await one.identity.accounts.register(
      { username: `export_${count}`, email: `export_${count}@example.org`, password: 'Korrekt-Pferd-77!' },
      'market',
      nobody,
    )
    const before = await takeOut(true)
    expect(before.find(({ username }) => username === full?.['username'])).toEqual({
      ...full,
      uid: expect.any(String),
      roles: [],
      born_on: 'accounts',
      created: moment,
      last_login: moment,
      email_verified: moment,
      suspended: moment,
      delete_date: moment,
    })
    expect(before.find(({ email }) => email === pictured?.['email'])).toMatchObject({
      born_on: 'pictures',
      first_name: '<b>Ada</b>',
      last_name: 'Lovelace',
    })
    // Who is deleted only keeps the names that nobody else may have.
    expect(before.find(({ email }) => email === gone?.['email'])).not.toHaveProperty('first_name')
    await removeAll()
    expect(await bring(before)).toMatchObject({ imported: before.length, refused: 0 })
    expect(await takeOut(true)).toEqual(before)
  })

  it('leaves the hashes out unless it is told otherwise, and is written down', async () => {
    const accounts = await takeOut(false)
    for (const account of accounts) expect(account).not.toHaveProperty('password_hash')
    const [event] = await sql(
      `select actor_kind, details from audit_event where kind = 'accounts.exported' order by id desc limit 1`,
    )
    expect(event).toEqual({ actor_kind: 'operator', details: { count: accounts.length, hashes: false } })
  })
})
