import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { type ServiceDatabase, openDatabase } from '../service-database.ts'
import { openReplicas } from './replica-set.ts'
import type { Decision, Replicas } from './replicas.ts'

interface Tables {
  account: { name: string; password: string }
}

let cluster: Cluster
let database: ServiceDatabase<Tables>
let replicas: Replicas<Tables>

beforeAll(async () => {
  cluster = await startCluster()
  const owner = openDatabase<Tables>({ service: 'identity', connection: cluster.owner })
  await sql`create table account (name text primary key, password text not null)`.execute(owner.db)
  await owner.close()
  await cluster.settle()
})
afterAll(() => cluster.remove())

beforeEach(async () => {
  database = openDatabase<Tables>({
    service: 'identity',
    connection: cluster.primary.connection('identity', 'service'),
  })
  replicas = openReplicas<Tables>({
    service: 'identity',
    primary: cluster.primary.connection('identity', 'service'),
    standbys: cluster.standbys.map((standby) => standby.connection('identity')),
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

/** A login in short: whether the password is that of the account. */
async function logIn(name: string, password = 'secret'): Promise<Decision<boolean>> {
  return replicas.read({
    look: (db) => db.selectFrom('account').select('password').where('name', '=', name).executeTakeFirst(),
    judge: async (row) =>
      row?.password === password
        ? { value: true, final: { withChangesOf: name } }
        : { value: false, final: 'with-every-commit' },
  })
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

  it('E-70 T-13 see what was registered a moment ago, a hundred times', async () => {
    for (let n = 0; n < 100; n += 1) expect(await logIn(await register())).toMatchObject({ value: true })
  })
})
