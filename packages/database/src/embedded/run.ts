import { spawn } from 'node:child_process'
import type { SystemUser } from './system-user.ts'

export interface Outcome {
  /** The exit status; undefined when the program could not be run or was ended by a signal. */
  readonly status: number | undefined
  /** What it wrote on both channels, at most 64 KiB, the end of it. */
  readonly output: string
}

const OUTPUT_LIMIT_CHARACTERS = 65_536

/**
 * The environment of PostgreSQL's programs: nothing of the caller's (`PGDATA`, `PGOPTIONS` and locale variables change
 * what they do) but what is needed to find libraries.
 */
export function plainEnvironment(): Record<string, string> {
  const environment: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC' }
  for (const name of ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR']) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}

/** Runs a program to its end, as another user when one is given. Never throws: a failure is an outcome. */
export async function run(program: string, args: readonly string[], user?: SystemUser): Promise<Outcome> {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(program, args, {
      // The caller's directory may be one the other user cannot enter.
      cwd: '/',
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user && { uid: user.uid, gid: user.gid }),
    })
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_LIMIT_CHARACTERS)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ status: undefined, output: `${output}${error.message}` }))
    child.on('close', (status) => resolve({ status: status ?? undefined, output }))
  })
}
