import {
  type EmbeddedPostgres,
  migrate,
  openDatabase,
  type PostgresConnection,
  type ServiceDatabase,
  startEmbeddedPostgres,
} from '@sallyport/database'
import * as gacha from '@sallyport/gacha'
import * as identity from '@sallyport/identity'
import * as wallet from '@sallyport/wallet'
import { databaseServices, type DatabaseService, type Settings } from './settings.ts'

/** The folders of the migrations, by service. */
const migrations: Readonly<Record<DatabaseService, string>> = {
  identity: identity.migrations,
  wallet: wallet.migrations,
  gacha: gacha.migrations,
}

/** The databases of the services: those of the settings, and for all others an embedded PostgreSQL. */
export interface Databases {
  /** The embedded server, when one was needed. */
  readonly embedded: EmbeddedPostgres | undefined
  /** Brings a service's database up to date; returns the names of the migrations that were applied. */
  migrate(service: DatabaseService): Promise<string[]>
  open<Tables>(service: DatabaseService): ServiceDatabase<Tables>
  /** Closes what was opened, and stops the embedded server. */
  stop(): Promise<void>
}

/** @throws {DirectoryInUse} @throws {DirectoryUnusable} @throws {PostgresFailed} */
export async function openDatabases(
  settings: Settings,
  hooks: { readonly onProgress: (step: string) => void; readonly onLost: (error: Error) => void },
): Promise<Databases> {
  const { dataDirectory, databaseUrls } = settings
  const own = databaseServices.filter((service) => databaseUrls[service] === undefined)
  const embedded = own.length > 0 ? await startEmbeddedPostgres({ dataDirectory, ...hooks }) : undefined
  await embedded?.ensureServices(own)

  const opened: { close(): Promise<void> }[] = []
  const connection = (service: DatabaseService, role: 'owner' | 'service'): PostgresConnection => {
    const urls = databaseUrls[service]
    if (urls) return { url: urls[role] }
    if (!embedded) throw new TypeError(`there is no database for ${service}`)
    return embedded.connection(service, role)
  }

  return {
    embedded,
    migrate: (service) => migrate({ service, connection: connection(service, 'owner'), folder: migrations[service] }),
    open<Tables>(service: DatabaseService) {
      const database = openDatabase<Tables>({ service, connection: connection(service, 'service') })
      opened.push(database)
      return database
    },
    async stop() {
      await Promise.all(opened.map((database) => database.close()))
      await embedded?.stop()
    },
  }
}
