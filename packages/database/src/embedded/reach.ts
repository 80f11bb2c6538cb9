import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { DirectoryInUse, DirectoryUnusable, PostgresFailed, codeOf, usingDirectory } from './errors.ts'
import { connectAdministrator, recordedOwner, takeOwnership } from './ownership.ts'
import type { Placement } from './placement.ts'
import { type LaunchedServer, findServer, lastWords, launchServer, stopServer } from './server.ts'

const START_LIMIT_MS = 120_000
const LAUNCHES = 6
const PROGRESS_EVERY_MS = 5_000

export interface Reached {
  /** Holds the ownership. */
  readonly client: Client
  readonly pid: number
  readonly launched: boolean
}

/**
 * Makes this process the owner of the cluster's server, with these settings: one that runs already is taken over, or
 * restarted when it has others.
 */
export async function reachServer(
  placement: Placement,
  settings: Readonly<Record<string, string>>,
  onProgress: (step: string) => void,
): Promise<Reached> {
  const reach = () => usingDirectory(placement.dataDirectory, () => connectOrLaunch(placement, settings, onProgress))
  const reached = await reach()
  if (await runsWith(reached.client, settings)) return reached
  onProgress('restarting the PostgreSQL that was left running, because it was started with other settings')
  await reached.client.end()
  await stopServer(reached.pid, 'fast')
  return reach()
}

/** Connects to the server of the cluster as its owner, and starts one when none runs. */
async function connectOrLaunch(
  placement: Placement,
  settings: Readonly<Record<string, string>>,
  onProgress: (step: string) => void,
): Promise<Reached> {
  const began = performance.now()
  let nextProgress = began + PROGRESS_EVERY_MS
  let launches = 0
  let child: LaunchedServer | undefined
  for (;;) {
    const server = await findServer(placement)
    if (server?.ready) {
      const client = await connectOrJudge(placement, server.pid, onProgress)
      if (client) return { client, pid: server.pid, launched: server.pid === child?.pid }
    } else if (!server && (!child || child.exited)) {
      if (child) await judgeFailure(placement, child, launches)
      child = await launchServer(placement, settings)
      launches += 1
    }
    const now = performance.now()
    if (now - began > START_LIMIT_MS)
      throw new PostgresFailed(
        `PostgreSQL was not ready after ${START_LIMIT_MS / 1000} s`,
        await lastWords(placement, child),
      )
    if (now > nextProgress) {
      onProgress('waiting for PostgreSQL, which repairs its data after an abrupt end')
      nextProgress = now + PROGRESS_EVERY_MS
    }
    await sleep(10)
  }
}

/** Waits before another launch when it may help, and throws when not. */
async function judgeFailure(placement: Placement, child: LaunchedServer, launches: number): Promise<void> {
  const said = await lastWords(placement, child)
  if (/No space left on device|Disk quota exceeded/.test(said))
    throw new DirectoryUnusable(placement.dataDirectory, 'the disk is full; free some space and start again')
  // Another program launched first, or a server that was killed keeps its shared memory until its last child is gone.
  const passing = /lock file ".*" already exists|shared memory block .* is still in use/.test(said)
  if (!passing || launches === LAUNCHES)
    throw new PostgresFailed(`PostgreSQL does not start in ${placement.clusterDirectory}`, said)
  await sleep(25 * 2 ** launches)
}

// The server is there but takes no connection yet or any more: starting (57P03), stopping (57P01), or its socket is gone.
const passing = new Set(['57P01', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE'])

/** The owner's connection; undefined when it is worth another look. A server that does not answer is ended. */
async function connectOrJudge(
  placement: Placement,
  pid: number,
  onProgress: (step: string) => void,
): Promise<Client | undefined> {
  let client: Client
  try {
    client = await connectAdministrator(placement, 'postgres')
  } catch (error) {
    const code = codeOf(error)
    if (code !== undefined && code !== 'ENOENT' && passing.has(code)) return undefined
    // No answer, or no socket where ours should be: nobody is served by it, unless its owner still lives.
    const owner = await recordedOwner(placement)
    if (owner !== undefined) throw new DirectoryInUse(placement.dataDirectory, owner)
    onProgress('ending a PostgreSQL that was left running and does not answer')
    await stopServer(pid, 'immediate')
    return undefined
  }
  try {
    await takeOwnership(client, placement)
    return client
  } catch (error) {
    await client.end()
    if (passing.has(codeOf(error) ?? '')) return undefined
    throw error
  }
}

async function runsWith(client: Client, settings: Readonly<Record<string, string>>): Promise<boolean> {
  const { rows } = await client.query<{ fingerprint: string | null }>(
    `select current_setting('sallyport.fingerprint', true) as fingerprint`,
  )
  return rows[0]?.fingerprint === settings['sallyport.fingerprint']
}
