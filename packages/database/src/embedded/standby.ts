import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import type { SocketConnection } from '../connection.ts'
import { cloneCluster } from './clone.ts'
import { readIfThere, removeUnfinishedClusters } from './cluster.ts'
import { PostgresFailed } from './errors.ts'
import { connectAdministrator } from './ownership.ts'
import { type Placement, place, placeStandby } from './placement.ts'
import { reachServer } from './reach.ts'
import { PORT, settingsOf, stopServer } from './server.ts'
import { namesOf } from './services.ts'

export interface EmbeddedStandbyOptions {
  /** SALLYPORT_DATA, as of the primary. */
  readonly dataDirectory: string
  /** `secondary-1` and so on; its directories and its log are named so. */
  readonly name: string
  /** Told in a sentence each what takes time or the operator should know. */
  readonly onProgress?: (step: string) => void
  /** Called when the server is lost while it is not being stopped; it can be started again. */
  readonly onLost?: (error: Error) => void
  /** Called when a server that was made afresh has taken its place: another process. */
  readonly onRenewed?: () => void
  /** More settings of PostgreSQL; those of the primary that bound connections and the like must not be lower here. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A streaming standby of the embedded PostgreSQL: a server of its own with a full copy, for reading alone. */
export interface EmbeddedStandby {
  readonly name: string
  /** The server's process while it runs. Another one after it was made afresh. */
  readonly pid: number | undefined
  /** How a service reads its database here; also to be had while it does not run. */
  connection(service: string): SocketConnection
  /**
   * Starts the server, or takes over one that an earlier program left running. It goes on from where it was; a copy that
   * is not there, damaged or too far behind is made of the primary, which must run for that.
   * @throws DirectoryUnusable, DirectoryInUse, PostgresFailed; an `AbortError` when it is stopped before
   */
  start(): Promise<'cloned' | 'started' | 'adopted'>
  /** Makes the copy afresh, as when something in it turned out to be damaged. It is read meanwhile. */
  renew(): Promise<void>
  /** Stops the server and waits until it is down. It is stopped before the primary, which would wait for it otherwise. */
  stop(): Promise<void>
}

const WATCH_EVERY_MS = 1_000
/** So often in a row it must be seen without a connection to the primary before anybody asks why. */
const CUT_OFF_SIGHTINGS = 2

/** Finds the place of a standby. Nothing is started yet. */
export async function embeddedStandby(options: EmbeddedStandbyOptions): Promise<EmbeddedStandby> {
  const { name, dataDirectory, onProgress = () => undefined } = options
  if (!/^secondary-[1-9][0-9]?$/.test(name)) throw new TypeError(`"${name}" cannot be the name of a standby`)
  const primary = await place(dataDirectory, onProgress)
  return new StreamingStandby({ ...options, onProgress }, primary, await placeStandby(primary, name))
}

class StreamingStandby implements EmbeddedStandby {
  readonly name: string
  readonly #options: EmbeddedStandbyOptions & { readonly onProgress: (step: string) => void }
  readonly #primary: Placement
  readonly #placement: Placement
  readonly #settings: Readonly<Record<string, string>>
  #running: { readonly pid: number; readonly client: Client } | undefined
  #watch: NodeJS.Timeout | undefined
  #sightings = 0
  #isLooking = false
  #ending = new AbortController()
  /** What is done with the server is done one after another. */
  #work: Promise<unknown> = Promise.resolve()

  constructor(
    options: EmbeddedStandbyOptions & { readonly onProgress: (step: string) => void },
    primary: Placement,
    placement: Placement,
  ) {
    this.#options = options
    this.name = options.name
    this.#primary = primary
    this.#placement = placement
    this.#settings = settingsOf(placement, {
      shared_buffers: '64MB',
      ...options.settings,
      primary_conninfo: `host=${primary.socketDirectory} port=${PORT} user=postgres application_name=${options.name}`,
      // A primary that comes back is found within a moment.
      wal_retrieve_retry_interval: '200ms',
      wal_receiver_timeout: '5s',
      // Reads are short: what the log says is not kept waiting for one that is not.
      max_standby_streaming_delay: '1s',
    })
  }

  get pid(): number | undefined {
    return this.#running?.pid
  }

  connection(service: string): SocketConnection {
    const names = namesOf(service)
    return { host: this.#placement.socketDirectory, port: PORT, user: names.service, database: names.database }
  }

  async start(): Promise<'cloned' | 'started' | 'adopted'> {
    return this.#afterwards(() => {
      this.#ending = new AbortController()
      return this.#start()
    })
  }

  async renew(): Promise<void> {
    await this.#afterwards(() => this.#renew())
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch)
    // Whoever stops does not wait for a copy to be made.
    this.#ending.abort()
    await this.#afterwards(() => this.#stop())
  }

  async #start(): Promise<'cloned' | 'started' | 'adopted'> {
    if (this.#running) return 'adopted'
    const wasThere = await isStandby(this.#placement)
    if (!wasThere) await this.#clone()
    const launched = await this.#reach().catch(async (error: unknown) => {
      if (!(error instanceof PostgresFailed) || !wasThere) throw error
      this.#options.onProgress(`${this.name} does not start and is made afresh; ${error.message}`)
      await this.#clone()
      await this.#reach()
      return 'cloned' as const
    })
    await removeUnfinishedClusters(this.#placement)
    this.#sightings = 0
    this.#watch = setInterval(() => void this.#look(), WATCH_EVERY_MS)
    this.#watch.unref()
    return wasThere ? launched : 'cloned'
  }

  async #reach(): Promise<'started' | 'adopted'> {
    const { client, pid, launched } = await reachServer(this.#placement, this.#settings, this.#options.onProgress)
    this.#running = { client, pid }
    client.once('end', () => {
      if (this.#running?.client !== client) return
      this.#running = undefined
      clearInterval(this.#watch)
      this.#options.onLost?.(new PostgresFailed(`the connection to ${this.name} was lost`))
    })
    return launched ? 'started' : 'adopted'
  }

  async #renew(): Promise<void> {
    try {
      await this.#clone()
      await this.#reach()
    } catch (error) {
      // The server that ran was stopped for the new one: whoever looks after it has to start it.
      if (!this.#running && !this.#ending.signal.aborted) {
        clearInterval(this.#watch)
        this.#options.onLost?.(new PostgresFailed(`${this.name} could not be made afresh: ${String(error)}`))
      }
      throw error
    }
    this.#sightings = 0
    this.#options.onRenewed?.()
  }

  async #stop(): Promise<void> {
    const running = this.#running
    if (!running) return
    this.#running = undefined
    await stopServer(running.pid, 'fast')
    await running.client.end()
  }

  async #clone(): Promise<void> {
    await cloneCluster({
      primary: this.#primary,
      standby: this.#placement,
      sync: this.#options.settings?.['fsync'] !== 'off',
      onProgress: this.#options.onProgress,
      signal: this.#ending.signal,
      beforeReplacing: () => this.#stop(),
    })
  }

  /** Looks whether the primary is followed, and makes the copy afresh when it can never be again (enrollment E-67). */
  async #look(): Promise<void> {
    // A server that hangs keeps its answer back; nothing else waits for it.
    if (!this.#running || this.#isLooking) return
    const { client } = this.#running
    this.#isLooking = true
    try {
      const position = await unfollowedPosition(client)
      this.#sightings = position === undefined ? 0 : this.#sightings + 1
      if (position === undefined || this.#sightings < CUT_OFF_SIGHTINGS) return
      const why = await whyCutOff(this.#primary, position)
      if (why === undefined) return
      await this.#afterwards(async () => {
        // It may have been stopped meanwhile.
        if (this.#running?.client !== client) return
        this.#options.onProgress(`${this.name} is made afresh, because ${why}`)
        await this.#renew()
      })
    } catch (error) {
      // The primary went away in the middle, or the standby itself did: the next look, or who started it, will see.
      if (this.#running) this.#options.onProgress(`${this.name} could not be looked after: ${String(error)}`)
    } finally {
      this.#isLooking = false
    }
  }

  async #afterwards<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#work.then(step)
    this.#work = result.catch(() => undefined)
    return result
  }
}

/** Whether a complete copy is there that will start as a standby and not as a second primary. */
async function isStandby({ clusterDirectory, binaries }: Placement): Promise<boolean> {
  const version = await readIfThere(join(clusterDirectory, 'PG_VERSION'))
  if (version?.trim() !== binaries.major) return false
  return access(join(clusterDirectory, 'standby.signal')).then(
    () => true,
    () => false,
  )
}

interface StandbyPosition {
  readonly cluster: string
  readonly lsn: string
}

/** Where the standby is when it does not follow the primary; undefined when it does. */
async function unfollowedPosition(client: Client): Promise<StandbyPosition | undefined> {
  const { rows } = await client.query<StandbyPosition>(
    `select system_identifier::text as cluster,
       greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as lsn
     from pg_control_system()
     where not exists (select from pg_stat_wal_receiver where status = 'streaming')`,
  )
  return rows[0]
}

/** Why a standby at this position can never follow the primary again; undefined when it can, or nobody knows. */
async function whyCutOff(primary: Placement, { cluster, lsn }: StandbyPosition): Promise<string | undefined> {
  const client = await connectAdministrator(primary, 'postgres').catch(() => undefined)
  // The primary is down: it will be followed when it is back.
  if (!client) return undefined
  try {
    const { rows } = await client.query<{ foreign: boolean; gone: boolean; ahead: boolean }>(
      `select system_identifier::text <> $1 as foreign,
         pg_walfile_name($2::pg_lsn) < (select min(name) from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$') as gone,
         $2::pg_lsn > pg_current_wal_flush_lsn() as ahead
       from pg_control_system()`,
      [cluster, lsn],
    )
    if (rows[0]?.foreign) return 'it is a copy of another database'
    if (rows[0]?.gone) return 'the primary no longer has the log it would go on from'
    if (rows[0]?.ahead) return 'it has what the primary has lost'
    return undefined
  } finally {
    await client.end()
  }
}
