import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeDataDirectory } from '@sallyport/e2e/data-directory'
import { startProgram } from '@sallyport/e2e/program'
import { Pool } from 'undici'
import { callInParallel, type Load, median, type Outcome } from './load.ts'

const execute = promisify(execFile)
const password = 'Correct-Horse7!'

/** Registrations through the public door beside bare argon2id hashing on the same cores (goal: 0.9). */
export function measureRegistration(load: Load): Promise<string> {
  return beside(load, 'registration', 'hash', async (door) => () => register(door, newName()))
}

/** Sign-ins through the public door beside bare argon2id verification on the same cores (goal: 0.9). */
export function measureLogin(load: Load): Promise<string> {
  return beside(load, 'login', 'verify', async (door) => {
    const name = newName()
    await register(door, name)
    return () => signIn(door, name)
  })
}

async function beside(
  load: Load,
  name: string,
  bareTask: 'hash' | 'verify',
  prepare: (door: Pool) => Promise<() => Promise<void>>,
): Promise<string> {
  const dataDirectory = await makeDataDirectory()
  const program = await startProgram(dataDirectory)
  const door = new Pool(program.addresses.public, { connections: load.clients })
  try {
    const call = await prepare(door)
    await callInParallel({ seconds: 1, clients: load.clients }, call)
    const ours: Outcome[] = []
    const bare: number[] = []
    for (let round = 0; round < load.rounds; round += 1) {
      bare.push(await bareArgon2(bareTask, load.seconds))
      ours.push(await callInParallel(load, call))
    }
    return report(name, load, ours, bare)
  } finally {
    await door.close()
    await program.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

function report(name: string, load: Load, ours: readonly Outcome[], bare: readonly number[]): string {
  const each = ours.map(({ perSecond }, round) => perSecond / (bare[round] ?? Number.NaN))
  const own = median(ours.map(({ perSecond }) => perSecond))
  const p50 = median(ours.map((outcome) => outcome.p50))
  const p99 = median(ours.map((outcome) => outcome.p99))
  return [
    `${name}: ${load.clients} clients, medians of ${load.rounds} rounds of ${load.seconds} s`,
    `  through the public door   ${own.toFixed(1)}/s   p50 ${p50.toFixed(0)} ms   p99 ${p99.toFixed(0)} ms`,
    `  bare argon2id             ${median(bare).toFixed(1)}/s`,
    `  ratio                     ${median(each).toFixed(3)}   (goal: 0.9; rounds: ${each.map((ratio) => ratio.toFixed(3)).join(' ')})`,
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

let counter = 0

function newName(): string {
  counter += 1
  return `bench_${process.pid}_${counter}`
}

async function register(door: Pool, username: string): Promise<void> {
  const body = JSON.stringify({ username, email: `${username}@example.org`, password })
  await expectOk(door, '/api/auth/accounts', { 'content-type': 'application/json' }, body)
}

async function signIn(door: Pool, username: string): Promise<void> {
  const body = new URLSearchParams({ username, password }).toString()
  await expectOk(door, '/api/auth/token', { 'content-type': 'application/x-www-form-urlencoded' }, body)
}

async function expectOk(door: Pool, path: string, headers: Record<string, string>, body: string): Promise<void> {
  const reply = await door.request({ method: 'POST', path, headers, body })
  const text = await reply.body.text()
  if (reply.statusCode !== 200) throw new Error(`${path} was answered with ${reply.statusCode}: ${text}`)
}
