import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { SocketConnection } from '../connection.ts'
import { ensureCluster, removeUnfinishedClusters } from './cluster.ts'
import { DirectoryInUse, DirectoryUnusable, PostgresFailed, codeOf, usingDirectory } from './errors.ts'
import { connectAdministrator, recordedOwner, takeOwnership } from './ownership.ts'
import { type Placement, place } from './placement.ts'
import { type LaunchedServer, PORT, findServer, lastWords, launchServer, settingsOf, stopServer } from './server.ts'
import {
  type ServiceNames,
  closeCommonDatabases,
  ensureDatabase,
  ensureRoles,
  findIncomplete,
  grantDefaults,
  markComplete,
  namesOf,
} from './services.ts'

export interface EmbeddedPostgresOptions {
  /** SALLYPORT_DATA. The cluster lies in its `postgres`, the server's log beside it. */
  readonly dataDirectory: string
  /** Told in a sentence each what a start does that takes time or that the operator should know. */
  readonly onProgress?: (step: string) => void
  /** Called once when the database is lost while it is not being stopped: the program cannot go on. */
  readonly onLost?: (error: Error) => void
  /** More settings of PostgreSQL; `fsync: 'off'` also makes the cluster without waiting for the disk. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The PostgreSQL of this program, and the sole right to use its directory. */
export interface EmbeddedPostgres {
  /** `adopted`: the server had outlived an earlier program. */
  readonly origin: 'created' | 'started' | 'adopted'
  /** The server's process. */
  readonly pid: number
  /** How a service reaches its database: as `service` to work, as `owner` to migrate. */
  connection(service: string, role: 'owner' | 'service'): SocketConnection
  /** Makes the roles and the database of each service, when they are not there. */
  ensureServices(services: readonly string[]): Promise<void>
  /** Stops the server and waits until it is down; at most some 25 seconds. A second call waits for the first. */
  stop(): Promise<void>
}

const START_LIMIT_MS = 120_000
const LAUNCHES = 6
const PROGRESS_EVERY_MS = 5_000

/**
 * Starts the embedded PostgreSQL, or takes over the one an earlier program left running, and makes this program its
 * owner.
 * @throws DirectoryUnusable when the directory or its disk does not take the database.
 * @throws DirectoryInUse when another program owns the directory.
 * @throws PostgresFailed when PostgreSQL does not start; the message ends with its last words.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const onProgress = options.onProgress ?? (() => undefined)
  const placement = await place(options.dataDirectory, onProgress)
  const settings = settingsOf(placement, options.settings ?? {})
  const created = await ensureCluster(placement, { sync: options.settings?.['fsync'] !== 'off' })
  const reach = () => usingDirectory(placement.dataDirectory, () => reachServer(placement, settings, onProgress))
  let reached = await reach()
  if (!(await runsWith(reached.client, settings))) {
    onProgress('restarting the PostgreSQL that was left running, because it was started with other settings')
    await reached.client.end()
    await stopServer(reached.pid, 'fast')
    reached = await reach()
  }
  await removeUnfinishedClusters(placement)
  const { client, pid, launched } = reached

  let stopped: Promise<void> | undefined
  client.once('end', () => {
    if (!stopped) options.onLost?.(new PostgresFailed('the connection to the embedded PostgreSQL was lost'))
  })

  return {
    origin: created ? 'created' : launched ? 'started' : 'adopted',
    pid,
    connection(service, role) {
      const names = namesOf(service)
      return { host: placement.socketDirectory, port: PORT, user: names[role], database: names.database }
    },
    ensureServices: (services) =>
      usingDirectory(placement.dataDirectory, () => ensureServices(client, placement, services.map(namesOf))),
    async stop() {
      stopped ??= stopServer(pid, 'fast').then(() => client.end())
      await stopped
    },
  }
}

async function ensureServices(admin: Client, placement: Placement, services: readonly ServiceNames[]): Promise<void> {
  const missing = await findIncomplete(admin, services)
  if (missing.length > 0) await closeCommonDatabases(admin)
  for (const names of missing) {
    await ensureRoles(admin, names)
    await ensureDatabase(admin, names)
    const inside = await connectAdministrator(placement, names.database)
    try {
      await grantDefaults(inside, names)
    } finally {
      await inside.end()
    }
    await markComplete(admin, names)
  }
}

interface Reached {
  /** Holds the ownership. */
  readonly client: Client
  readonly pid: number
  readonly launched: boolean
}

/** Connects to the server of the cluster as its owner, and starts one when none runs. */
async function reachServer(
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
