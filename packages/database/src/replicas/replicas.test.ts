import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AccountTables, secondaries, startAccounts } from '../fixtures/accounts.ts'
import { ask, signalServer } from '../fixtures/cluster.ts'
import { ReplicasUnavailable } from './failures.ts'
import type { Replicas } from './replicas.ts'

let on: Awaited<ReturnType<typeof startAccounts>>
beforeAll(async () => (on = await startAccounts()))
afterAll(() => on.stop())
beforeEach(() => on.open())
afterEach(() => on.close())

describe('reads', () => {
  it('E-64 T-13 take turns over the standbys: 40 make 20 and 20', async () => {
    const name = await on.register()
    await on.cluster.settle()
    const copies: string[] = []
    for (let n = 0; n < 40; n += 1) copies.push((await on.logIn(name, n % 3 === 0 ? 'wrong' : 'secret')).copy)
    expect(copies.filter((copy) => copy === 'secondary-1')).toHaveLength(20)
    expect(copies.filter((copy) => copy === 'secondary-2')).toHaveLength(20)
    for (const [n, copy] of copies.slice(1).entries()) expect(copy).not.toBe(copies[n])
  })

  it('E-64 take turns also when many come at once', async () => {
    const name = await on.register()
    await on.cluster.settle()
    const decisions = await Promise.all(Array.from({ length: 40 }, () => on.logIn(name)))
    expect(decisions.filter(({ copy }) => copy === 'secondary-1')).toHaveLength(20)
    expect(decisions.filter(({ copy }) => copy === 'secondary-2')).toHaveLength(20)
  })

  it('E-64 leave the turns to others when they take none themselves', async () => {
    const name = await on.register()
    await on.cluster.settle()
    const copies: string[] = []
    for (let n = 0; n < 10; n += 1) {
      copies.push((await on.logIn(name)).copy)
      await on.replicas.read({
        look: (db) => db.selectFrom('account').select('password').where('name', '=', name).executeTakeFirst(),
        judge: async () => ({ value: true, final: 'with-every-commit' }),
        takesTurn: false,
      })
    }
    for (const [n, copy] of copies.slice(1).entries()) expect(copy).not.toBe(copies[n])
  })

  it('E-70 T-13 see what was registered a moment ago, a hundred times', async () => {
    for (let n = 0; n < 100; n += 1) expect(await on.logIn(await on.register())).toMatchObject({ value: true })
  })

  it('E-66 T-13 cannot write, on whatever copy', async () => {
    const write = () =>
      on.replicas.read({
        look: (db) => db.deleteFrom('account').execute(),
        judge: async () => ({ value: true, final: 'with-every-commit' }),
      })
    const refused = { code: '25006' }
    await expect(write()).rejects.toMatchObject(refused)
    await expect(write()).rejects.toMatchObject(refused)
    await Promise.all(on.cluster.standbys.map((standby) => signalServer(standby.pid, 'SIGSTOP')))
    try {
      await expect(write()).rejects.toMatchObject(refused)
    } finally {
      await Promise.all(on.cluster.standbys.map((standby) => signalServer(standby.pid, 'SIGCONT')))
    }
    await on.untilUp(...secondaries)
  })

  it('E-70 know how recent what they read is, also when more arrives while they read', async () => {
    const name = `late-${Date.now()}`
    let looks = 0
    const { value, copy } = await on.replicas.read({
      look: async (db) => {
        looks += 1
        const rows = await db.selectFrom('account').select('name').where('name', '=', name).execute()
        if (looks === 1) {
          await on.replicas.write(() => on.database.db.insertInto('account').values({ name, password: 'x' }).execute())
          await on.cluster.settle()
        }
        return rows.length
      },
      judge: async (rows) => ({ value: rows, final: 'with-every-commit' }),
    })
    // What was seen first was older than the position of the copy by the time it was judged.
    expect(value).toBe(1)
    expect(looks).toBeGreaterThan(1)
    expect(secondaries).toContain(copy)
  })

  it.each([0, 2])('E-70 take no password that was changed while it was judged, with %i standbys', async (count) => {
    const some = on.openSet(count)
    try {
      const name = await on.register()
      const change = on.database.db.updateTable('account').set({ password: 'new' }).where('name', '=', name)
      const judged: (string | undefined)[] = []
      const { value } = await some.read({
        look: (db) => db.selectFrom('account').select('password').where('name', '=', name).executeTakeFirst(),
        judge: async (row) => {
          judged.push(row?.password)
          if (judged.length === 1) await some.write(() => change.execute(), name)
          return { value: row?.password === 'secret', final: { withChangesOf: name } }
        },
      })
      expect({ value, judged }).toEqual({ value: false, judged: ['secret', 'new'] })
    } finally {
      await some.close()
    }
  })

  describe('that are more than there are connections for', () => {
    const openNarrow = (waiting: number): Replicas<AccountTables> =>
      on.openSet(0, { poolSize: 1, waiting, onChange: (change) => on.changes.push(change) })
    const readSlowly = (through: Replicas<AccountTables>) =>
      through.read({
        look: (db) => sql`select pg_sleep(0.2)`.execute(db),
        judge: async () => ({ value: true, final: 'with-every-commit' }),
      })

    it('E-69 wait longer than a copy may take, and take it for dead no more than before', async () => {
      const narrow = openNarrow(20)
      try {
        const decisions = await Promise.all(Array.from({ length: 12 }, () => readSlowly(narrow)))
        expect(decisions.every(({ value }) => value)).toBe(true)
        expect(on.changes.filter(({ isUp }) => !isUp)).toEqual([])
      } finally {
        await narrow.close()
      }
    })

    it('are refused when too many wait', async () => {
      const narrow = openNarrow(1)
      try {
        const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => readSlowly(narrow)))
        const refused = { status: 'rejected', reason: expect.any(ReplicasUnavailable) }
        expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([refused])
        expect(on.changes.filter(({ isUp }) => !isUp)).toEqual([])
      } finally {
        await narrow.close()
      }
    })
  })

  it('throw what the judge throws, and ask nobody else', async () => {
    const looks: string[] = []
    const read = on.replicas.read({
      look: async (db) => looks.push((await sql<{ n: string }>`select 1 as n`.execute(db)).rows.length.toString()),
      judge: async () => Promise.reject(new RangeError('too many passwords')),
    })
    await expect(read).rejects.toThrow(RangeError)
    expect(looks).toHaveLength(1)
  })

  it('judge once what looks the same everywhere', async () => {
    await on.replaying(0, false)
    try {
      await on.register()
      let judged = 0
      for (let n = 0; n < 2; n += 1) {
        judged = 0
        await on.replicas.read({
          look: (db) => db.selectFrom('account').selectAll().where('name', '=', 'nobody').execute(),
          judge: async () => {
            judged += 1
            return { value: false, final: 'with-every-commit' }
          },
        })
        expect(judged).toBe(1)
      }
    } finally {
      await on.replaying(0, true)
    }
  })
})

describe('a set that is opened anew', () => {
  it('E-71 learns the last commit from the primary', async () => {
    await on.replaying(0, false)
    const name = await on.register()
    const anew = on.openSet()
    try {
      for (let n = 0; n < 2; n += 1) expect(await on.logIn(name, 'secret', anew)).toMatchObject({ value: true })
      for (let n = 0; n < 2; n += 1) expect(await on.logIn(name, 'wrong', anew)).toMatchObject({ value: false })
    } finally {
      await on.replaying(0, true)
      await anew.close()
    }
  })

  it('E-71 learns it from the most advanced standby when the primary is down', async () => {
    const early = await on.register('old')
    await on.cluster.settle()
    await on.replaying(0, false)
    const late = await on.register()
    await on.changePassword(early, 'secret')
    await expect.poll(() => on.logIn(late)).toMatchObject({ copy: 'secondary-2' })
    await on.cluster.primary.stop()
    const anew = on.openSet()
    try {
      for (let n = 0; n < 4; n += 1) {
        expect(await on.logIn(late, 'secret', anew)).toEqual({ value: true, copy: 'secondary-2' })
        expect(await on.logIn(early, 'old', anew)).toEqual({ value: false, copy: 'secondary-2' })
      }
    } finally {
      await anew.close()
      await on.replaying(0, true)
      await on.cluster.restartPrimary()
      await on.untilUp('primary', ...secondaries)
    }
  })

  it('hears of what another process of the service has written', async () => {
    const other = on.openSet()
    try {
      await on.replaying(0, false)
      for (let n = 0; n < 4; n += 1)
        expect(await on.logIn(await on.register(), 'secret', other)).toMatchObject({ value: true })
    } finally {
      await on.replaying(0, true)
      await other.close()
    }
  })

  it('reads the primary when there are no standbys', async () => {
    const alone = on.openSet(0)
    try {
      expect(await on.logIn(await on.register(), 'secret', alone)).toEqual({ value: true, copy: 'primary' })
    } finally {
      await alone.close()
    }
  })
})

it('E-7 E-65 shows where its nodes are', async () => {
  await on.register()
  await on.cluster.settle()
  await expect
    .poll(() => on.replicas.nodes())
    .toEqual(['primary', ...secondaries].map((name) => ({ name, state: 'up', position: expect.any(String) })))
  // PostgreSQL writes something into its log by itself now and then.
  await expect
    .poll(async () => {
      const position = await ask(on.cluster.owner, 'select pg_current_wal_lsn()::text as value')
      return on.replicas.nodes()[0]?.position === position
    })
    .toBe(true)
})
