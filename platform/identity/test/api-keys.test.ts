import { type AccountId, newId } from '@sallyport/kernel'
import { decodeJwt, generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  digestOf,
  InvalidApiKey,
  type NewApiKey,
  NotForThirdParties,
  TooManyApiKeys,
  UnknownApiKey,
} from '../src/api-keys/api-key.ts'
import { sweepKeys } from '../src/api-keys/api-key-store.ts'
import { type ApiKeys, createApiKeys } from '../src/api-keys/api-keys.ts'
import { createKeyExchange, type KeyExchange } from '../src/api-keys/key-exchange.ts'
import { createAudit } from '../src/audit/index.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { createRevocationFeed } from '../src/sessions/revocation-feed.ts'
import { revokeSessions } from '../src/sessions/session-store.ts'
import { createTokenIssuer } from '../src/tokens/token-issuer.ts'
import { sql } from 'kysely'
import { pino } from 'pino'
import { secretFor, startIdentity, type TestIdentity } from './support.ts'

const noon = Date.UTC(2026, 5, 1, 12)
const dayMs = 86_400_000
const clock = { time: noon, now: () => new Date(clock.time) }
const scopes = new Set(['wallet:read', 'gacha:read'])
const reading: NewApiKey = { name: 'script', scopes: ['wallet:read'], networks: [], lifeDays: 30 }
const by = { kind: 'anonymous', address: '192.0.2.1' } as const

let started: TestIdentity
let keys: ApiKeys
let exchange: KeyExchange
let uid: AccountId
const owner = (account = uid, session = newId<SessionId>()) => ({ uid: account, by, session })
const ended: string[] = []

beforeAll(async () => {
  started = await startIdentity(undefined, { clock })
  await started.service.start()
  const { db } = started.testDatabase.database
  const { masterKey } = started
  const feed = createRevocationFeed(db, pino({ level: 'silent' }))
  await feed.subscribe((revocations) => ended.push(...revocations.map(({ id }) => id)))
  keys = createApiKeys({ db, clock, audit: createAudit(clock), feed, masterKey, scopes })
  const { privateKey } = await generateKeyPair('ES256')
  const tokens = createTokenIssuer('https://sallyport.test', {
    signing: () => ({ kid: 'test', algorithm: 'ES256', privateKey }),
  })
  exchange = createKeyExchange({ db, clock, masterKey, tokens })
})
afterAll(() => started.stop())

beforeEach(async () => {
  clock.time = noon
  uid = await newAccount()
})

async function newAccount(): Promise<AccountId> {
  const username = `p${newId().slice(0, 8)}`
  const person = { username, email: `${username}@example.org`, password: 'Correct-Horse7!' }
  return (await started.identity.accounts.register(person, 'market', by)).uid
}

function tokenIn(exchanged: Awaited<ReturnType<KeyExchange['exchange']>>): string {
  return typeof exchanged === 'object' ? exchanged.token : ''
}

describe('S-34 a guest', () => {
  it('is nobody in particular, for downloads alone and for five minutes', async () => {
    const { token, expiresAt } = await exchange.admitGuest('pictures:download')
    expect(expiresAt).toEqual(new Date(noon + 300_000))
    const claims = decodeJwt(token)
    expect(claims).toMatchObject({ username: 'guest', role: 'user', roles: ['guest'], scope: 'pictures:download' })
    expect(decodeJwt((await exchange.admitGuest('pictures:download')).token).sub).toBe(claims.sub)
  })
})

describe('a key', () => {
  it('S-40 is 40 characters of URL-safe base64, told once; a digest under a key of its own is kept', async () => {
    const { key, text } = await keys.create(owner(), reading)
    expect(text).toMatch(/^[\w-]{40}$/)
    expect(key).toMatchObject({ name: 'script', scopes: ['wallet:read'], prefixes: [text.slice(0, 6)], uses: 0 })
    const { db } = started.testDatabase.database
    const rows = JSON.stringify(await db.selectFrom('api_key_secret').selectAll().execute())
    expect(rows).not.toContain(text)
    expect(rows).not.toContain(JSON.stringify(digestOf(text)))
  })

  it('is exchanged for a token that is good for its scopes alone, and for five minutes', async () => {
    const { key, text } = await keys.create(owner(), { ...reading, networks: ['192.0.2.0/24'] })
    const exchanged = await exchange.exchange(digestOf(text))
    expect(exchanged).toMatchObject({ id: key.id, networks: ['192.0.2.0/24'], expiresAt: new Date(noon + 300_000) })
    const claims = decodeJwt(tokenIn(exchanged))
    expect(claims).toMatchObject({ sub: uid, aud: 'sallyport', scope: 'wallet:read', role: 'user', roles: ['user'] })
    expect(claims.exp).toBe(noon / 1000 + 300)
  })

  it('S-41 counts until it expires, and no token of it longer', async () => {
    const { text } = await keys.create(owner(), reading)
    clock.time = noon + 30 * dayMs - 1000
    expect(await exchange.exchange(digestOf(text))).toMatchObject({ expiresAt: new Date(noon + 30 * dayMs) })
    clock.time = noon + 30 * dayMs
    expect(await exchange.exchange(digestOf(text))).toBe('expired')
    expect(await keys.list(uid)).toHaveLength(1)
    clock.time += 1
    await sweepKeys(started.testDatabase.database.db, clock.now(), 1000)
    expect(await keys.list(uid)).toHaveLength(0)
  })

  it('is not exchanged for somebody who may not sign in, or is gone', async () => {
    const { text } = await keys.create(owner(), reading)
    const { accounts } = started.identity
    const superadmin = { kind: 'account', uid: newId<AccountId>(), address: '', level: 0 } as const
    await accounts.suspend(uid, superadmin)
    expect(await exchange.exchange(digestOf(text))).toBe('blocked')
    await accounts.resume(uid, superadmin)
    expect(await exchange.exchange(digestOf(text))).toBeDefined()
    await accounts.remove(uid, by)
    expect(await exchange.exchange(digestOf(text))).toBeUndefined()
    expect(await keys.list(uid)).toEqual([])
  })

  it('nobody has made is exchanged for nothing', async () => {
    expect(await exchange.exchange(digestOf('nothing'))).toBeUndefined()
  })
})

describe('rotation', () => {
  it('lets the text before go on for a while, and only that one', async () => {
    const { key, text: first } = await keys.create(owner(), reading)
    clock.time += 1000
    const { text: second } = await keys.rotate(owner(), key.id, 3600)
    clock.time += 1000
    const { key: rotated, text: third } = await keys.rotate(owner(), key.id, 3600)
    expect(rotated.prefixes).toEqual([third.slice(0, 6), second.slice(0, 6)])
    expect(await exchange.exchange(digestOf(first))).toBeUndefined()
    clock.time += 3_599_000
    expect(await exchange.exchange(digestOf(second))).toMatchObject({ expiresAt: new Date(clock.time + 1000) })
    clock.time += 1000
    expect(await exchange.exchange(digestOf(second))).toBeUndefined()
    expect(await exchange.exchange(digestOf(third))).toBeDefined()
  })

  it('ends the tokens that were issued, or a leaked text would go on at the doors that know it', async () => {
    const { key, text } = await keys.create(owner(), reading)
    const { sid } = decodeJwt(tokenIn(await exchange.exchange(digestOf(text))))
    await keys.rotate(owner(), key.id, 0)
    expect(ended).toContain(sid)
    expect(await exchange.exchange(digestOf(text))).toBeUndefined()
  })

  it('ten times at once leaves two texts', async () => {
    const { key } = await keys.create(owner(), reading)
    await Promise.all(Array.from({ length: 10 }, () => keys.rotate(owner(), key.id, 3600)))
    expect((await keys.list(uid))[0]?.prefixes).toHaveLength(2)
  })
})

describe('a program of others', () => {
  it('makes no keys with what it was allowed, which would outlive its session', async () => {
    const { db } = started.testDatabase.database
    await sql`
      insert into client (id, name, first_party, metadata, created_at) values
        ('theirs', 'Theirs', false, '{}', now()), ('ours', 'Ours', true, '{}', now())`.execute(db)
    const sessionOf = async (client: string) => {
      const sid = newId<SessionId>()
      await sql`
        insert into session (sid, uid, created_at, expires_at, last_used_at, client)
        values (${sid}, ${uid}, now(), now() + interval '1 hour', now(), ${client})`.execute(db)
      return owner(uid, sid)
    }
    const theirs = await sessionOf('theirs')
    await expect(keys.create(theirs, reading)).rejects.toBeInstanceOf(NotForThirdParties)
    const { key } = await keys.create(await sessionOf('ours'), reading)
    await expect(keys.rotate(theirs, key.id, 0)).rejects.toBeInstanceOf(NotForThirdParties)
  })
})

describe('ending', () => {
  it('ends the tokens of a key that is removed', async () => {
    const { key, text } = await keys.create(owner(), reading)
    const { sid } = decodeJwt(tokenIn(await exchange.exchange(digestOf(text))))
    await keys.remove(owner(), key.id)
    expect(ended).toContain(sid)
    expect(await exchange.exchange(digestOf(text))).toBeUndefined()
    await expect(keys.remove(owner(), key.id)).rejects.toBeInstanceOf(UnknownApiKey)
  })

  it('of all sessions ends the tokens of keys too; the next ones are of another session', async () => {
    const { text } = await keys.create(owner(), reading)
    const sidOf = async () => decodeJwt(tokenIn(await exchange.exchange(digestOf(text))))['sid']
    const before = await sidOf()
    const { db } = started.testDatabase.database
    const revoked = await db.transaction().execute((tx) => revokeSessions(tx, uid, clock.now()))
    expect(revoked.map(({ id }) => id)).toContain(before)
    expect(await sidOf()).not.toBe(before)
  })
})

describe('the owner of the address', () => {
  it('ends every key by a new password by mail, whoever may have made it', async () => {
    const { text } = await keys.create(owner(), reading)
    const { email } = await started.identity.accounts.read(uid)
    const prove = async (count: number) => {
      const json = { 'content-type': 'application/json' }
      await started.service.inject({
        method: 'POST',
        path: '/v1/account/password-reset-requests',
        headers: json,
        body: JSON.stringify({ email }),
      })
      const secret = await secretFor(started, email ?? '', count)
      const body = JSON.stringify({ secret, password: 'Another-Horse8!' })
      const reset = { method: 'POST', path: '/v1/account/password-resets', headers: json, body } as const
      expect((await started.service.inject(reset)).status).toBe(204)
    }
    await prove(1)
    expect(await exchange.exchange(digestOf(text))).toBeUndefined()
    const { text: later } = await keys.create(owner(), reading)
    clock.time += 3_600_000
    await prove(2)
    expect(await exchange.exchange(digestOf(later))).toBeUndefined()
  })
})

describe('the keys of somebody else', () => {
  it('cannot be rotated or removed', async () => {
    const { key, text } = await keys.create(owner(), reading)
    const other = owner(await newAccount())
    await expect(keys.rotate(other, key.id, 0)).rejects.toBeInstanceOf(UnknownApiKey)
    await expect(keys.remove(other, key.id)).rejects.toBeInstanceOf(UnknownApiKey)
    expect(await exchange.exchange(digestOf(text))).toBeDefined()
  })
})

describe('what cannot be', () => {
  it.each([
    ['an unknown scope', { scopes: ['wallet:empty'] }, 'scopes: there is no wallet:empty'],
    ['everything', { scopes: ['impersonate'] }, 'scopes: there is no impersonate'],
    ['an address that is none', { networks: ['10.0.0.0/33'] }, 'allowed_addresses: 10.0.0.0/33'],
  ])('%s is named', async (_what, changes, words) => {
    const made = keys.create(owner(), { ...reading, ...changes })
    await expect(made).rejects.toBeInstanceOf(InvalidApiKey)
    await expect(made).rejects.toThrow(words)
  })

  it('more than fifty keys, also when many are made at once', async () => {
    const made = await Promise.allSettled(Array.from({ length: 60 }, () => keys.create(owner(), reading)))
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refused).toHaveLength(10)
    for (const reason of refused) expect(reason).toBeInstanceOf(TooManyApiKeys)
  })
})

describe('uses', () => {
  it('are added up, the latest is remembered, and those of keys that are gone are nothing', async () => {
    const { key } = await keys.create(owner(), reading)
    const at = (ms: number) => new Date(noon + ms)
    await exchange.recordUses([
      { id: key.id, uses: 3, lastUsedAt: at(5000) },
      { id: newId(), uses: 1, lastUsedAt: at(0) },
    ])
    await exchange.recordUses([{ id: key.id, uses: 2, lastUsedAt: at(1000) }])
    expect(await keys.list(uid)).toMatchObject([{ uses: 5, lastUsedAt: at(5000) }])
  })
})
