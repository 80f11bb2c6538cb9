import { canPin, pin } from './cores.ts'
import { cpuBetween, type CpuSeconds, readCpu } from './cpu.ts'
import { textOf } from './door.ts'
import { type Installation, postgresOf, withInstallation } from './installation.ts'
import { latency } from './latency.ts'
import { callInParallel, type Load, median, medianOutcome, type Outcome } from './load.ts'
import { type Side, startSides } from './openid-sides.ts'
import { type Client, grant } from './openid-sign-in.ts'

const redirectUri = 'https://app.example/callback'
const goal = 0.6
/** The peer remembers a thousand records: with more clients it forgets tokens before they are used. */
const clientsLimit = 32

interface Round extends Outcome {
  readonly grants: number
  readonly cpu: CpuSeconds | undefined
}

/** What one of the clients does again and again. */
type Work = (side: Side, client: Client, index: number) => Promise<void>

/**
 * Grants a second on one core, with PostgreSQL and the load on the others: at the port of an identity part, and through
 * the public door of the whole program, beside the library alone with its store in memory (goal: 0.6).
 */
export function measureOpenId({ clients, ...rest }: Load): Promise<string> {
  const load = { ...rest, clients: Math.min(clients, clientsLimit) }
  return withInstallation(load.clients, async (installation) => {
    const client = await addClient(installation)
    const postgresPid = await postgresOf(installation.dataDirectory)
    const { peer, part, program, stop } = await startSides(installation, client, load.clients)
    try {
      const sides = [peer, part, program]
      const pinned = await canPin()
      if (pinned) {
        await pin(process.pid, 'others')
        for (const { pid } of sides) await pin(pid, 'first')
      }
      const lines = [
        `openid: ${load.clients} clients, medians of ${load.rounds} rounds of ${load.seconds} s, ` +
          (pinned ? 'the provider on one core, PostgreSQL and the load on the others' : 'no core could be set apart'),
      ]
      // In this order: tokens for clients push everything else out of the peer's store.
      for (const [title, work] of Object.entries({ refresh: renew, 'client credentials': actForItself })) {
        const rounds = await inTurns(sides, load, (side, index) => work(side, client, index), postgresPid)
        lines.push(`  ${title}`, ...report(sides, rounds))
      }
      return lines.join('\n')
    } finally {
      await stop()
    }
  })
}

const actForItself: Work = async (side, client) => {
  await grant(side, client, { grant_type: 'client_credentials' })
}

const renew: Work = async (side, client, index) => {
  const form = { grant_type: 'refresh_token', refresh_token: side.refreshTokens[index] ?? '' }
  side.refreshTokens[index] = textOf(await grant(side, client, form), 'refresh_token')
}

async function addClient({ adminDoor, signInAdministrator }: Installation): Promise<Client> {
  const added = await adminDoor.insist(201, {
    method: 'POST',
    path: '/v1/clients',
    token: await signInAdministrator(),
    json: { name: 'Bench', first_party: true, redirect_uris: [redirectUri] },
  })
  return { id: textOf(added, 'client_id'), secret: textOf(added, 'client_secret'), redirectUri }
}

/** Measures each side in every round; the first round warms up and does not count. */
async function inTurns(
  sides: readonly Side[],
  load: Load,
  work: (side: Side, index: number) => Promise<void>,
  postgresPid: number,
): Promise<Map<Side, Round[]>> {
  const rounds = new Map<Side, Round[]>(sides.map((side) => [side, []]))
  for (let round = 0; round <= load.rounds; round += 1) {
    for (const side of sides) {
      const measured = await measure(side, { ...load, seconds: round === 0 ? 1 : load.seconds }, work, postgresPid)
      if (round > 0) rounds.get(side)?.push(measured)
    }
  }
  return rounds
}

async function measure(
  side: Side,
  load: Load,
  work: (side: Side, index: number) => Promise<void>,
  postgresPid: number,
): Promise<Round> {
  let grants = 0
  // Each client has a refresh token of its own, which it must not use twice at once.
  const free = Array.from({ length: load.clients }, (_, index) => index)
  const before = await readCpu(side.pid, postgresPid)
  const outcome = await callInParallel(load, async () => {
    const index = free.pop() ?? 0
    await work(side, index)
    free.push(index)
    grants += 1
  })
  return { ...outcome, grants, cpu: cpuBetween(before, await readCpu(side.pid, postgresPid)) }
}

function report([peer, ...ours]: readonly Side[], rounds: ReadonlyMap<Side, readonly Round[]>): string[] {
  const of = (side: Side | undefined): readonly Round[] => (side && rounds.get(side)) ?? []
  const lines = [peer, ...ours].map((side) => {
    const median = medianOutcome(of(side))
    const rate = `${median.perSecond.toFixed(0)}/s`.padStart(7)
    return `    ${(side?.name ?? '').padEnd(24)} ${rate}   ${latency(median)}   ${cpuUse(of(side))}`
  })
  const ratios = ours.map((side) => {
    const each = of(side).map(({ perSecond }, round) => perSecond / (of(peer)[round]?.perSecond ?? Number.NaN))
    const all = each.map((ratio) => ratio.toFixed(2)).join(' ')
    const byCpu = median(cpuOf(of(peer), 'program')) / median(cpuOf(of(side), 'program'))
    const figures = `${median(each).toFixed(3)}, by processor time ${byCpu.toFixed(3)}`
    return `    ratio, ${side.name.padEnd(24)} ${figures}   (goal: ${goal}; rounds: ${all})`
  })
  return [...lines, ...ratios]
}

function cpuUse(rounds: readonly Round[]): string {
  const each = (part: keyof CpuSeconds): string => median(cpuOf(rounds, part)).toFixed(0)
  return `processor time a grant: ${each('program')} µs, PostgreSQL ${each('postgres')} µs, load ${each('load')} µs`
}

/** Microseconds of processor time that a grant took, in each round. */
function cpuOf(rounds: readonly Round[], part: keyof CpuSeconds): number[] {
  return rounds.flatMap(({ cpu, grants }) => (cpu ? [(cpu[part] / grants) * 1e6] : []))
}
