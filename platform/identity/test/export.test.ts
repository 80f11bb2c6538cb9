import { once } from 'node:events'
import { text as textOf } from 'node:stream/consumers'
import { identity as contracts } from '@sallyport/contracts'
import { type AccountId, newId } from '@sallyport/kernel'
import { decodeJwt } from 'jose'
import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { UnknownAccount } from '../src/accounts/account.ts'
import { createAudit } from '../src/audit/index.ts'
import { createPersonalDataExport, ExportUnderWay } from '../src/privacy/export.ts'
import { device, noon, nothing, password, services, startExports } from './export-support.ts'
import { secretFor } from './support.ts'

let on: Awaited<ReturnType<typeof startExports>>
beforeAll(async () => (on = await startExports()))
afterAll(() => on.stop())
beforeEach(() => on.reset())

const bundle = Compile(contracts.PersonalData)

describe('the export of everything that is held of somebody', () => {
  it('is one bundle of what every service holds, as its description says', async () => {
    const ada = await on.newPerson()
    const answers = [
      { sections: { membership: null, balances: null, transactions: [] }, next: 'transactions.7' },
      { sections: { transactions: [], holds: [] }, next: null },
    ]
    on.started.wallet.answers.set('exportPersonalData', () => answers.shift())
    const { headers, text } = await on.ask('GET', '/v1/me/export', { token: ada.token })
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-disposition': 'attachment; filename="sallyport-2026-06-01.json"',
      'cache-control': 'no-store',
    })
    const read: unknown = JSON.parse(text)
    expect([...bundle.Errors(read)]).toEqual([])
    expect(read).toMatchObject({ format: 'sallyport-personal-data/1', account: ada.uid, ...nothing, enrollment: null })
    expect(answers).toEqual([])
  })

  it('tells of the account, sessions with address and device, and events', async () => {
    const ada = await on.newPerson()
    expect(await on.exportOf(ada)).toMatchObject({
      identity: {
        account: {
          uid: ada.uid,
          username: ada.username,
          email: `${ada.username}@example.org`,
          roles: ['user'],
          born_on: 'market',
        },
        pictures: null,
        sessions: [
          { device: 'Firefox on Linux', user_agent: device, address: '192.0.2.7', surface: 'market', client: null },
        ],
        api_keys: [],
        passkeys: [],
        authenticator_app: null,
        recovery_codes: null,
        clients: [],
        letters: [],
        usual_networks: { count: 1 },
        events: [
          { kind: 'personal-data.exported', by: 'self', about: 'self', address: '192.0.2.7', details: { way: 'door' } },
          { kind: 'sign-in.succeeded', by: 'self', about: 'self', address: '192.0.2.7', details: { on: 'market' } },
          { kind: 'account.registered', by: 'anonymous', about: 'self', address: '192.0.2.9' },
        ],
      },
    })
  })

  it('S-C8 has no secret in it: no hash, no digest, no whole key, no token', async () => {
    const { uid, username } = await on.newPerson()
    await on.db().insertInto('account_role').values({ uid, role: 'student' }).execute()
    const email = `${username}@example.org`
    const registered = await on.ask('POST', '/users/api/v1/register', {
      json: { 'First Name': '<b>Ada</b>', 'Last Name': 'Lovelace', email, Password: password },
    })
    const { 'API Key': picturesKey }: Record<string, unknown> = JSON.parse(registered.text)
    const token = await on.signIn(username)
    // The keys are listed in the order in which they were made.
    on.clock.time = noon + 1000
    const json = { name: 'script', scopes: ['wallet:read'] }
    const { key }: Record<string, unknown> = JSON.parse(
      (await on.ask('POST', '/v1/account/api-keys', { token, json })).text,
    )
    await on.ask('POST', '/v1/account/password-reset-requests', { json: { email } })
    const linkSecret = await secretFor(on.started, email)
    const [publicKey, digest] = [Buffer.from('the public key of a passkey'), Buffer.alloc(32, 7)]
    await on
      .db()
      .insertInto('passkey')
      .values({
        id: Buffer.from('the id of a passkey'),
        uid,
        public_key: publicKey,
        counter: 1n,
        transports: [],
        synced: false,
        backed_up: false,
        name: '<i>Key</i>',
        created_at: on.clock.now(),
        last_used_at: null,
      })
      .execute()
    await on
      .db()
      .insertInto('totp')
      .values({
        uid,
        sealed_secret: Buffer.from('a sealed secret'),
        created_at: on.clock.now(),
        confirmed_at: on.clock.now(),
        last_step: 1n,
      })
      .execute()
    await on.db().insertInto('recovery_code').values({ uid, digest }).execute()
    const grant = {
      iat: noon / 1000,
      accountId: uid,
      kind: 'Grant',
      clientId: 'gone',
      grantId: 'a-grant',
      openid: { scope: 'openid email' },
      resources: { 'https://sallyport.test': 'impersonate' },
    }
    for (const [model, payload] of [
      ['Grant', grant],
      ['RefreshToken', { ...grant, scope: 'openid' }],
    ] as const) {
      const row = { model, digest: Buffer.alloc(32, model.length), payload: JSON.stringify(payload) }
      await on
        .db()
        .insertInto('openid_record')
        .values({ ...row, expires_at: null, consumed_at: null })
        .execute()
    }
    const { text } = await on.ask('GET', '/v1/me/export', { token })
    expect(JSON.parse(text)).toMatchObject({
      identity: {
        pictures: { first_name: '<b>Ada</b>', last_name: 'Lovelace', address: '192.0.2.7' },
        api_keys: [
          { name: 'pictures', prefixes: [String(picturesKey).slice(0, 6)] },
          { name: 'script', uses: 0 },
        ],
        passkeys: [{ name: '<i>Key</i>', created_at: '2026-06-01T12:00:01.000Z', last_used_at: null }],
        authenticator_app: { added_at: '2026-06-01T12:00:01.000Z' },
        recovery_codes: { left: 1 },
        clients: [{ client: 'gone', scopes: ['email', 'impersonate', 'openid'], until: null }],
        letters: [{ purpose: 'password-reset', email }],
      },
      enrollment: nothing.enrollment,
    })

    const secrets = new Set<string>([password, token, String(picturesKey), String(key), 'a sealed secret', 'a-grant'])
    secrets.add(linkSecret)
    secrets.add(String(decodeJwt(token).jti))
    // Everything that is kept as bytes, and every hash.
    const { rows } = await sql<{ secret: string }>`
      select password_hash as secret from account union all select digest::text from recovery_code
      union all select digest::text from api_key_secret union all select digest::text from email_link
      union all select digest::text from familiar_network union all select encode(digest, 'base64') from familiar_network
      union all select sealed_secret::text from totp union all select public_key::text from passkey
      union all select digest::text from openid_record union all select session_id::text from api_key
      union all select mac::text from audit_link`.execute(on.db())
    for (const { secret } of rows) secrets.add(secret.replace(/^\\x/, ''))
    expect(secrets.size).toBeGreaterThan(15)
    for (const secret of secrets) expect(text).not.toContain(secret)
  })

  it('tells of nobody else: not who an administrator was, nor from where, nor whom somebody administered', async () => {
    const [ada, eve] = [await on.newPerson(), await on.newPerson()]
    const record = (kind: string, actor: AccountId, subject: AccountId, address: string) =>
      sql`
      insert into audit_event (at, kind, actor_kind, actor, address, subject, details)
      values (${on.clock.now()}, ${kind}, 'account', ${actor}, ${address}, ${subject}, ${JSON.stringify({ role: 'admin' })})`.execute(
        on.db(),
      )
    await record('role.assigned', eve.uid, ada.uid, '198.51.100.1')
    await record('account.suspended', ada.uid, eve.uid, '203.0.113.1')
    const { identity }: Record<string, unknown> = Object(await on.exportOf(ada))
    expect(identity).toMatchObject({
      events: expect.arrayContaining([
        {
          at: expect.any(String),
          kind: 'role.assigned',
          by: 'other-account',
          about: 'self',
          address: null,
          details: { role: 'admin' },
        },
        {
          at: expect.any(String),
          kind: 'account.suspended',
          by: 'self',
          about: 'other-account',
          address: '203.0.113.1',
          details: {},
        },
      ]),
    })
    const text = JSON.stringify(identity)
    for (const foreign of [eve.uid, eve.username, '198.51.100.1']) expect(text).not.toContain(foreign)
  })

  it('comes whole however many events there are', async () => {
    const ada = await on.newPerson()
    await sql`
      insert into audit_event (at, kind, actor_kind, subject, details)
      select ${on.clock.now()}, 'test.' || number, 'operator', ${ada.uid}, '{}' from generate_series(1, 1203) as number`.execute(
      on.db(),
    )
    const { identity }: Record<string, unknown> = Object(await on.exportOf(ada))
    const kinds = Array.from(Object(Reflect.get(Object(identity), 'events'))).map((event) =>
      String(Reflect.get(Object(event), 'kind')),
    )
    expect(kinds.filter((kind) => kind.startsWith('test.'))).toEqual(
      Array.from({ length: 1203 }, (_, index) => `test.${1203 - index}`),
    )
  })

  it('asks enrollment only about who ever had a role there, whose name is nobody else’s', async () => {
    const ada = await on.newPerson()
    await on.exportOf(ada)
    expect(on.started.enrollment.heard).not.toContain(`exportPersonalData ${ada.username}`)
    await on.db().insertInto('account_role').values({ uid: ada.uid, role: 'instructor' }).execute()
    expect(await on.exportOf(ada)).toMatchObject({ enrollment: nothing.enrollment })
  })

  it.each(services)('is refused before anything is sent when %s does not answer', async (name) => {
    const ada = await on.newPerson()
    await on.db().insertInto('account_role').values({ uid: ada.uid, role: 'student' }).execute()
    on.started[name].away = true
    const { status, headers, text } = await on.ask('GET', '/v1/me/export', { token: ada.token })
    expect([status, headers['retry-after']]).toEqual([503, '10'])
    expect(JSON.parse(text)).toMatchObject({ code: 'part-unavailable', part: name })
    const { rows } =
      await sql`select from audit_event where subject = ${ada.uid} and kind = 'personal-data.exported'`.execute(on.db())
    expect(rows).toEqual([])
    on.started[name].away = false
    await on.exportOf(ada)
  })

  it('goes on when a service that was away for a moment is there again', async () => {
    const ada = await on.newPerson()
    let asked = 0
    on.started.gacha.answers.set('exportPersonalData', () => {
      asked += 1
      on.started.gacha.away = asked === 1
      if (on.started.gacha.away) setTimeout(() => (on.started.gacha.away = false), 50)
      return asked === 1 ? { sections: nothing.gacha, next: 'received.x' } : { sections: { received: [] }, next: null }
    })
    expect(await on.exportOf(ada)).toMatchObject({ gacha: nothing.gacha })
  })
})

describe('an export that cannot go on', () => {
  it('breaks the connection, so that nobody takes a part of it for the whole, and can be begun again', async () => {
    const ada = await on.newPerson()
    on.started.auction.answers.set('exportPersonalData', (input) => {
      const { after }: Record<string, unknown> = Object(Reflect.get(Object(input), 'query'))
      if (after === 'bids.7') throw new TypeError('broken')
      return { sections: nothing.auction, next: 'bids.7' }
    })
    await expect(on.ask('GET', '/v1/me/export', { token: ada.token })).rejects.toThrow('destroyed before completion')
    on.started.auction.answers.set('exportPersonalData', () => ({ sections: nothing.auction, next: null }))
    expect(await on.exportOf(ada)).toMatchObject({ complete: true })
  })
})

describe('several exports at once', () => {
  const by = { kind: 'operator' } as const
  const create = () =>
    createPersonalDataExport({ db: on.db(), clock: on.clock, audit: createAudit(on.clock), sources: [] })

  it('are one of each account, until it was read or given up', async () => {
    const { uid } = await on.newPerson()
    const exporting = create()
    const { stream } = await exporting.begin(uid, by, 'command')
    await expect(exporting.begin(uid, by, 'command')).rejects.toThrow(ExportUnderWay)
    expect(JSON.parse(await textOf(stream))).toMatchObject({ account: uid, complete: true })
    const given = await exporting.begin(uid, by, 'command')
    given.stream.destroy()
    await once(given.stream, 'close')
    await exporting.begin(uid, by, 'command')
  })

  it('are four in a process', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => on.newPerson()))
    const exporting = create()
    const begun = await Promise.allSettled(people.map(({ uid }) => exporting.begin(uid, by, 'command')))
    expect(begun.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), 'rejected'])
  })

  it('leave no place taken by one that could not begin', async () => {
    const exporting = create()
    for (let time = 0; time < 5; time += 1)
      await expect(exporting.begin(newId<AccountId>(), by, 'command')).rejects.toThrow(UnknownAccount)
    await exporting.begin((await on.newPerson()).uid, by, 'command')
  })
})
