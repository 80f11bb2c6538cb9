import { type Door, openDoor } from './door.ts'
import { withInstallation } from './installation.ts'
import { latency } from './latency.ts'
import { callInParallel, type Load, median, medianOutcome, type Outcome } from './load.ts'
import { newName, registration, signIn } from './players.ts'

/** How many sign-ins are under way at any moment. */
const signIns = 200

/**
 * What a cheap authenticated read takes while 200 sign-ins queue, beside what it takes when nothing else happens
 * (goal: at most 3 times).
 */
export function measureReadsUnderLogin(load: Load): Promise<string> {
  return withInstallation(1, async ({ program, publicDoor }) => {
    const name = newName()
    await publicDoor.insist(200, registration(name))
    const token = await signIn(publicDoor, name)
    const read = async (): Promise<void> => {
      await publicDoor.insist(200, { method: 'GET', path: '/api/auth/userinfo', token })
    }
    const seconds = load.seconds
    const crowd = openDoor(program.addresses.public, signIns)
    const idle: Outcome[] = []
    const busy: Outcome[] = []
    const crowds: Outcome[] = []
    try {
      await callInParallel({ seconds: 1, clients: 1 }, read)
      for (let round = 0; round < load.rounds; round += 1) {
        idle.push(await callInParallel({ seconds, clients: 1 }, read))
        const queueing = startQueueing(crowd, name, seconds)
        busy.push(await callInParallel({ seconds, clients: 1 }, read))
        crowds.push(await queueing)
      }
    } finally {
      await crowd.close()
    }
    const each = busy.map(({ p99 }, round) => p99 / (idle[round]?.p99 ?? Number.NaN))
    return [
      `reads-under-login: GET /api/auth/userinfo, medians of ${load.rounds} rounds of ${seconds} s`,
      `  nothing else         ${latency(medianOutcome(idle))}`,
      `  ${signIns} sign-ins queue   ${latency(medianOutcome(busy))}`,
      `  ratio of p99         ${median(each).toFixed(2)}   (goal: at most 3; rounds: ${each.map((ratio) => ratio.toFixed(2)).join(' ')})`,
      `  the sign-ins         ${medianOutcome(crowds).perSecond.toFixed(1)}/s   ${latency(medianOutcome(crowds))}`,
    ].join('\n')
  })
}

function startQueueing(door: Door, name: string, seconds: number): Promise<Outcome> {
  return callInParallel({ seconds, clients: signIns }, async () => void (await signIn(door, name)))
}
