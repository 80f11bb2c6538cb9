import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, type Cluster, signalServer, startCluster } from '../fixtures/cluster.ts'
import { type ServiceDatabase, openDatabase } from '../service-database.ts'
import type { CopyChange } from './copy.ts'
import { ReplicasUnavailable } from './failures.ts'
import { openReplicas } from './replica-set.ts'
import type { Decision, Replicas } from './replicas.ts'

interface Tables {
  account: { name: string; password: string }
}

const secondaries = ['secondary-1', 'secondary-2']

let cluster: Cluster
let database: ServiceDatabase<Tables>
let replicas: Replicas<Tables>
let changes: CopyChange[]

beforeAll(async () => {
  cluster = await startCluster()
  const owner = openDatabase<Tables>({ service: 'identity', connection: cluster.owner })
  await sql`create table account (name text primary key, password text not null)`.execute(owner.db)
  await owner.close()
  await cluster.settle()
})
afterAll(() => cluster.remove())

beforeEach(async () => {
  changes = []
  database = openDatabase<Tables>({
    service: 'identity',
    connection: cluster.primary.connection('identity', 'service'),
  })
  replicas = openReplicas<Tables>({
    service: 'identity',
    primary: cluster.primary.connection('identity', 'service'),
    standbys: cluster.standbys.map((standby) => standby.connection('identity')),
    onChange: (change) => changes.push(change),
  })
  await replicas.committed()
})
afterEach(async () => {
  await replicas.close()
  await database.close()
})

let names = 0
async function register(password = 'secret'): Promise<string> {
  const name = `ada-${++names}`
  await replicas.write(() => database.db.insertInto('account').values({ name, password }).execute())
  return name
}

async function changePassword(name: string, password: string): Promise<void> {
  const change = database.db.updateTable('account').set({ password }).where('name', '=', name)
  await replicas.write(() => change.execute(), name)
}

/** A login in short: whether the password is that of the account. */
async function logIn(name: string, password = 'secret', through = replicas): Promise<Decision<boolean>> {
  return through.read({
    look: (db) => db.selectFrom('account').select('password').where('name', '=', name).executeTakeFirst(),
    judge: async (row) =>
      row?.password === password
        ? { value: true, final: { withChangesOf: name } }
        : { value: false, final: 'with-every-commit' },
  })
}

async function copiesOf(logins: number, name: string): Promise<string[]> {
  const copies: string[] = []
  for (let n = 0; n < logins; n += 1) {
    const { value, copy } = await logIn(name)
    expect(value).toBe(true)
    copies.push(copy)
  }
  return copies
}

function replaying(standby: 0 | 1, isWanted: boolean): Promise<unknown> {
  const connection = { ...cluster.standbys[standby].connection('identity'), user: 'postgres' }
  return ask(connection, isWanted ? 'select pg_wal_replay_resume()' : 'select pg_wal_replay_pause()')
}

async function untilUp(...wanted: string[]): Promise<void> {
  const up = (): string[] => replicas.nodes().flatMap(({ name, state }) => (state === 'up' ? [name] : []))
  await expect.poll(up).toEqual(expect.arrayContaining(wanted))
}

async function untilInTurn(name: string): Promise<void> {
  await expect.poll(async () => new Set(await copiesOf(2, name))).toEqual(new Set(secondaries))
}

describe('reads', () => {
  it('E-64 T-13 take turns over the standbys: 40 make 20 and 20', async () => {
    const name = await register()
    const copies: string[] = []
    for (let n = 0; n < 40; n += 1) copies.push((await logIn(name, n % 3 === 0 ? 'wrong' : 'secret')).copy)
    expect(copies.filter((copy) => copy === 'secondary-1')).toHaveLength(20)
    expect(copies.filter((copy) => copy === 'secondary-2')).toHaveLength(20)
    for (const [n, copy] of copies.slice(1).entries()) expect(copy).not.toBe(copies[n])
  })

  it('E-64 take turns also when many come at once', async () => {
    const name = await register()
    await cluster.settle()
    const decisions = await Promise.all(Array.from({ length: 40 }, () => logIn(name)))
    expect(decisions.filter(({ copy }) => copy === 'secondary-1')).toHaveLength(20)
    expect(decisions.filter(({ copy }) => copy === 'secondary-2')).toHaveLength(20)
  })

  it('E-64 leave the turns to others when they take none themselves', async () => {
    const name = await register()
    await cluster.settle()
    const copies: string[] = []
    for (let n = 0; n < 10; n += 1) {
      copies.push((await logIn(name)).copy)
      await replicas.read({
        look: (db) => db.selectFrom('account').select('password').where('name', '=', name).executeTakeFirst(),
        judge: async () => ({ value: true, final: 'with-every-commit' }),
        takesTurn: false,
      })
    }
    for (const [n, copy] of copies.slice(1).entries()) expect(copy).not.toBe(copies[n])
  })

  it('E-70 T-13 see what was registered a moment ago, a hundred times', async () => {
    for (let n = 0; n < 100; n += 1) expect(await logIn(await register())).toMatchObject({ value: true })
  })

  it('E-66 T-13 cannot write, on whatever copy', async () => {
    const write = () =>
      replicas.read({
        look: (db) => db.deleteFrom('account').execute(),
        judge: async () => ({ value: true, final: 'with-every-commit' }),
      })
    const refused = { code: '25006' }
    await expect(write()).rejects.toMatchObject(refused)
    await expect(write()).rejects.toMatchObject(refused)
    await Promise.all(cluster.standbys.map((standby) => signalServer(standby.pid, 'SIGSTOP')))
    try {
      await expect(write()).rejects.toMatchObject(refused)
    } finally {
      await Promise.all(cluster.standbys.map((standby) => signalServer(standby.pid, 'SIGCONT')))
    }
    await untilUp(...secondaries)
  })

  it('E-70 know how recent what they read is, also when more arrives while they read', async () => {
    const name = `late-${Date.now()}`
    let looks = 0
    const { value, copy } = await replicas.read({
      look: async (db) => {
        looks += 1
        const rows = await db.selectFrom('account').select('name').where('name', '=', name).execute()
        if (looks === 1) {
          await replicas.write(() => database.db.insertInto('account').values({ name, password: 'x' }).execute())
          await cluster.settle()
        }
        return rows.length
      },
      judge: async (rows) => ({ value: rows, final: 'with-every-commit' }),
    })
    // What was seen first was older than the position of the copy by the time it was judged.
    expect({ value, looks }).toEqual({ value: 1, looks: 2 })
    expect(secondaries).toContain(copy)
  })

  it.each([0, 2])('E-70 take no password that was changed while it was judged, with %i standbys', async (count) => {
    const some = openReplicas<Tables>({
      service: 'identity',
      primary: cluster.primary.connection('identity', 'service'),
      standbys: cluster.standbys.slice(0, count).map((standby) => standby.connection('identity')),
    })
    try {
      const name = await register()
      const change = database.db.updateTable('account').set({ password: 'new' }).where('name', '=', name)
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
    const openNarrow = (waiting: number): Replicas<Tables> =>
      openReplicas<Tables>({
        service: 'identity',
        primary: cluster.primary.connection('identity', 'service'),
        standbys: [],
        poolSize: 1,
        waiting,
        onChange: (change) => changes.push(change),
      })
    const readSlowly = (through: Replicas<Tables>) =>
      through.read({
        look: (db) => sql`select pg_sleep(0.2)`.execute(db),
        judge: async () => ({ value: true, final: 'with-every-commit' }),
      })

    it('E-69 wait longer than a copy may take, and take it for dead no more than before', async () => {
      const narrow = openNarrow(20)
      try {
        const decisions = await Promise.all(Array.from({ length: 12 }, () => readSlowly(narrow)))
        expect(decisions.every(({ value }) => value)).toBe(true)
        expect(changes.filter(({ isUp }) => !isUp)).toEqual([])
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
        expect(changes.filter(({ isUp }) => !isUp)).toEqual([])
      } finally {
        await narrow.close()
      }
    })
  })

  it('throw what the judge throws, and ask nobody else', async () => {
    const looks: string[] = []
    const read = replicas.read({
      look: async (db) => looks.push((await sql<{ n: string }>`select 1 as n`.execute(db)).rows.length.toString()),
      judge: async () => Promise.reject(new RangeError('too many passwords')),
    })
    await expect(read).rejects.toThrow(RangeError)
    expect(looks).toHaveLength(1)
  })

  it('judge once what looks the same everywhere', async () => {
    await replaying(0, false)
    try {
      await register()
      let judged = 0
      for (let n = 0; n < 2; n += 1) {
        judged = 0
        await replicas.read({
          look: (db) => db.selectFrom('account').selectAll().where('name', '=', 'nobody').execute(),
          judge: async () => {
            judged += 1
            return { value: false, final: 'with-every-commit' }
          },
        })
        expect(judged).toBe(1)
      }
    } finally {
      await replaying(0, true)
    }
  })
})

describe('a standby that is behind', () => {
  beforeEach(() => replaying(0, false))
  afterEach(() => replaying(0, true))

  it('E-70 says neither that somebody is not there nor that a password is wrong', async () => {
    for (let n = 0; n < 6; n += 1) {
      const name = await register()
      expect(await logIn(name)).toMatchObject({ value: true, copy: 'secondary-2' })
      await changePassword(name, 'new')
      expect(await logIn(name, 'new')).toMatchObject({ value: true, copy: 'secondary-2' })
      expect(await logIn(name, 'secret')).toMatchObject({ value: false, copy: 'secondary-2' })
    }
  })

  it('E-70 still says who is there, unless that was changed', async () => {
    await replaying(0, true)
    const [known, changed] = [await register(), await register()]
    await cluster.settle()
    await replaying(0, false)
    await changePassword(changed, 'new')
    await cluster.standbys[1].stop()
    await cluster.primary.stop()
    try {
      expect(await logIn(known)).toEqual({ value: true, copy: 'secondary-1' })
      // It would find the old password and take it for right, and the new one for wrong.
      await expect(logIn(changed, 'secret')).rejects.toThrow(ReplicasUnavailable)
      await expect(logIn(changed, 'new')).rejects.toThrow(ReplicasUnavailable)
      await expect(logIn(known, 'wrong')).rejects.toThrow(ReplicasUnavailable)
    } finally {
      await cluster.restartPrimary()
      await cluster.standbys[1].start()
      await untilUp('primary', 'secondary-2')
    }
  })

  it('E-69 has its turns back when it has caught up', async () => {
    const name = await register()
    expect(new Set(await copiesOf(4, name))).toEqual(new Set(['secondary-2']))
    await replaying(0, true)
    await untilInTurn(name)
  })
})

describe('a standby that is dead', () => {
  it('E-69 T-13 fails no login when it is killed, and has its turns back after a restart', async () => {
    const name = await register()
    await cluster.settle()
    const { pid = 0 } = cluster.standbys[0]
    process.kill(pid, 'SIGKILL')
    expect(new Set(await copiesOf(20, name))).toEqual(new Set(['secondary-2']))
    const later = await register()
    await expect.poll(() => cluster.standbys[0].pid).toBeUndefined()
    expect(await cluster.standbys[0].start()).toBe('started')
    await untilInTurn(later)
  })

  it('E-69 T-13 fails no login when it is suspended, and has its turns back when it goes on', async () => {
    const name = await register()
    await cluster.settle()
    await signalServer(cluster.standbys[1].pid, 'SIGSTOP')
    try {
      expect(new Set(await copiesOf(20, name))).toEqual(new Set(['secondary-1']))
      expect(await logIn(await register())).toEqual({ value: true, copy: 'secondary-1' })
    } finally {
      await signalServer(cluster.standbys[1].pid, 'SIGCONT')
    }
    await untilInTurn(name)
  })

  it('E-69 fails no login when only its first process is suspended', async () => {
    const name = await register()
    await cluster.settle()
    const { pid = 0 } = cluster.standbys[0]
    process.kill(pid, 'SIGSTOP')
    try {
      await copiesOf(10, name)
      const fresh = await register()
      for (let n = 0; n < 4; n += 1) expect(await logIn(fresh)).toMatchObject({ value: true })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await untilInTurn(name)
  })

  it('E-69 T-13 leaves it to the primary when both are, and to nobody when that is too', async () => {
    const name = await register()
    await cluster.settle()
    for (const standby of cluster.standbys) await signalServer(standby.pid, 'SIGSTOP')
    expect(new Set(await copiesOf(6, name))).toEqual(new Set(['primary']))
    expect(await logIn(name, 'wrong')).toEqual({ value: false, copy: 'primary' })
    await signalServer(cluster.primary.pid, 'SIGSTOP')
    await expect(logIn(name)).rejects.toThrow(ReplicasUnavailable)
    expect(replicas.nodes().map(({ state }) => state)).toEqual(['down', 'down', 'down'])
    await signalServer(cluster.primary.pid, 'SIGCONT')
    for (const standby of cluster.standbys) await signalServer(standby.pid, 'SIGCONT')
    await untilInTurn(name)
  })
})

describe('a standby whose files are damaged', () => {
  it('E-69 fails no login, is named, and has its turns back when it was made afresh', async () => {
    const name = await register()
    // Otherwise the log makes the page whole again.
    await ask({ ...cluster.owner, user: 'postgres' }, 'checkpoint')
    await cluster.settle()
    const [standby] = cluster.standbys
    const file = await ask(standby.connection('identity'), `select pg_relation_filepath('account') as value`)
    await standby.stop()
    await writeFile(join(cluster.dataDirectory, 'secondary-1', String(file)), Buffer.alloc(8192, 'x'))
    await standby.start()
    await untilUp(...secondaries)
    expect(new Set(await copiesOf(10, name))).toEqual(new Set(['secondary-2']))
    expect(changes).toContainEqual(expect.objectContaining({ name: 'secondary-1', isUp: false, isDamaged: true }))
    await standby.renew()
    await untilInTurn(name)
  })
})

describe('without the primary', () => {
  it('E-68 T-13 logins work, registrations do not, and nothing committed is lost', async () => {
    const committed = await Promise.all(Array.from({ length: 10 }, () => register()))
    await cluster.settle()
    process.kill(cluster.primary.pid, 'SIGKILL')
    await expect.poll(() => replicas.nodes()[0]).toMatchObject({ name: 'primary', state: 'down' })
    await expect(register()).rejects.toThrow(ReplicasUnavailable)
    const copies = []
    for (const name of committed) {
      expect(await logIn(name)).toMatchObject({ value: true })
      expect(await logIn(name, 'wrong')).toMatchObject({ value: false })
      copies.push((await logIn('nobody')).copy)
    }
    expect(copies.filter((copy) => copy === 'secondary-1')).toHaveLength(5)
    await cluster.restartPrimary()
    await untilUp('primary')
    for (const name of committed) expect(await logIn(name)).toMatchObject({ value: true })
    // The standbys follow it again by themselves.
    const name = await register()
    await untilInTurn(name)
  })

  it('E-69 nothing waits for one that hangs', async () => {
    const name = await register()
    await cluster.settle()
    await signalServer(cluster.primary.pid, 'SIGSTOP')
    try {
      // Noticed while they wait, or before.
      await expect(register()).rejects.toThrow(ReplicasUnavailable)
      await expect(changePassword(name, 'new')).rejects.toThrow(ReplicasUnavailable)
      await replicas.committed()
      expect(new Set(await copiesOf(4, name))).toEqual(new Set(secondaries))
      // Something was committed, and nobody can say where.
      await expect(logIn(name, 'wrong')).rejects.toThrow(ReplicasUnavailable)
      await replicas.committed(name)
      await expect(logIn(name)).rejects.toThrow(ReplicasUnavailable)
    } finally {
      await signalServer(cluster.primary.pid, 'SIGCONT')
    }
    await untilUp('primary')
    expect(await logIn(name, 'wrong')).toMatchObject({ value: false })
  })
})

describe('a set that is opened anew', () => {
  const open = () =>
    openReplicas<Tables>({
      service: 'identity',
      primary: cluster.primary.connection('identity', 'service'),
      standbys: cluster.standbys.map((standby) => standby.connection('identity')),
    })

  it('E-71 learns the last commit from the primary', async () => {
    await replaying(0, false)
    const name = await register()
    const anew = open()
    try {
      for (let n = 0; n < 2; n += 1) expect(await logIn(name, 'secret', anew)).toMatchObject({ value: true })
      for (let n = 0; n < 2; n += 1) expect(await logIn(name, 'wrong', anew)).toMatchObject({ value: false })
    } finally {
      await replaying(0, true)
      await anew.close()
    }
  })

  it('E-71 learns it from the most advanced standby when the primary is down', async () => {
    const early = await register('old')
    await cluster.settle()
    await replaying(0, false)
    const late = await register()
    await changePassword(early, 'secret')
    await expect.poll(() => logIn(late)).toMatchObject({ copy: 'secondary-2' })
    await cluster.primary.stop()
    const anew = open()
    try {
      for (let n = 0; n < 4; n += 1) {
        expect(await logIn(late, 'secret', anew)).toEqual({ value: true, copy: 'secondary-2' })
        expect(await logIn(early, 'old', anew)).toEqual({ value: false, copy: 'secondary-2' })
      }
    } finally {
      await anew.close()
      await replaying(0, true)
      await cluster.restartPrimary()
      await untilUp('primary', ...secondaries)
    }
  })

  it('hears of what another process of the service has written', async () => {
    const other = open()
    try {
      await replaying(0, false)
      for (let n = 0; n < 4; n += 1)
        expect(await logIn(await register(), 'secret', other)).toMatchObject({ value: true })
    } finally {
      await replaying(0, true)
      await other.close()
    }
  })

  it('reads the primary when there are no standbys', async () => {
    const alone = openReplicas<Tables>({
      service: 'identity',
      primary: cluster.primary.connection('identity', 'service'),
      standbys: [],
    })
    try {
      expect(await logIn(await register(), 'secret', alone)).toEqual({ value: true, copy: 'primary' })
    } finally {
      await alone.close()
    }
  })
})

it('E-7 E-65 shows where its nodes are', async () => {
  await register()
  await cluster.settle()
  const position = await ask(cluster.owner, 'select pg_current_wal_lsn()::text as value')
  await expect
    .poll(() => replicas.nodes())
    .toEqual(['primary', ...secondaries].map((name) => ({ name, state: 'up', position: expect.any(String) })))
  await expect.poll(() => replicas.nodes()[0]?.position).toBe(position)
})
