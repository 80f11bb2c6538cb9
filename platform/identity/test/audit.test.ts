import { openDatabase } from '@sallyport/database'
import { type AccountId, newId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EventFilter, selectEvents } from '../src/audit/audit-store.ts'
import { chainKey } from '../src/audit/chain.ts'
import { sealBatch } from '../src/audit/sealer.ts'
import { verifyAudit } from '../src/audit/index.ts'
import { startIdentity, type TestIdentity } from './support.ts'

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

const password = 'Korrekt-Pferd-77!'
const from = { 'x-forwarded-for': '192.0.2.7' }
const by = { kind: 'anonymous', address: '192.0.2.7' } as const
let count = 0

async function signUp(bornOn: 'market' | 'accounts' = 'accounts') {
  count += 1
  const [username, email] = [`ada_${count}`, `ada${count}@example.org`]
  return { ...(await one.identity.accounts.register({ username, email, password }, bornOn, by)), email }
}

async function ask(method: 'GET' | 'POST', path: string, json?: unknown, headers: Record<string, string> = {}) {
  const { status, body } = await one.service.inject({
    method,
    path,
    headers: { ...from, ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  return { status, json: body.startsWith('{') ? JSON.parse(body) : undefined }
}

const logIn = (username: string, word = password) => ask('POST', '/authy/login', { username, password: word })
const pool = () => one.testDatabase.database.pool

/** The newest event of a kind, without its number and its time. */
async function newest(kind: string) {
  const { rows } = await pool().query(
    `select actor_kind, actor, address, subject, details from audit_event where kind = $1 order by id desc limit 1`,
    [kind],
  )
  return rows[0]
}

async function prove(uid: AccountId): Promise<void> {
  await pool().query('update account set email_verified_at = now() where uid = $1', [uid])
}

describe('the trail', () => {
  it('says why a sign-in was refused; the answer does not', async () => {
    const ada = await signUp()
    const boss = { ...by, level: 0 }
    const answers: unknown[] = []
    const refusal = async (reason: string, subject: AccountId | null, attempt = () => logIn(ada.username)) => {
      answers.push(await attempt())
      expect(await newest('sign-in.refused')).toEqual({
        actor_kind: 'anonymous',
        actor: null,
        address: '192.0.2.7',
        subject,
        details: { on: 'accounts', reason },
      })
    }
    await refusal('unverified', ada.uid)
    await refusal('wrong-password', ada.uid, () => logIn(ada.username, 'Wrong-Horse-78'))
    await prove(ada.uid)
    await one.identity.accounts.suspend(ada.uid, boss)
    expect(await newest('account.suspended')).toMatchObject({ subject: ada.uid })
    await refusal('suspended', ada.uid)
    await one.identity.accounts.remove(ada.uid, by)
    await refusal('unknown-account', null)
    // Whoever types a password into the field of the name.
    await refusal('unknown-account', null, () => logIn('My-Secret-Pass-99'))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    const { rows } = await pool().query('select audit_event::text as text from audit_event')
    expect(rows.map(({ text }) => text).join()).not.toMatch(/My-Secret|Wrong-Horse|Korrekt/)
  })

  it('knows who asked for a new password, also for an address that nobody has', async () => {
    const ada = await signUp()
    const wish = (email: string) => ask('POST', '/v1/account/password-reset-requests', { email })
    const known = await wish(ada.email.toUpperCase())
    const event = { actor_kind: 'anonymous', actor: null, address: '192.0.2.7', details: {} }
    expect(await newest('password.reset-requested')).toEqual({ ...event, subject: ada.uid })
    expect(await wish('nobody@example.org')).toEqual(known)
    expect(await newest('password.reset-requested')).toEqual({ ...event, subject: null })
  })

  it('knows who tried to change a password without knowing it', async () => {
    const ada = await signUp('market')
    const { accounts } = one.identity
    const self = { kind: 'account', uid: ada.uid, address: '192.0.2.8' } as const
    const change = {
      uid: ada.uid,
      oldPassword: 'Wrong-Horse-78',
      newPassword: 'Other-Horse-79!',
      session: newId<never>(),
    }
    await expect(accounts.changePassword(change, self)).rejects.toThrow()
    expect(await newest('password.change-refused')).toEqual({
      actor_kind: 'account',
      actor: ada.uid,
      address: '192.0.2.8',
      subject: ada.uid,
      details: { reason: 'wrong-password' },
    })
  })

  it('is one chain over what two instances record at once', async () => {
    await two.service.start()
    await Promise.all(
      Array.from({ length: 24 }, async (_, number) => {
        const { accounts } = (number % 2 === 0 ? one : two).identity
        const person = { username: `eve_${number}`, email: `eve${number}@example.org`, password }
        await accounts.register(person, 'market', by)
      }),
    )
    const { db } = one.testDatabase.database
    await expect.poll(async () => (await verifyAudit(db, one.masterKey)).pending).toBe(0n)
    const { links, firstBreak, leftOut } = await verifyAudit(db, one.masterKey)
    const { rows } = await pool().query('select count(*) as count from audit_event')
    expect({ links, firstBreak, leftOut: leftOut.count }).toEqual({
      links: rows[0]?.count,
      firstBreak: undefined,
      leftOut: 0n,
    })
  })
})

describe('readiness', () => {
  it('says when events wait for their links for too long', async () => {
    const idle = await startIdentity()
    const { db } = idle.testDatabase.database
    expect(await idle.service.readiness()).toMatchObject({ database: 'ready', audit: 'ready' })
    await sql`insert into audit_event (at, kind, actor_kind) values (now() - interval '16 seconds', 'sign-out', 'operator')`.execute(
      db,
    )
    expect(await idle.service.readiness()).toMatchObject({ database: 'ready', audit: 'SealingLags' })
    await sealBatch(db, chainKey(idle.masterKey))
    expect(await idle.service.readiness()).toMatchObject({ database: 'ready', audit: 'ready' })
    await idle.stop()
    await idle.testDatabase.drop()
  })
})

describe('the list of events', () => {
  let token = ''
  let ada: AccountId
  beforeAll(async () => {
    const account = await signUp('market')
    ada = account.uid
    await pool().query(`update account_role set role = 'admin' where uid = $1`, [ada])
    token = (await logIn(account.username)).json.token
  })
  const list = (query: string) =>
    ask('GET', `/v1/audit/events?${query}`, undefined, { authorization: `Bearer ${token}` })

  it('shows what happened, the newest first', async () => {
    const { status, json } = await list('limit=1')
    expect(status).toBe(200)
    const username = (await one.identity.accounts.read(ada)).username
    expect(json.items).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        at: expect.stringMatching(/^20.+Z$/),
        kind: 'sign-in.succeeded',
        actor: { kind: 'account', accountId: ada, username },
        address: '192.0.2.7',
        subject: { accountId: ada, username },
        details: { on: 'accounts' },
      },
    ])
  })

  it('does not know the names of the dead', async () => {
    const gone = await signUp('market')
    await one.identity.accounts.remove(gone.uid, { kind: 'account', uid: gone.uid, address: '' })
    const { json } = await list(`subject=${gone.uid.toUpperCase()}&kind=account.deleted`)
    expect(json.items).toMatchObject([{ actor: { accountId: gone.uid }, subject: { accountId: gone.uid } }])
    expect(JSON.stringify(json)).not.toContain(gone.username)
  })

  it('holds everything once, page by page, also where events have the same moment', async () => {
    const subject = newId<AccountId>()
    await pool().query(
      `insert into audit_event (at, kind, actor_kind, subject)
       select '2020-01-01T00:00:00Z'::timestamptz + n % 3 * interval '1 hour', 'sign-out', 'operator', $1
       from generate_series(1, 20) as n`,
      [subject],
    )
    const seen: { id: string; at: string }[] = []
    let after = ''
    for (;;) {
      const { json } = await list(`subject=${subject}&limit=6${after}`)
      seen.push(...json.items)
      if (json.next === null) break
      after = `&after=${json.next}`
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(20)
    expect(seen).toHaveLength(20)
    expect(seen).toEqual(seen.toSorted((a, b) => b.at.localeCompare(a.at) || Number(b.id) - Number(a.id)))
    const hour = await list(`subject=${subject}&from=2020-01-01T01:00:00Z&to=2020-01-01T03:00:00%2B01:00&limit=200`)
    expect(hour.json.items).toHaveLength(7)
  })

  it.each([
    'after=x',
    'limit=0',
    'limit=201',
    'actor=ada',
    'subject=1',
    'from=yesterday',
    'to=2020-01-01',
    'to=2020-01-01T00:00:00Z[Europe/Berlin]',
    `kind=${'x'.repeat(51)}`,
    'kind=%27%20or%201=1--',
    'kind=%00',
    'address=%00',
  ])('refuses %s', async (query) => {
    expect((await list(query)).status).toBe(422)
  })

  it.each([
    'kind=no.such.kind',
    'address=fe80::1%25eth0',
    'address=',
    'from=0000-01-01T00:00:00Z',
    'to=9999-12-31T23:59:59Z',
    'after=999999999999999999',
  ])('answers %s with what there is, which may be nothing', async (query) => {
    expect((await list(query)).status).toBe(200)
  })

  it('finds every filter’s events at the end of an index', async () => {
    const actor = newId<AccountId>()
    const { connection, ownerConnection } = one.testDatabase
    // So many at once may take longer than a service has for anything.
    const owner = openDatabase({
      connection: { ...connection, user: ownerConnection.user },
      service: 'identity',
      statementTimeoutMs: 0,
    })
    await owner.pool.query(
      `insert into audit_event (at, kind, actor_kind, actor, subject, address)
       select now() - n * interval '1 second', 'kind.' || n % 40, 'account', gen_random_uuid(), gen_random_uuid(),
         '192.0.2.' || n % 200 from generate_series(1, 30000) as n`,
    )
    await owner.pool.query('analyze audit_event')
    await owner.close()
    const plan = async (filter: EventFilter, after?: bigint): Promise<string> => {
      const { rows } = await sql<{
        'QUERY PLAN': string
      }>`explain ${selectEvents(filter, { after, limit: 50 })}`.execute(one.testDatabase.database.db)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    const someDay = new Date(Date.now() - 3_600_000)
    for (const after of [undefined, 100n]) {
      for (const [filter, index] of [
        [{}, 'audit_event_at'],
        [{ from: someDay }, 'audit_event_at'],
        [{ to: someDay }, 'audit_event_at'],
        [{ kind: 'kind.7' }, 'audit_event_of_kind'],
        [{ kind: 'kind.7', to: someDay }, 'audit_event_of_kind'],
        [{ actor }, 'audit_event_of_actor'],
        [{ subject: actor }, 'audit_event_of_subject'],
        [{ address: '192.0.2.7' }, 'audit_event_of_address'],
        [{ address: '192.0.2.7', from: someDay }, 'audit_event_of_address'],
      ] as const) {
        const found = await plan(filter, after)
        expect(found, JSON.stringify(filter)).toContain(index)
        expect(found, JSON.stringify(filter)).not.toContain('Seq Scan on audit_event')
      }
    }
  })
})
