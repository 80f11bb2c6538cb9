import { randomBytes } from 'node:crypto'
import { type AccountId, type Clock, newId } from '@sallyport/kernel'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import type { OpenIdSessions } from '@sallyport/openid'
import type { Revocation } from '@sallyport/service'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pino } from 'pino'
import { type IdentityDatabase, migrations } from '../src/index.ts'
import { insertAccount } from '../src/accounts/account-store.ts'
import { createAudit } from '../src/audit/audit.ts'
import { createBrowserSessions } from '../src/openid/browser-sessions.ts'
import { createRevocationFeed } from '../src/sessions/revocation-feed.ts'
import { requireFreshSignIn } from '../src/sessions/fresh-sign-in.ts'
import type { SessionId } from '../src/sessions/session.ts'
import { listSessions, openSession, sweepExpired } from '../src/sessions/session-store.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const minutes = 60_000
const days = 24 * 60 * minutes
const fourteenDays = 14 * days

let testDatabase: TestDatabase<IdentityDatabase>
let browserSessions: OpenIdSessions
let now = noon
const revoked: string[] = []
const clock: Clock = { now: () => now }
const db = () => testDatabase.database.db
const after = (ms: number) => (now = new Date(noon.getTime() + ms))

beforeAll(async () => {
  testDatabase = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
  const feed = createRevocationFeed(db(), pino({ level: 'silent' }))
  const publish = (revocations: readonly Revocation[]): void => {
    revoked.push(...revocations.map(({ id }) => id))
  }
  browserSessions = createBrowserSessions({ db: db(), clock, feed: { ...feed, publish }, audit: createAudit(clock) })
})
afterAll(() => testDatabase.drop())

let ada: AccountId
beforeEach(async () => {
  now = noon
  revoked.length = 0
  ada = await newAccount()
})

async function newAccount(): Promise<AccountId> {
  const uid = newId<AccountId>()
  const username = `a_${uid.slice(0, 8)}`
  const account = {
    uid,
    username,
    email: `${username}@example.org`,
    roles: [{ name: 'user', level: 10 }],
    bornOn: 'market' as const,
    createdAt: noon,
    lastLoginAt: noon,
    emailVerifiedAt: undefined,
    suspendedAt: undefined,
    deletedAt: undefined,
    memberSince: noon,
    hasSecondFactor: false,
    hasFixedName: false,
  }
  await insertAccount(db(), { account, passwordHash: 'hash' }, [randomBytes(32)], [])
  return uid
}

/** Signs in for the provider, as far as its pages. */
async function signIn(uid = ada): Promise<SessionId> {
  const sid = newId<SessionId>()
  const session = { sid, uid, createdAt: now, expiresAt: new Date(now.getTime() + 15 * minutes) }
  const origin = { on: 'openid' as const, address: '192.0.2.7', userAgent: 'x'.repeat(1000), client: 'c'.repeat(1000) }
  const proven = { passwordHash: 'hash', hasSecondFactor: false }
  expect(await openSession(db(), session, origin, proven, [])).toBe(true)
  return sid
}

const shown = async (uid = ada) => (await listSessions(db(), uid, now, 100)).map(({ sid }) => sid)

describe('a session that was opened for the OpenID provider', () => {
  it('lasts a quarter of an hour, and is shown to nobody, until it is behind a browser session', async () => {
    const sid = await signIn()
    expect(await shown()).toEqual([])
    after(14 * minutes)
    await sweepExpired(db(), now, 100)
    await browserSessions.bind('late', sid)
    expect(await browserSessions.find('late', ada)).toBe(sid)
    expect(await shown()).toEqual([sid])
  })

  it('is swept when whoever opened it has turned back', async () => {
    const sid = await signIn()
    after(15 * minutes)
    await browserSessions.bind('too late', sid)
    expect(await browserSessions.find('too late', ada)).toBeUndefined()
    after(15 * minutes + 1)
    expect(await sweepExpired(db(), now, 100)).toBeGreaterThanOrEqual(1)
    expect(await db().selectFrom('session').select('sid').where('sid', '=', sid).execute()).toEqual([])
  })

  it('lasts fourteen days behind one', async () => {
    const sid = await signIn()
    await browserSessions.bind('lasting', sid)
    after(fourteenDays - 1)
    expect(await browserSessions.find('lasting', ada)).toBe(sid)
    after(fourteenDays)
    expect(await browserSessions.find('lasting', ada)).toBeUndefined()
    expect(await shown()).toEqual([])
  })

  it('keeps of what its client says about itself as much as is useful', async () => {
    const sid = await signIn()
    await browserSessions.bind('wordy', sid)
    const [session] = await listSessions(db(), ada, now, 100)
    expect([session?.userAgent?.length, session?.client?.length]).toEqual([256, 100])
  })
})

describe('signing in again in a browser', () => {
  it('lets the session of the same person go on, for fourteen days from then', async () => {
    const first = await signIn()
    await browserSessions.bind('again', first)
    after(10 * days)
    const second = await signIn()
    await browserSessions.bind('again', second)
    // Asked for consent, the person comes by a second time.
    await browserSessions.bind('again', second)
    expect(await shown()).toEqual([first])
    after(10 * days + fourteenDays - 1)
    expect(await browserSessions.find('again', ada)).toBe(first)
    expect(revoked).toEqual([])
  })

  it('makes who they are fresh again, as of when they said so', async () => {
    const first = await signIn()
    await browserSessions.bind('fresh', first)
    const isFresh = () =>
      requireFreshSignIn(db(), first, now).then(
        () => true,
        (error: Error) => error.name,
      )
    after(5 * minutes - 1)
    expect(await isFresh()).toBe(true)
    after(5 * minutes)
    expect(await isFresh()).toBe('SignInTooOld')
    after(10 * days)
    const second = await signIn()
    // Whoever waits on the way to the program is no fresher for it.
    after(10 * days + 4 * minutes)
    await browserSessions.bind('fresh', second)
    expect(await isFresh()).toBe(true)
    after(10 * days + 5 * minutes)
    expect(await isFresh()).toBe('SignInTooOld')
  })

  it("ends somebody else's", async () => {
    const first = await signIn()
    await browserSessions.bind('shared', first)
    const eve = await newAccount()
    const second = await signIn(eve)
    await browserSessions.bind('shared', second)
    expect(await browserSessions.find('shared', ada)).toBeUndefined()
    expect(await browserSessions.find('shared', eve)).toBe(second)
    expect(revoked).toEqual([first])
  })

  it('ends nothing when what was opened has ended meanwhile', async () => {
    const first = await signIn()
    await browserSessions.bind('kept', first)
    await browserSessions.bind('kept', newId())
    expect(await browserSessions.find('kept', ada)).toBe(first)
  })

  it('begins anew when the session before has run out', async () => {
    await browserSessions.bind('old', await signIn())
    after(fourteenDays)
    const second = await signIn()
    await browserSessions.bind('old', second)
    expect(await browserSessions.find('old', ada)).toBe(second)
  })
})

describe('the last use of a session', () => {
  it('is written down every five minutes at most', async () => {
    await browserSessions.bind('used', await signIn())
    const lastUsed = async (): Promise<number> => {
      await browserSessions.find('used', ada)
      const [session] = await listSessions(db(), ada, now, 100)
      return (session?.lastUsedAt.getTime() ?? 0) - noon.getTime()
    }
    after(5 * minutes - 1)
    expect(await lastUsed()).toBe(0)
    after(5 * minutes)
    expect(await lastUsed()).toBe(5 * minutes)
    after(9 * minutes)
    expect(await lastUsed()).toBe(5 * minutes)
  })
})
