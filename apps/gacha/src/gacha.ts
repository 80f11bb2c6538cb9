import { type Call, gacha } from '@sallyport/contracts'
import { isUnreachable, type ServiceDatabase } from '@sallyport/database'
import { createJobs } from '@sallyport/jobs'
import type { Clock } from '@sallyport/kernel'
import { type Authentication, createService, type Service } from '@sallyport/service'
import type { Logger } from 'pino'
import { createCatalogue } from './catalogue/catalogue.ts'
import { seedCatalogue } from './catalogue/stock.ts'
import { createCollections } from './collections/collections.ts'
import { createEscrows } from './escrow/escrows.ts'
import type { GachaDatabase } from './gacha-database.ts'
import { erasureRoutes } from './privacy/erasure.ts'
import { createRolls } from './rolls/rolls.ts'
import type { RandomSeed } from './rolls/seeded-dice.ts'
import { settlementTask } from './rolls/settlement.ts'
import { internalRoutes } from './surfaces/internal.ts'
import { marketRoutes } from './surfaces/market.ts'
import { ownRoutes } from './surfaces/own-routes.ts'

/** What gacha is made of. The database must have the tables of `migrations`; who opened it closes it. */
export interface GachaParts {
  readonly database: ServiceDatabase<GachaDatabase>
  readonly authentication: Authentication
  /** The way to the wallet, as the service `gacha`. */
  readonly wallet: Call
  readonly log: Logger
  readonly clock: Clock
  /** Where the seeds of rolls come from: a CSPRNG (market §6). */
  readonly randomSeed: RandomSeed
  /** Tells the processes of gacha apart. */
  readonly instance?: string
}

/** How long a start waits for rolls that were left unsettled before it, in milliseconds. */
const resumeLimitMs = 5000
/** How long a stop waits for a job under way, in milliseconds; the next start takes it up. */
const stopLimitMs = 1000

/** Assembles gacha: the catalogue, the collections, the rolls and what is kept for auctions. Its `start` seeds a fresh catalogue. */
export async function buildGacha(parts: GachaParts): Promise<Service> {
  const { database, authentication, wallet, log, clock, randomSeed, instance = '1' } = parts
  const { db } = database
  const tasks = { 'settle-roll': settlementTask({ db, wallet, clock, randomSeed, log }) }
  const jobs = createJobs({ database, service: 'gacha', tasks, log, instance })
  const catalogue = createCatalogue(db)
  const collections = createCollections({ db, clock })
  const escrows = createEscrows({ db, clock })
  const rolls = createRolls({ db, jobs, wallet, clock, randomSeed, log })

  return createService({
    contract: gacha.gachaContract,
    authentication,
    log,
    routes: [
      ...marketRoutes({ catalogue, collections, rolls }),
      ...ownRoutes({ catalogue, collections, rolls }),
      ...internalRoutes(db, { collections, escrows }),
      ...erasureRoutes({ db, clock }),
    ],
    isUnavailable: isUnreachable,
    checks: { database: () => database.ping() },
    async start() {
      await jobs.prepare()
      if (await seedCatalogue(db, clock)) log.info('the catalogue was filled with the stock entries')
      const { left } = await jobs.resume({ timeoutMs: resumeLimitMs })
      if (left > 0) log.warn({ left }, 'rolls are still unsettled; their jobs are tried again')
      await jobs.start()
    },
    stop: () => jobs.stop({ timeoutMs: stopLimitMs }),
  })
}
