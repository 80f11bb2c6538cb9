import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Door } from './door.ts'
import { withInstallation } from './installation.ts'
import { latency } from './latency.ts'
import { callInParallel, type Load, median, medianOutcome, type Outcome } from './load.ts'
import { newName, registration, signIn } from './players.ts'

const execute = promisify(execFile)

/**
 * Registrations through the public door beside bare argon2id hashing on the same cores (goal: 0.9), and how long one
 * takes when nobody else registers.
 */
export function measureRegistration(load: Load): Promise<string> {
  return beside(load, 'registration', 'hash', async (door) => () => register(door, newName()))
}

/** Sign-ins through the public door beside bare argon2id verification on the same cores (goal: 0.9). */
export function measureLogin(load: Load): Promise<string> {
  return beside(load, 'login', 'verify', async (door) => {
    const name = newName()
    await register(door, name)
    return async () => void (await signIn(door, name))
  })
}

function beside(
  load: Load,
  name: string,
  bareTask: 'hash' | 'verify',
  prepare: (door: Door) => Promise<() => Promise<void>>,
): Promise<string> {
  return withInstallation(load.clients, async ({ publicDoor }) => {
    const call = await prepare(publicDoor)
    await callInParallel({ seconds: 1, clients: load.clients }, call)
    const ours: Outcome[] = []
    const alone: Outcome[] = []
    const bare: number[] = []
    for (let round = 0; round < load.rounds; round += 1) {
      bare.push(await bareArgon2(bareTask, load.seconds))
      ours.push(await callInParallel(load, call))
      alone.push(await callInParallel({ seconds: load.seconds, clients: 1 }, call))
    }
    return report(name, load, ours, alone, bare)
  })
}

function report(
  name: string,
  load: Load,
  ours: readonly Outcome[],
  alone: readonly Outcome[],
  bare: readonly number[],
): string {
  const each = ours.map(({ perSecond }, round) => perSecond / (bare[round] ?? Number.NaN))
  const own = medianOutcome(ours)
  return [
    `${name}: ${load.clients} clients, medians of ${load.rounds} rounds of ${load.seconds} s`,
    `  through the public door   ${own.perSecond.toFixed(1)}/s   ${latency(own)}`,
    `  bare argon2id             ${median(bare).toFixed(1)}/s`,
    `  ratio                     ${median(each).toFixed(3)}   (goal: 0.9; rounds: ${each.map((ratio) => ratio.toFixed(3)).join(' ')})`,
    `  one client alone          ${latency(medianOutcome(alone))}`,
  ].join('\n')
}

async function bareArgon2(task: 'hash' | 'verify', seconds: number): Promise<number> {
  const { stdout } = await execute(
    process.execPath,
    [fileURLToPath(new URL('bare-argon2.ts', import.meta.url)), task, String(seconds)],
    { env: { ...process.env, UV_THREADPOOL_SIZE: String(availableParallelism()) } },
  )
  return Number(stdout)
}

async function register(door: Door, username: string): Promise<void> {
  await door.insist(200, registration(username))
}
