import type { Client } from 'pg'
import type { SocketConnection } from '../connection.ts'
import { ensureCluster, removeUnfinishedClusters } from './cluster.ts'
import { PostgresFailed, usingDirectory } from './errors.ts'
import { connectAdministrator } from './ownership.ts'
import { type Placement, place } from './placement.ts'
import { reachServer } from './reach.ts'
import { PORT, settingsOf, stopServer } from './server.ts'
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
  /** Whether it will have standbys: it keeps its log for them. */
  readonly hasStandbys?: boolean
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

/** Everything else that standbys need of a primary PostgreSQL does by default. */
const standbySettings = {
  // A standby that was away for longer is made afresh. (A replication slot would keep the log for one that never returns.)
  wal_keep_size: '512MB',
  // One that hangs does not keep the primary from stopping.
  wal_sender_timeout: '5s',
}

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
  const settings = settingsOf(placement, { ...(options.hasStandbys && standbySettings), ...options.settings })
  const created = await ensureCluster(placement, { sync: options.settings?.['fsync'] !== 'off' })
  const { client, pid, launched } = await reachServer(placement, settings, onProgress)
  await removeUnfinishedClusters(placement)

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
