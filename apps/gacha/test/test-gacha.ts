import { wholeScope } from '@sallyport/contracts'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, newId, parseId, systemClock } from '@sallyport/kernel'
import type { AccountCaller, Authentication, Service } from '@sallyport/service'
import { pino } from 'pino'
import { sql } from 'kysely'
import { buildGacha } from '../src/gacha.ts'
import { type GachaDatabase, migrations } from '../src/gacha-database.ts'
import type { RandomSeed } from '../src/rolls/seeded-dice.ts'
import { seedOf } from './seeds.ts'
import { standInWallet, type WalletStandIn } from './wallet-stand-in.ts'

type InjectedRequest = Parameters<Service['inject']>[0]

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface TestGacha {
  readonly test: TestDatabase<GachaDatabase>
  readonly wallet: WalletStandIn
  readonly service: Service
  /** A further instance on the same database, started, and stopped at the end. */
  startAnother(): Promise<Service>
  asPlayer(
    uid: string,
    method: InjectedRequest['method'],
    path: string,
    more?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer>
  asAdministrator(method: InjectedRequest['method'], path: string, body?: unknown): Promise<Answer>
  asIdentity(method: InjectedRequest['method'], path: string): Promise<Answer>
  asAuction(method: InjectedRequest['method'], path: string, body: unknown): Promise<Answer>
  /** A player with an open collection and this much TUX. */
  newPlayer(tux: number): Promise<AccountId>
  roll(uid: string): Promise<Answer>
  /** What the player has: copies by name. */
  copiesOf(uid: AccountId): Promise<Record<string, number>>
  /** How many rolls there are in each state. */
  rollStates(): Promise<Record<string, number>>
  /** The number of jobs that wait. */
  waitingJobs(): Promise<number>
  stop(): Promise<void>
}

/** Gacha on a database of its own, with the seeds given: without, every roll wins Ubuntu, or Debian once that is gone. */
export async function startGacha({
  randomSeed = () => seedOf('Ubuntu', 'Debian'),
}: { randomSeed?: RandomSeed } = {}): Promise<TestGacha> {
  const test = await createTestDatabase<GachaDatabase>({ service: 'gacha', migrations })
  const { db } = test.database
  const wallet = standInWallet()
  const log = pino({ level: 'silent' })
  const services: Service[] = []

  async function startAnother(): Promise<Service> {
    const parts = { database: test.database, authentication, wallet: wallet.call, log, clock: systemClock, randomSeed }
    const service = await buildGacha(parts)
    services.push(service)
    await service.start()
    return service
  }
  const service = await startAnother()

  async function send(
    bearer: string,
    request: Partial<InjectedRequest> & Pick<InjectedRequest, 'method' | 'path'>,
  ): Promise<Answer> {
    const headers = { authorization: `Bearer ${bearer}`, ...request.headers }
    const { status, body } = await service.inject({ ...request, headers })
    const parsed: unknown = JSON.parse(body)
    return { status, body: parsed }
  }
  const asPlayer: TestGacha['asPlayer'] = (uid, method, path, { body, headers = {} } = {}) =>
    send(`user ${uid}`, { method, path, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const asIdentity: TestGacha['asIdentity'] = (method, path) => send('identity', { method, path })

  return {
    test,
    wallet,
    service,
    startAnother,
    asPlayer,
    asIdentity,
    asAuction: (method, path, body) => send('auction', { method, path, body: JSON.stringify(body) }),
    asAdministrator: (method, path, body) =>
      send(`admin ${newId()}`, { method, path, ...(body !== undefined && { body: JSON.stringify(body) }) }),
    async newPlayer(tux) {
      const uid = newId<AccountId>()
      wallet.tux.set(uid, tux)
      await asIdentity('PUT', `/internal/gacha/players/${uid}`)
      return uid
    },
    roll: (uid) => asPlayer(uid, 'POST', `/api/distro/${uid}/gacha/roll`),
    async copiesOf(uid) {
      const rows = await db
        .selectFrom('copy')
        .innerJoin('gacha', 'gacha.id', 'copy.gacha_id')
        .where('uid', '=', uid)
        .select(['name', 'copies'])
        .execute()
      return Object.fromEntries(rows.map(({ name, copies }) => [name, copies]))
    },
    async rollStates() {
      const rows = await db.selectFrom('roll').select('state').execute()
      const counts: Record<string, number> = {}
      for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1
      return counts
    },
    async waitingJobs() {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from graphile_worker.jobs`.execute(db)
      return rows[0]?.count ?? 0
    },
    async stop() {
      await Promise.all(services.map((service) => service.stop()))
      await test.drop()
    },
  }
}

/** Stands in for identity, which signs the tokens: a test's token says in plain text who calls. */
const authentication: Authentication = {
  async account(authorization) {
    const [, role, uid] = /^Bearer (user|admin) (.+)$/.exec(authorization ?? '') ?? []
    const accountId = parseId<AccountId>(uid ?? '')
    if (accountId === undefined) return 'missing'
    const caller: Omit<AccountCaller, 'role'> = {
      kind: 'account',
      accountId,
      sessionId: newId(),
      username: 'ada',
      roles: [],
      scopes: [wholeScope],
      expiresAt: Number.MAX_SAFE_INTEGER,
    }
    return { ...caller, role: role === 'admin' ? 'admin' : 'user' }
  },
  async service(authorization) {
    const [, name] = /^Bearer (identity|auction)$/.exec(authorization ?? '') ?? []
    return name === undefined ? 'missing' : { kind: 'service', name }
  },
}
