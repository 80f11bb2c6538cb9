import { type AuctionDatabase, buildAuction, migrations as auctionMigrations } from '@sallyport/auction'
import {
  auction as auctionRoutes,
  type Call,
  createClient,
  gacha as gachaRoutes,
  ServiceUnreachable,
  wallet as walletRoutes,
  wholeScope,
} from '@sallyport/contracts'
import { openDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { buildGacha, type GachaDatabase, migrations as gachaMigrations, secureSeed } from '@sallyport/gacha'
import { type AccountId, isId, newId, systemClock } from '@sallyport/kernel'
import { type Authentication, localTransport, type Service } from '@sallyport/service'
import { buildWallet, migrations as walletMigrations, type WalletDatabase } from '@sallyport/wallet'
import { sql } from 'kysely'
import { pino } from 'pino'

/** The databases of the market; they outlive every process. */
export interface Databases {
  readonly wallet: TestDatabase<WalletDatabase>
  readonly gacha: TestDatabase<GachaDatabase>
  readonly auction: TestDatabase<AuctionDatabase>
}

export async function createDatabases(): Promise<Databases & { drop(): Promise<void> }> {
  const [wallet, gacha, auction] = await Promise.all([
    createTestDatabase<WalletDatabase>({ service: 'wallet', migrations: walletMigrations }),
    createTestDatabase<GachaDatabase>({ service: 'gacha', migrations: gachaMigrations }),
    createTestDatabase<AuctionDatabase>({ service: 'auction', migrations: auctionMigrations }),
  ])
  return {
    wallet,
    gacha,
    auction,
    async drop() {
      await Promise.all([wallet.drop(), gacha.drop(), auction.drop()])
    },
  }
}

/** What happens at the edge of a call between services, before it is sent and after it was done. */
export type Boundary = (where: string) => 'go on' | 'die' | 'fail'

/** A process with the whole market in it. */
export interface Market {
  readonly wallet: Service
  readonly gacha: Service
  readonly auction: Service
  /** Resolves when the process has died at a boundary. */
  readonly died: Promise<void>
  stop(): Promise<void>
}

/** The time that the market lives in, some seconds ahead of the clock on the wall. */
export interface MovableTime {
  aheadSeconds: number
}

/**
 * Starts the market on its databases, as the program does after whatever happened to the process before. A process that
 * dies at a boundary does nothing more: nothing it asked for comes back, and its databases are closed to it.
 */
export async function startMarket(databases: Databases, time: MovableTime, boundary: Boundary): Promise<Market> {
  const log = pino({ level: 'silent' })
  const open = <Tables>({ connection }: TestDatabase<Tables>, service: string) =>
    openDatabase<Tables>({ connection, service })
  const opened = {
    wallet: open(databases.wallet, 'wallet'),
    gacha: open(databases.gacha, 'gacha'),
    auction: open(databases.auction, 'auction'),
  }
  const death = Promise.withResolvers<void>()
  let dead = false
  const die = (): Promise<never> => {
    dead = true
    death.resolve()
    return new Promise(() => undefined)
  }
  const clientOf = (service: () => Service, caller: string): Call => {
    const call = createClient({ transport: localTransport(service), credential: () => `service ${caller}` })
    return async (route, input) => {
      const step = (where: string) => (dead ? 'die' : boundary(`${where} ${caller} ${route.name}`))
      const before = step('before')
      if (before === 'die') return die()
      if (before === 'fail') throw new ServiceUnreachable('away')
      const reply = await call(route, input)
      const after = step('after')
      if (after === 'die') return die()
      if (after === 'fail') throw new ServiceUnreachable('away')
      return reply
    }
  }
  const parts = { authentication: credulous, log, clock: systemClock }
  const wallet = await buildWallet({ ...parts, database: opened.wallet })
  const gacha = await buildGacha({
    ...parts,
    database: opened.gacha,
    wallet: clientOf(() => wallet, 'gacha'),
    randomSeed: secureSeed,
  })
  const auction = await buildAuction({
    ...parts,
    database: opened.auction,
    wallet: clientOf(() => wallet, 'auction'),
    gacha: clientOf(() => gacha, 'auction'),
    databaseClock: () => sql`(extract(epoch from clock_timestamp()) + ${time.aheadSeconds}::float8)`,
    sweepEveryMs: 20,
  })
  for (const service of [wallet, gacha, auction]) await service.start()
  return {
    wallet,
    gacha,
    auction,
    died: death.promise,
    async stop() {
      dead = true
      for (const service of [auction, gacha, wallet]) await Promise.race([service.stop(), death.promise])
      for (const database of Object.values(opened)) database.close().catch(() => undefined)
    },
  }
}

/** Believes what a caller says: `player <uid>`, `admin <uid>` or `service <name>`. */
const credulous: Authentication = {
  async account(authorization) {
    const [kind, uid = ''] = authorization?.replace('Bearer ', '').split(' ') ?? []
    if ((kind !== 'player' && kind !== 'admin') || !isId<AccountId>(uid)) return 'invalid'
    const role = kind === 'admin' ? 'admin' : 'user'
    return {
      kind: 'account',
      accountId: uid,
      sessionId: 's',
      username: 'u',
      role,
      roles: [role],
      scopes: [wholeScope],
      expiresAt: Number.MAX_SAFE_INTEGER,
    }
  },
  async service(authorization) {
    const [kind, name = ''] = authorization?.replace('Bearer ', '').split(' ') ?? []
    return kind === 'service' ? { kind: 'service', name } : 'invalid'
  },
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** What people do in the market, and what identity does for them. */
export interface Actions {
  /** A new player with so many TUX and copies of a gacha. */
  join(tux: number, copies: number): Promise<AccountId>
  buy(uid: AccountId, tux: number): Promise<Answer>
  roll(uid: AccountId): Promise<Answer>
  give(uid: AccountId): Promise<void>
  create(uid: AccountId, endTime: number): Promise<Answer>
  bid(uid: AccountId, auctionId: string, tux: number, key?: string): Promise<Answer>
  withdraw(uid: AccountId, auctionId: string): Promise<Answer>
  close(auctionId: string): Promise<Answer>
  inspect(auctionId: string): Promise<Answer>
  balance(uid: AccountId): Promise<number>
  copies(uid: AccountId): Promise<number>
  leave(uid: AccountId): Promise<void>
  removeGacha(): Promise<void>
  addGacha(): Promise<void>
}

/** Acts on whatever market is running at the moment. */
export function actOn(market: () => Market, gachaName: () => string): Actions {
  const admin = newId<AccountId>()
  async function ask(
    service: Service,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    as: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${as}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...more,
    }
    const answer = await service.inject({
      method,
      path,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: answer.body === '' ? undefined : JSON.parse(answer.body) }
  }
  async function insist(asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked
    if (answer.status >= 300) throw new Error(`answered with ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer
  }
  const auctions = '/api/auction/auctions'
  /** What identity asks of each service when an account comes (PUT) or goes (DELETE). */
  async function notify(method: 'PUT' | 'DELETE', uid: AccountId): Promise<void> {
    const { gacha, wallet, auction } = market()
    const memberships = [
      { service: gacha, path: gachaRoutes.openCollection.path },
      { service: wallet, path: walletRoutes.openWallet.path },
      { service: auction, path: auctionRoutes.openPlayer.path },
    ]
    for (const { service, path } of memberships)
      await insist(ask(service, method, path.replace(':uid', uid), 'service identity'))
  }

  const actions: Actions = {
    async join(tux, copies) {
      const uid = newId<AccountId>()
      await notify('PUT', uid)
      if (tux > 0) await insist(actions.buy(uid, tux))
      for (let copy = 0; copy < copies; copy += 1) await actions.give(uid)
      return uid
    },
    buy: (uid, tux) =>
      ask(market().wallet, 'POST', '/api/tux-management/buy', `player ${uid}`, { user_id: uid, amount: tux }),
    roll: (uid) => ask(market().gacha, 'POST', `/api/distro/${uid}/gacha/roll`, `player ${uid}`),
    async give(uid) {
      const body = { uid, gacha_name: gachaName() }
      await insist(ask(market().gacha, 'POST', '/admin/api/distro/add/user/gacha', `admin ${admin}`, body))
    },
    create: (uid, endTime) =>
      ask(market().auction, 'POST', auctions, `player ${uid}`, {
        player_id: uid,
        gacha_name: gachaName(),
        starting_price: 0,
        end_time: endTime,
      }),
    bid: (uid, id, tux, key) =>
      key === undefined
        ? ask(market().auction, 'POST', `${auctions}/${id}/bids`, `player ${uid}`, {
            auction_id: id,
            player_id: uid,
            bid: tux,
          })
        : ask(
            market().auction,
            'POST',
            `/v1/auction/auctions/${id}/bids`,
            `player ${uid}`,
            { amount: tux },
            { 'idempotency-key': key },
          ),
    withdraw: (uid, id) => ask(market().auction, 'DELETE', `${auctions}/${id}`, `player ${uid}`),
    close: (id) => ask(market().auction, 'PATCH', `/admin${auctions}/${id}`, `admin ${admin}`, { status: false }),
    inspect: (id) => ask(market().auction, 'GET', `/admin${auctions}/${id}`, `admin ${admin}`),
    async balance(uid) {
      const { body } = await insist(ask(market().wallet, 'GET', `/api/tux-management/balances/${uid}`, `player ${uid}`))
      return Number(Reflect.get(Object(body), 'tux_balance'))
    },
    async copies(uid) {
      const { body } = await insist(
        ask(market().gacha, 'GET', `/admin/api/distro/get/${uid}/collection`, `admin ${admin}`),
      )
      if (!Array.isArray(body)) throw new TypeError('a collection is a list')
      return body.reduce((sum: number, entry) => sum + Number(Reflect.get(Object(entry), 'value')), 0)
    },
    leave: (uid) => notify('DELETE', uid),
    async removeGacha() {
      await ask(market().gacha, 'DELETE', `/admin/api/distro/gacha/remove/${gachaName()}`, `admin ${admin}`)
    },
    async addGacha() {
      const body = { name: gachaName(), rarity: '1', image: 'x' }
      await ask(market().gacha, 'POST', '/admin/api/distro/gacha', `admin ${admin}`, body)
    },
  }
  return actions
}
