import { readFileSync } from 'node:fs'
import { readFile, readlink, realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from './errors.ts'
import { run } from './run.ts'

/** Whether a process with this id is there, of whatever user. One that ended and waits to be noticed is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false
  }
  return process.platform !== 'linux' || !isZombie(pid)
}

/** An orphan stays one until the first process of the system asks for its status, which in a container may be never. */
function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return status.slice(status.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

/** Sends a signal; that the process is gone already is what the caller wants. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone in the meantime.
  }
}

/** Waits until the process is gone, at most so long. */
export async function waitForExit(pid: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false
    await sleep(10)
  }
  return true
}

/** Whether the process is the PostgreSQL of this cluster, and not another that was given the same id later. */
export async function servesCluster(pid: number, clusterDirectory: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'linux') {
    // PostgreSQL works in its cluster's directory.
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
    return directory !== undefined && directory === (await realpath(clusterDirectory))
  }
  const { output } = await run('ps', ['-o', 'args=', '-p', String(pid)])
  return output.includes(clusterDirectory)
}

/**
 * What tells a process from a later one with the same id: when it began, where the system tells (Linux). Undefined
 * when it is gone.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name in parentheses may hold anything; the start is the twentieth field after it.
  const began = status.slice(status.lastIndexOf(')') + 2).split(' ')[19]
  return `${pid} ${began ?? ''}`.trim()
}
