import {
  type BesidePostgres,
  type EmbeddedPostgres,
  keepStandbys,
  type KeptStandbys,
  migrate,
  openDatabase,
  openReplicas,
  type PostgresConnection,
  type Replicas,
  type ServiceDatabase,
  startEmbeddedPostgres,
  useEmbeddedPostgres,
} from '@sallyport/database'
import type { Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { reportDamage } from './cluster/part-messages.ts'
import { reportReplicas } from './replica-reports.ts'
import { partNames, type PartName } from './settings/parts.ts'
import { type Settings } from './settings/settings.ts'

/** The parts, which know the folders of their migrations. They are loaded by whoever migrates: tasks do not. */
const parts: Readonly<Record<PartName, () => Promise<{ readonly migrations: string }>>> = {
  identity: () => import('@sallyport/identity'),
  wallet: () => import('@sallyport/wallet'),
  gacha: () => import('@sallyport/gacha'),
  auction: () => import('@sallyport/auction'),
  gateway: () => import('@sallyport/gateway'),
  enrollment: () => import('@sallyport/enrollment'),
  pictures: () => import('@sallyport/pictures'),
}

/** The databases of the parts: those of the settings, and for all others an embedded PostgreSQL. */
export interface Databases {
  /** The embedded server, when one was needed. */
  readonly embedded: EmbeddedPostgres | undefined
  /** Brings a part's database up to date; returns the names of the migrations that were applied. */
  migrate(service: PartName): Promise<string[]>
  open<Tables>(service: PartName, options?: { readonly statementTimeoutMs: number }): ServiceDatabase<Tables>
  /** The copies of identity's database, over which its sign-ins are spread. */
  openReplicas<Tables>(reports: { readonly metrics: Metrics; readonly log: Logger }): Replicas<Tables>
  /** Closes what was opened, and stops the embedded servers. */
  stop(): Promise<void>
}

/** The way to the databases for an operator's task, also while the program runs. */
export async function reachDatabases(settings: Settings): Promise<Pick<Databases, 'open' | 'stop'>> {
  const { dataDirectory, databaseUrls } = settings
  const own = partNames.some((service) => databaseUrls[service] === undefined)
  const embedded = own ? await useEmbeddedPostgres({ dataDirectory, hasStandbys: settings.standbys > 0 }) : undefined
  return opener(settings, embedded, undefined)
}

/** @throws {DirectoryInUse} @throws {DirectoryUnusable} @throws {PostgresFailed} */
export async function openDatabases(
  settings: Settings,
  hooks: { readonly onProgress: (step: string) => void; readonly onLost: (error: Error) => void },
): Promise<Databases> {
  const { dataDirectory, databaseUrls } = settings
  const own = partNames.filter((service) => databaseUrls[service] === undefined)
  const hasStandbys = settings.standbys > 0
  const embedded = own.length > 0 ? await startEmbeddedPostgres({ dataDirectory, hasStandbys, ...hooks }) : undefined
  await embedded?.ensureServices(own)
  const { onProgress } = hooks
  const standbys =
    embedded && hasStandbys ? await keepStandbys({ dataDirectory, count: settings.standbys, onProgress }) : undefined

  return {
    embedded,
    async migrate(service) {
      const { migrations: folder } = await parts[service]()
      return migrate({ service, connection: connectionOf(settings, embedded, service, 'owner'), folder })
    },
    ...opener(settings, embedded, standbys),
  }
}

function opener(
  settings: Settings,
  embedded: BesidePostgres | undefined,
  standbys: KeptStandbys | undefined,
): Pick<Databases, 'open' | 'openReplicas' | 'stop'> {
  const opened: { close(): Promise<void> }[] = []
  // Standbys that this process does not run are looked after by the cluster that has started it, if one has.
  const renew = (name: string): void => (standbys ? standbys.renew(name) : reportDamage(name))
  return {
    open<Tables>(service: PartName, options?: { readonly statementTimeoutMs: number }) {
      const connection = connectionOf(settings, embedded, service, 'service')
      const database = openDatabase<Tables>({ service, connection, ...options })
      opened.push(database)
      return database
    },
    openReplicas<Tables>(reports: { readonly metrics: Metrics; readonly log: Logger }) {
      const { onRead, onChange } = reportReplicas(reports)
      const replicas = openReplicas<Tables>({
        service: 'identity',
        primary: connectionOf(settings, embedded, 'identity', 'service'),
        standbys: standbys?.connections('identity') ?? settings.identityReplicaUrls.map((url) => ({ url })),
        onRead,
        onChange(change) {
          if (change.isDamaged) renew(change.name)
          onChange(change)
        },
      })
      opened.push(replicas)
      return replicas
    },
    async stop() {
      await Promise.all(opened.map((database) => database.close()))
      await standbys?.stop()
      await embedded?.stop()
    },
  }
}

function connectionOf(
  { databaseUrls }: Settings,
  embedded: BesidePostgres | undefined,
  service: PartName,
  role: 'owner' | 'service',
): PostgresConnection {
  const urls = databaseUrls[service]
  if (urls) return { url: urls[role] }
  if (!embedded) throw new TypeError(`there is no database for ${service}`)
  return embedded.connection(service, role)
}
