import { openDatabase } from '@sallyport/database'
import { newId, systemClock } from '@sallyport/kernel'
import { followRevocations, RevocationList } from '@sallyport/service'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IdentityDatabase } from '../src/index.ts'
import { readRevocations } from '../src/sessions/session-store.ts'
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

const password = 'Correct-Horse7!'
const nobody = { kind: 'anonymous', address: '' } as const
const operator = { kind: 'operator', level: 0 } as const

async function signIn(username: string): Promise<string> {
  const form = new URLSearchParams({ username, password }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { body } = await one.service.inject({ method: 'POST', path: '/api/auth/token', headers, body: form })
  return String(Reflect.get(Object(JSON.parse(body)), 'access_token'))
}

async function status(path: string, headers: Record<string, string>, { service }: TestIdentity): Promise<number> {
  return (await service.inject({ method: 'GET', path, headers })).status
}

describe('a suspension (design §4)', () => {
  it('ends tokens at once where it is made and soon elsewhere, on both surfaces', async () => {
    const person = { username: 'Ada', email: 'ada@example.org', password }
    const { uid } = await one.identity.accounts.register(person, 'market', nobody)
    const token = await signIn('Ada')
    const market = (at: TestIdentity) => status('/api/auth/userinfo', { authorization: `Bearer ${token}` }, at)
    const accounts = (at: TestIdentity) => status('/authy/user', { 'x-access-token': token }, at)
    for (const at of [one, two]) expect([await market(at), await accounts(at)]).toEqual([200, 200])
    await one.identity.accounts.suspend(uid, operator)
    expect([await market(one), await accounts(one)]).toEqual([401, 401])
    await expect.poll(() => market(two)).toBe(401)
    expect(await accounts(two)).toBe(401)
  })
})

describe('the feed', () => {
  const db = () => one.testDatabase.database.db
  const revoke = (id: string) =>
    one.testDatabase.database.pool.query(
      `insert into revocation (kind, id, until) values ('session', $1, now() + interval '1 hour')`,
      [id],
    )

  it('is read from its beginning by who is ahead of it, as after a restore from a backup', async () => {
    await revoke(newId())
    const whole = await readRevocations(db(), 0, 1000)
    expect(whole.revocations.length).toBeGreaterThan(0)
    expect(await readRevocations(db(), 1_000_000, 1000)).toEqual(whole)
    const newest = whole.revocations.at(-1)?.sequence ?? 0
    expect(await readRevocations(db(), newest, 1000)).toEqual({ feed: whole.feed, revocations: [] })
  })

  it('has the same name for every instance, and another one when its table is another', async () => {
    const { feed } = await readRevocations(db(), 0, 1)
    expect((await readRevocations(db(), 0, 1)).feed).toBe(feed)
    const list = new RevocationList(systemClock)
    const read = (after: number) => readRevocations(db(), after, 1000)
    const following = await followRevocations(read, pino({ level: 'silent' })).subscribe((news) => list.apply(news))
    // What a restore does: the table is made anew, and its numbers start again.
    const ids = Array.from({ length: 50 }, () => newId())
    const { ownerConnection: connection } = one.testDatabase
    const owner = openDatabase<IdentityDatabase>({ connection, service: 'identity' })
    await owner.db.transaction().execute(async (tx) => {
      await sql`alter table revocation rename to revocation_of_old`.execute(tx)
      await sql`create table revocation (like revocation_of_old including all)`.execute(tx)
      const until = new Date(Date.now() + 3_600_000)
      await tx
        .insertInto('revocation')
        .values(ids.map((id) => ({ kind: 'session', id, until })))
        .execute()
    })
    await owner.close()
    expect((await readRevocations(db(), 0, 1)).feed).not.toBe(feed)
    await expect.poll(() => ids.filter((sid) => !list.isRevoked(sid, 'ada'))).toEqual([])
    following.stop()
  })
})
