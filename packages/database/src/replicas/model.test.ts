import fc from 'fast-check'
import { afterAll, beforeAll, it } from 'vitest'
import { startAccounts } from '../fixtures/accounts.ts'
import { ask, signalServer } from '../fixtures/cluster.ts'

let on: Awaited<ReturnType<typeof startAccounts>>

beforeAll(async () => {
  on = await startAccounts()
  await on.open()
})
afterAll(async () => {
  await on.close()
  await on.stop()
})

type Step =
  | { readonly do: 'register' | 'change' | 'delete' | 'log in'; readonly who: number }
  | { readonly do: 'pause' | 'resume' | 'kill' | 'start' | 'suspend' | 'wake'; readonly standby: 0 | 1 }

const who = fc.integer({ min: 0, max: 3 })
const standby = fc.constantFrom(0 as const, 1 as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('register', 'change', 'delete'), who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('log in'), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume', 'kill', 'start', 'suspend', 'wake'), standby }),
  },
)

let runs = 0

it('E-70 never says what is no longer true, whatever happens to the standbys', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 40 }), async (steps) => {
      runs += 1
      // What was answered for: the password of those that are there.
      const accounts = new Map<string, string>()
      const suspended = new Set<0 | 1>()
      let passwords = 0
      try {
        for (const one of steps) {
          if ('standby' in one) await disturb(one, suspended)
          else {
            const name = `${runs}-${one.who}`
            await act(one.do, name, `password ${++passwords}`, accounts)
            await check(name, accounts)
          }
        }
      } finally {
        await recover(suspended)
      }
    }),
    { numRuns: Number(process.env['SALLYPORT_MODEL_RUNS'] ?? 3), endOnFailure: true },
  )
}, 600_000)

async function act(
  what: 'register' | 'change' | 'delete' | 'log in',
  name: string,
  password: string,
  accounts: Map<string, string>,
): Promise<void> {
  const { replicas, database } = on
  const { db } = database
  if (what === 'register' && !accounts.has(name)) {
    await replicas.write(() => db.insertInto('account').values({ name, password }).execute())
    accounts.set(name, password)
  } else if (what === 'change' && accounts.has(name)) {
    await replicas.write(() => db.updateTable('account').set({ password }).where('name', '=', name).execute(), name)
    accounts.set(name, password)
  } else if (what === 'delete') {
    await replicas.write(() => db.deleteFrom('account').where('name', '=', name).execute(), name)
    accounts.delete(name)
  }
}

/** Signs in with every password there ever was for it: only the last one opens, and nothing does when it is gone. */
async function check(name: string, accounts: ReadonlyMap<string, string>): Promise<void> {
  const { value } = await on.replicas.read({
    look: (db) => db.selectFrom('account').select('password').where('name', '=', name).executeTakeFirst(),
    judge: async (row) =>
      row ? { value: row.password, final: { withChangesOf: name } } : { value: undefined, final: 'with-every-commit' },
  })
  if (value !== accounts.get(name)) throw new Error(`${name} has ${accounts.get(name)}, and ${value} was found`)
}

async function disturb({ do: what, standby }: Extract<Step, { standby: 0 | 1 }>, suspended: Set<0 | 1>): Promise<void> {
  const one = on.cluster.standbys[standby]
  const admin = { ...one.connection('identity'), user: 'postgres' }
  if (what === 'start' && !suspended.has(standby)) await one.start()
  if (one.pid === undefined) return
  if (what === 'kill') {
    await signalServer(one.pid, 'SIGKILL')
    suspended.delete(standby)
    while (one.pid !== undefined) await new Promise(setImmediate)
  } else if (what === 'suspend') {
    await signalServer(one.pid, 'SIGSTOP')
    suspended.add(standby)
  } else if (what === 'wake') {
    await signalServer(one.pid, 'SIGCONT')
    suspended.delete(standby)
  } else if (!suspended.has(standby)) {
    if (what === 'pause') await ask(admin, 'select pg_wal_replay_pause()')
    if (what === 'resume') await ask(admin, 'select pg_wal_replay_resume()')
  }
}

async function recover(suspended: Set<0 | 1>): Promise<void> {
  for (const standby of [0, 1] as const) {
    await disturb({ do: 'wake', standby }, suspended)
    await disturb({ do: 'start', standby }, suspended)
    await disturb({ do: 'resume', standby }, suspended)
  }
  await on.cluster.settle()
}
