import { rm } from 'node:fs/promises'
import { makeDataDirectory } from '@sallyport/e2e/data-directory'
import {
  createSeats,
  type EnrollmentDatabase,
  migrations,
  parseSectionId,
  parseUserName,
  type Seats,
  type UserName,
} from '@sallyport/enrollment'
import { type EmbeddedPostgres, migrate, openDatabase, startEmbeddedPostgres } from '@sallyport/database'
import { type AccountId, newId, systemClock } from '@sallyport/kernel'
import { createEnrollmentsPeer, type EnrollmentsPeer } from './enrollments-peer.ts'
import { latency } from './latency.ts'
import { callInParallel, type Load, median, medianOutcome, type Outcome } from './load.ts'
import type { PgbenchOutcome } from './pgbench.ts'

const sectionCount = 1000
/** Nobody waits: every client finds a seat. */
const capacity = 1000
/** As many as a cluster has, each with connections of its own. */
const instanceCount = 3

interface Rounds {
  readonly ours: Outcome[]
  readonly peer: PgbenchOutcome[]
}

/**
 * Enrollments by the use case of the service, beside pgbench, which calls a plain SQL function for each on the same server: in
 * a thousand sections and in a single one. A client takes a seat and gives it up again; the seats taken count.
 */
export async function measureEnrollments(load: Load): Promise<string> {
  const dataDirectory = await makeDataDirectory()
  try {
    const postgres = await startEmbeddedPostgres({ dataDirectory })
    try {
      return await measure(load, postgres)
    } finally {
      await postgres.stop()
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

async function measure(load: Load, postgres: EmbeddedPostgres): Promise<string> {
  await postgres.ensureServices(['enrollment'])
  const owner = postgres.connection('enrollment', 'owner')
  await migrate({ connection: owner, folder: migrations, service: 'enrollment' })
  const connection = postgres.connection('enrollment', 'service')
  const databases = Array.from({ length: instanceCount }, () =>
    openDatabase<EnrollmentDatabase>({ service: 'enrollment', connection }),
  )
  try {
    await databases[0]?.pool.query(
      `with added as (insert into course (department, number, title) values ('CPSC', '449', 'Web Back-End') returning id)
       insert into section (course_id, section_number, term, instructor, capacity)
       select added.id, 1 + n % 999, 'T' || n, 'turing', $2 from added, generate_series(1, $1::int) as n`,
      [sectionCount, capacity],
    )
    await databases[0]?.pool.query('analyze')
    const instances = databases.map(({ db }) => createSeats({ db, clock: systemClock }))
    const missing: string[] = []
    const peer = await createEnrollmentsPeer(connection, { sections: sectionCount, capacity }).catch(
      (error: unknown) => {
        missing.push(`  no peer: ${error instanceof Error ? error.message : String(error)}`)
      },
    )
    const spread: Rounds = { ours: [], peer: [] }
    const hot: Rounds = { ours: [], peer: [] }
    // The first round warms up and does not count.
    for (let round = 0; round <= load.rounds; round += 1) {
      const now = { ...load, seconds: round === 0 ? Math.min(3, load.seconds) : load.seconds }
      await measureBoth(spread, now, { instances, peer, sections: sectionCount })
      await measureBoth(hot, now, { instances, peer, sections: 1 })
    }
    return [
      `enrollments: ${load.clients} clients over ${instanceCount} instances, medians of ${load.rounds} rounds of ${load.seconds} s`,
      ...missing,
      ...report(`${sectionCount} sections`, spread),
      ...report('one hot section', hot),
    ].join('\n')
  } finally {
    await Promise.all(databases.map((database) => database.close()))
  }
}

async function measureBoth(
  rounds: Rounds,
  load: Load,
  sides: {
    readonly instances: readonly Seats[]
    readonly peer: EnrollmentsPeer | void
    readonly sections: number
  },
): Promise<void> {
  const { instances, peer, sections } = sides
  rounds.ours.push(await enroll(instances, load, sections))
  if (peer) rounds.peer.push(await peer.enroll({ ...load, sections }))
}

async function enroll(instances: readonly Seats[], load: Load, sections: number): Promise<Outcome> {
  const idle = Array.from({ length: load.clients }, (_, client) => ({
    student: nameOf(client),
    accountId: newId<AccountId>(),
    turn: client,
  }))
  return callInParallel(load, async () => {
    const client = idle.pop()
    if (!client) throw new TypeError('there are more calls than clients')
    const { student, accountId } = client
    const seats = instances[client.turn++ % instances.length]
    const section = parseSectionId(String(1 + Math.floor(Math.random() * sections)))
    const placement = await seats?.enroll(section, student, accountId)
    if (placement?.status !== 'enrolled') throw new Error(`${student} has no seat`)
    await seats?.drop(section, student)
    idle.push(client)
  })
}

function nameOf(client: number): UserName {
  const name = parseUserName(`student_${client}`)
  if (name === undefined) throw new TypeError('that is no user name')
  return name
}

function report(title: string, all: Rounds): string[] {
  const ours = all.ours.slice(1)
  const peer = all.peer.slice(1)
  const own = medianOutcome(ours)
  const lines = [
    `  ${title}`,
    `    the service's use case    ${own.perSecond.toFixed(0)}/s   with the drop ${latency(own)}`,
  ]
  if (peer.length === 0) return lines
  const each = ours.map(({ perSecond }, round) => perSecond / (peer[round]?.perSecond ?? Number.NaN))
  const peerPerSecond = median(peer.map(({ perSecond }) => perSecond))
  const peerMs = median(peer.map(({ averageMs }) => averageMs))
  return [
    ...lines,
    `    pgbench, one function     ${peerPerSecond.toFixed(0)}/s   with the drop average ${peerMs.toFixed(1)} ms`,
    `    ratio                     ${median(each).toFixed(3)}   (rounds: ${each.map((ratio) => ratio.toFixed(3)).join(' ')})`,
  ]
}
