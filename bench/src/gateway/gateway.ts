import { readCpuOf } from '../cpu.ts'
import { type Load, median } from '../load.ts'
import { type ProvingGround, withGround } from './ground.ts'
import type { Running } from './running.ts'
import { path } from './shop.ts'
import { type Credential, credentials, missing, names, type Side, sides } from './sides.ts'
import { shoot, type Shot } from './wrk.ts'

/** One side as it is asked with one kind of credential. */
interface Contest {
  readonly side: Side
  readonly credential: Credential
  readonly running: Running
  readonly rounds: Round[]
}

interface Round extends Shot {
  /** Of a request, all processes of the side together. */
  readonly cpuMicros: number
}

/** Before so many requests a program in Node has not been compiled to what it will be. */
const warmUpRequests = 30_000
/** Who was not asked for a minute has given back memory, and has to get it again first, in seconds. */
const settleSeconds = 1

/**
 * What a request costs that a gateway lets through: processor time of the gateway, and of the service where that belongs
 * to the side. Sides are measured in turns, each on the same core, with everything else on the others.
 */
export function measureGateway(load: Load): Promise<string> {
  return withGround(async (ground) => {
    const absent: string[] = []
    const started: { readonly side: Side; readonly running: Running }[] = []
    let contests: readonly Contest[] = []
    try {
      for (const side of sides.filter(({ name }) => name.includes(load.only ?? ''))) {
        const why = await missing(side)
        if (why !== undefined) {
          absent.push(`  ${side.name}: not measured, ${why}`)
          continue
        }
        started.push({ side, running: await side.start(ground) })
      }
      contests = inTurns(started)
      for (const contest of contests) await warmUp(contest, ground, load)
      for (let round = 0; round < load.rounds; round += 1) {
        for (const contest of contests) {
          await measure(contest, ground, { ...load, seconds: settleSeconds })
          contest.rounds.push(await measure(contest, ground, load))
        }
      }
    } finally {
      for (const { running } of started) await running.stop()
    }
    return [
      `gateway: ${load.clients} connections, ${load.rounds} rounds of ${load.seconds} s, medians`,
      table(contests),
      ...absent,
      ...goals(contests),
      'processor time of each round, µs a request',
      ...contests.map(({ side, credential, rounds }) => `  ${side.name}, ${credential}: ${raw(rounds)}`),
    ].join('\n')
  })
}

/** Who is compared is asked one after the other: on a machine that others use, what lies further apart says little. */
function inTurns(started: readonly { readonly side: Side; readonly running: Running }[]): readonly Contest[] {
  return credentials.flatMap((credential) =>
    started
      .filter(({ side }) => side.credentials.includes(credential))
      .map(({ side, running }) => ({ side, credential, running, rounds: [] })),
  )
}

async function warmUp(contest: Contest, ground: ProvingGround, load: Load): Promise<void> {
  let requests = 0
  while (requests < warmUpRequests) requests += (await measure(contest, ground, load)).requests
}

async function measure({ running, credential }: Contest, ground: ProvingGround, load: Load): Promise<Round> {
  const before = await readCpuOf(running.pids)
  const shot = await shoot(`${running.url}${path}`, ground.ammunition[credential], load)
  const after = await readCpuOf(running.pids)
  const cpuMicros = before !== undefined && after !== undefined ? ((after - before) * 1e6) / shot.requests : Number.NaN
  return { ...shot, cpuMicros }
}

function table(contests: readonly Contest[]): string {
  const rows = contests.map(({ side, credential, rounds }) => {
    const of = (figure: (round: Round) => number, digits: number): string =>
      median(rounds.map(figure)).toFixed(digits).padStart(12)
    return [
      `  ${side.name.padEnd(36)}${credential.padEnd(15)}`,
      of(({ cpuMicros }) => cpuMicros, 1),
      of(({ perSecond }) => perSecond, 0),
      of(({ p50 }) => p50, 2),
      of(({ p99 }) => p99, 2),
    ].join('')
  })
  const head = ['µs CPU', 'per second', 'p50 ms', 'p99 ms'].map((name) => name.padStart(12)).join('')
  return [`  ${' '.repeat(51)}${head}`, ...rows].join('\n')
}

/** What was set as a goal, as ratios of processor time; those of one round belong together. */
function goals(contests: readonly Contest[]): string[] {
  const find = (name: string, credential: Credential): Contest | undefined =>
    contests.find((contest) => contest.side.name === name && contest.credential === credential)
  const wanted = [
    [names.remote, names.haproxy, 1],
    [names.remote, names.fastify, 0.5],
    [names.inProcess, names.haproxyAndPlain, 0.4],
    [names.inProcess, names.haproxyAndOurs, 0.4],
  ] as const
  return (['one token', '1000 tokens'] as const).flatMap((credential) =>
    wanted.flatMap(([ours, theirs, most]) => {
      const [a, b] = [find(ours, credential), find(theirs, credential)]
      if (!a || !b) return []
      const ratio = median(a.rounds.map(({ cpuMicros }, index) => cpuMicros / (b.rounds[index]?.cpuMicros ?? 0)))
      return [`  ${credential}: ${ours} / ${theirs} = ${ratio.toFixed(2)} (goal: at most ${most})`]
    }),
  )
}

function raw(rounds: readonly Round[]): string {
  return rounds.map(({ cpuMicros }) => cpuMicros.toFixed(1)).join(' ')
}
