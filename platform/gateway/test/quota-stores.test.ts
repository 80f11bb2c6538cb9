import { createHmac } from 'node:crypto'
import { openDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayDatabase, migrations, postgresQuotaStore, type QuotaStore } from '../src/index.ts'
import type { Counter } from '../src/quotas/quota-store.ts'
import { sweepWindows } from '../src/quotas/postgres-store.ts'
import { memoryStore } from './support.ts'

const secret = Buffer.alloc(32, 7)
/** What is kept says of nobody that they have called. */
const keptAs = ({ key }: { readonly key: string }): string =>
  createHmac('sha256', secret).update(key).digest('base64url')
const log = pino({ level: 'silent' })
const hourMs = 3_600_000

let testDatabase: TestDatabase<GatewayDatabase>
beforeAll(async () => {
  testDatabase = await createTestDatabase<GatewayDatabase>({ service: 'gateway', migrations })
})
afterAll(async () => {
  for (const close of closing) await close()
  await testDatabase.drop()
})

const closing: (() => Promise<void>)[] = []

/** A store, and what lets time go by for it. */
interface Tested {
  readonly store: QuotaStore
  readonly later: (ms: number) => Promise<void>
}

function inMemory(): Tested {
  const clock = { time: Date.UTC(2026, 5, 1, 12), now: () => new Date(clock.time) }
  return {
    store: memoryStore(clock),
    async later(ms) {
      clock.time += ms
    },
  }
}

/** A gateway's own connections to the common database. */
function inPostgres(): Tested {
  const database = openDatabase<GatewayDatabase>({ connection: testDatabase.connection, service: 'gateway' })
  const store = postgresQuotaStore(database, { log, secret })
  closing.push(async () => {
    await store.close()
    await database.close()
  })
  return {
    store,
    // The database has a clock of its own: what was counted is put back instead.
    later: async (ms) =>
      void (await testDatabase.database.pool.query(
        `update quota_window set ends_at = ends_at - make_interval(secs => $1)`,
        [ms / 1000],
      )),
  }
}

let named = 0
function newKey(): string {
  return `test/hour:${(named += 1)}`
}
function hour(key: string, limit: number): Counter {
  return { key, limit, seconds: 3600 }
}
function day(key: string, limit: number): Counter {
  return { key: `${key} a day`, limit, seconds: 86_400 }
}

async function takeOne(store: QuotaStore, ...counters: readonly Counter[]) {
  const [taken] = await store.take([counters])
  return taken ?? expect.fail()
}
const usedOf = ({ states }: { readonly states: readonly { used: number }[] }) => states.map(({ used }) => used)

describe.each([
  ['in memory', inMemory],
  ['in PostgreSQL', inPostgres],
])('S-46 calls that are counted %s', (_where, open) => {
  it('are taken up to the limit and not beyond, until the window is over that began with the first', async () => {
    const { store, later } = open()
    const counter = hour(newKey(), 3)
    const first = await takeOne(store, counter)
    expect(first.isTaken).toBe(true)
    expect(first.states[0]?.endsInMs).toBeGreaterThan(hourMs - 60_000)
    await later(hourMs / 2)
    const [second, third, fourth] = await store.take([[counter], [counter], [counter]])
    expect([second?.isTaken, third?.isTaken, fourth?.isTaken]).toEqual([true, true, false])
    expect([second, third, fourth].map((taken) => taken && usedOf(taken))).toEqual([[2], [3], [3]])
    expect(fourth?.states[0]?.endsInMs).toBeLessThanOrEqual(hourMs / 2)

    await later(hourMs / 2)
    const anew = await takeOne(store, counter)
    expect([anew.isTaken, ...usedOf(anew)]).toEqual([true, 1])
    expect(anew.states[0]?.endsInMs).toBeGreaterThan(hourMs - 60_000)
  })

  it('are counted in all windows or in none', async () => {
    const { store } = open()
    const [key, other] = [newKey(), newKey()]
    const both = [hour(key, 2), day(key, 10)]
    await store.take([both, both])
    const refused = await takeOne(store, ...both)
    expect([refused.isTaken, ...usedOf(refused)]).toEqual([false, 2, 2])
    // Another of whom nothing was counted yet, together with one who is at the end.
    const [alone, mixed] = await store.take([[day(other, 10)], [hour(key, 2), day(other, 10)]])
    expect([alone?.isTaken, mixed?.isTaken]).toEqual([true, false])
    expect(usedOf(await takeOne(store, day(other, 10)))).toEqual([2])
  })

  it('begin no window when they are refused', async () => {
    const { store, later } = open()
    const [spent, fresh] = [newKey(), newKey()]
    await takeOne(store, day(spent, 1))
    expect((await takeOne(store, hour(fresh, 5), day(spent, 1))).isTaken).toBe(false)
    await later(60_000)
    expect((await takeOne(store, hour(fresh, 5))).states[0]?.endsInMs).toBeGreaterThan(hourMs - 30_000)
  })

  it('are decided in the order in which they come', async () => {
    const { store } = open()
    const [one, two] = [hour(newKey(), 1), hour(newKey(), 1)]
    const taken = await store.take([[one], [one, two], [two], [two]])
    expect(taken.map(({ isTaken }) => isTaken)).toEqual([true, false, true, false])
  })

  it('have a limit that may change while they are counted', async () => {
    const { store } = open()
    const key = newKey()
    await store.take([[hour(key, 3)], [hour(key, 3)], [hour(key, 3)]])
    expect((await takeOne(store, hour(key, 2))).isTaken).toBe(false)
    expect((await takeOne(store, hour(key, 4))).isTaken).toBe(true)
  })
})

describe('A-F10 several gateways on one PostgreSQL', () => {
  it('let through as many as one of them, however many calls come at once', async () => {
    const gateways = Array.from({ length: 4 }, () => inPostgres().store)
    const [one, other] = [hour(newKey(), 80), day(newKey(), 500)]
    // Each call by itself and in whatever order: nothing but the database keeps them apart.
    const calls = Array.from({ length: 200 }, (_, index) =>
      takeOne(gateways[index % 4] ?? expect.fail(), ...(index % 2 === 0 ? [one, other] : [other, one])),
    )
    const taken = await Promise.all(calls)
    const passed = taken.filter(({ isTaken }) => isTaken)
    expect(passed).toHaveLength(80)
    const rows = await testDatabase.database.db
      .selectFrom('quota_window')
      .select('used')
      .where('key', 'in', [keptAs(one), keptAs(other)])
      .execute()
    expect(rows).toEqual([{ used: 80 }, { used: 80 }])
  })

  it('begin one window together when the one before is over', async () => {
    const { later } = inPostgres()
    const gateways = Array.from({ length: 4 }, () => inPostgres().store)
    const counter = hour(newKey(), 10)
    await gateways[0]?.take(Array.from({ length: 10 }, () => [counter]))
    await later(hourMs)
    const taken = await Promise.all(
      Array.from({ length: 40 }, (_, index) => takeOne(gateways[index % 4] ?? expect.fail(), counter)),
    )
    expect(taken.filter(({ isTaken }) => isTaken)).toHaveLength(10)
  })

  it('forget windows that are over, so many at a time', async () => {
    const { store, later } = inPostgres()
    const { db } = testDatabase.database
    const kept = day(newKey(), 5)
    await store.take([...Array.from({ length: 5 }, () => [hour(newKey(), 5)]), [kept]])
    await later(hourMs + 1)
    let swept = 0
    for (let batch = 2; batch === 2; swept += batch) batch = await sweepWindows(db, 2)
    expect(swept).toBeGreaterThanOrEqual(5)
    expect(usedOf(await takeOne(store, kept))).toEqual([2])
  })
})
