import { rm } from 'node:fs/promises'
import { makeDataDirectory } from '@sallyport/e2e/data-directory'
import {
  type EmbeddedStandby,
  embeddedStandby,
  type EmbeddedPostgres,
  openDatabase,
  openReplicas,
  type Question,
  type ReadReport,
  type Replicas,
  startEmbeddedPostgres,
} from '@sallyport/database'
import { setTimeout as sleep } from 'node:timers/promises'
import { latency } from './latency.ts'
import { measureOwnWrites } from './own-writes.ts'
import { callInParallel, type Load, median, medianOutcome, type Outcome } from './load.ts'

const accountCount = 100_000
const service = 'identity'
const standbyCounts = [0, 1, 2] as const

interface Tables {
  account: { username: string; password_hash: string }
}

interface Side {
  readonly title: string
  readonly call: () => Promise<void>
  readonly outcomes: Outcome[]
  readonly close: () => Promise<void>
}

/**
 * Look-ups of accounts as a login makes them, spread over no, one and two standbys, beside the same query to the primary
 * without any of the promises (docs/replication.md). All servers are on this machine: what more machines would give is not seen.
 */
export async function measureReplicas(load: Load): Promise<string> {
  const dataDirectory = await makeDataDirectory()
  const standbys: EmbeddedStandby[] = []
  try {
    const primary = await startEmbeddedPostgres({ dataDirectory, hasStandbys: true })
    try {
      await fill(primary)
      for (const number of [1, 2]) {
        const standby = await embeddedStandby({ dataDirectory, name: `secondary-${number}` })
        standbys.push(standby)
        await standby.start()
      }
      return await measure(load, primary, standbys)
    } finally {
      await Promise.all(standbys.map((standby) => standby.stop()))
      await primary.stop()
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

async function fill(primary: EmbeddedPostgres): Promise<void> {
  await primary.ensureServices([service])
  const database = openDatabase<Tables>({ service, connection: primary.connection(service, 'owner') })
  try {
    await database.pool.query('create table account (username text primary key, password_hash text not null)')
    await database.pool.query(
      `insert into account select 'account_' || n, repeat('x', 97) from generate_series(1, $1::int) as n`,
      [accountCount],
    )
    await database.pool.query(`grant select, insert on account to ${service}`)
    await database.pool.query('analyze account')
  } finally {
    await database.close()
  }
}

async function measure(load: Load, primary: EmbeddedPostgres, standbys: readonly EmbeddedStandby[]): Promise<string> {
  const bare = bareSide(primary)
  const sides: Side[] = []
  try {
    for (const count of standbyCounts) sides.push(await replicasSide(primary, standbys.slice(0, count)))
    // The first round warms up and does not count.
    for (let round = 0; round <= load.rounds; round += 1) {
      const seconds = round === 0 ? 1 : load.seconds
      for (const side of [bare, ...sides]) side.outcomes.push(await callInParallel({ ...load, seconds }, side.call))
    }
  } finally {
    for (const side of [bare, ...sides]) await side.close()
  }
  const ownWrites = await measureReadYourWrites(primary, standbys)
  return [
    `replicas: ${load.clients} clients, medians of ${load.rounds} rounds of ${load.seconds} s; ${accountCount} accounts`,
    ...[bare, ...sides].map((side) => describe(side, bare)),
    ...ownWrites,
  ].join('\n')
}

function bareSide(primary: EmbeddedPostgres): Side {
  const database = openDatabase<Tables>({ service, connection: primary.connection(service, 'service') })
  return {
    title: 'one query to the primary',
    outcomes: [],
    call: async () => insist(await lookUp(anyName()).look(database.db)),
    close: () => database.close(),
  }
}

async function replicasSide(primary: EmbeddedPostgres, standbys: readonly EmbeddedStandby[]): Promise<Side> {
  const replicas = openReplicas<Tables>({
    service,
    primary: primary.connection(service, 'service'),
    standbys: standbys.map((standby) => standby.connection(service)),
  })
  await untilSpread(replicas, standbys.length)
  return {
    title: `openReplicas, ${standbys.length} standbys`,
    outcomes: [],
    call: async () => insist((await replicas.read(lookUp(anyName()))).value),
    close: () => replicas.close(),
  }
}

async function measureReadYourWrites(
  primary: EmbeddedPostgres,
  standbys: readonly EmbeddedStandby[],
): Promise<string[]> {
  const connection = primary.connection(service, 'service')
  const reports: ReadReport[] = []
  const database = openDatabase<Tables>({ service, connection })
  const replicas = openReplicas<Tables>({
    service,
    primary: connection,
    standbys: standbys.map((standby) => standby.connection(service)),
    onRead: (report) => void reports.push(report),
  })
  const read = async (username: string) => insist((await replicas.read(lookUp(username))).value)
  const nameOf = (turn: number) => `new_account_${turn}`
  try {
    await untilSpread(replicas, standbys.length)
    return await measureOwnWrites(replicas, reports, {
      readOld: () => read(anyName()),
      async write(turn) {
        const row = { username: nameOf(turn), password_hash: 'x'.repeat(97) }
        await database.db.insertInto('account').values(row).execute()
      },
      readNew: (turn) => read(nameOf(turn)),
    })
  } finally {
    await replicas.close()
    await database.close()
  }
}

/** Waits until every standby has its turns. */
async function untilSpread(replicas: Replicas<Tables>, standbys: number): Promise<void> {
  const deadline = performance.now() + 30_000
  const seen = new Set<string>()
  while (seen.size < Math.max(1, standbys)) {
    const { copy } = await replicas.read(lookUp('account_1'))
    if (copy !== 'primary' || standbys === 0) seen.add(copy)
    if (performance.now() > deadline) throw new Error('the standbys do not follow')
    await sleep(20)
  }
}

/** What a login asks, without the hashing. */
function lookUp(username: string): Question<Tables, Tables['account'] | undefined, boolean> {
  return {
    look: (db) => db.selectFrom('account').selectAll().where('username', '=', username).executeTakeFirst(),
    judge: async (row) => ({
      value: row !== undefined,
      final: row ? { withChangesOf: username } : 'with-every-commit',
    }),
  }
}

function anyName(): string {
  return `account_${1 + Math.floor(Math.random() * accountCount)}`
}

function insist(found: unknown): void {
  if (!found) throw new Error('an account was not found')
}

function describe({ title, outcomes }: Side, bare: Side): string {
  const own = medianOutcome(outcomes.slice(1))
  const each = outcomes
    .slice(1)
    .map(({ perSecond }, round) => perSecond / (bare.outcomes[round + 1]?.perSecond ?? Number.NaN))
  return `  ${title.padEnd(26)} ${own.perSecond.toFixed(0)}/s   ${latency(own)}   ratio ${median(each).toFixed(3)}`
}
