import { embeddedStandby, type EmbeddedPostgres, startEmbeddedPostgres, toUrl } from '@sallyport/database'
import { partNames, type PartName } from '../settings/parts.ts'
import type { Settings } from '../settings/settings.ts'
import { databaseNode } from './database-node.ts'
import type { Member } from './member.ts'

/** The databases of a cluster. */
export interface DatabaseNodes {
  /** The servers that the cluster runs itself; none where every database is configured. */
  readonly members: readonly Member[]
  /** The settings by which a service reaches its database. */
  urlsFor(service: PartName): Readonly<Record<string, string>>
  /** Stops the standbys, then the primary, which would wait for them otherwise. */
  stop(): Promise<void>
}

/**
 * Starts an embedded PostgreSQL with standbys (enrollment E-2, E-63) for all services without a configured database.
 *
 * @throws {DirectoryInUse} @throws {DirectoryUnusable} @throws {PostgresFailed}
 */
export async function openDatabaseNodes(
  settings: Settings,
  options: {
    readonly standbys: number
    readonly onProgress: (step: string) => void
    readonly onChange: () => void
  },
): Promise<DatabaseNodes> {
  const { dataDirectory, databaseUrls } = settings
  const own = partNames.filter((service) => databaseUrls[service] === undefined)
  const configured = (service: PartName): Record<string, string> => {
    const urls = databaseUrls[service]
    return urls ? named(service, { ...urls, replicas: service === 'identity' ? settings.identityReplicaUrls : [] }) : {}
  }
  if (own.length === 0) return { members: [], urlsFor: configured, stop: async () => undefined }

  // Standbys spread the reads of identity: where its database is configured, they are configured with it.
  const count = own.includes('identity') ? options.standbys : 0
  const primary = embeddedPrimary(dataDirectory, own, { ...options, hasStandbys: count > 0 })
  const nodes = [primary.node]
  const replicas: string[] = []
  const stop = async (): Promise<void> => {
    const [first, ...standbys] = nodes
    await Promise.all(standbys.map((standby) => standby.stop()))
    await first?.stop()
  }
  try {
    await primary.node.start()
    for (let number = 1; number <= count; number += 1) {
      const { node, url } = await standbyNode(`secondary-${number}`, dataDirectory, options)
      nodes.push(node)
      replicas.push(url)
      await node.start()
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    members: nodes,
    urlsFor(service) {
      if (!own.includes(service)) return configured(service)
      return named(service, { ...primary.urls(service), replicas: service === 'identity' ? replicas : [] })
    },
    stop,
  }
}

function embeddedPrimary(
  dataDirectory: string,
  services: readonly PartName[],
  options: {
    readonly hasStandbys: boolean
    readonly onProgress: (step: string) => void
    readonly onChange: () => void
  },
) {
  let connection: EmbeddedPostgres['connection'] | undefined
  const urlOf = (service: PartName, role: 'owner' | 'service'): string =>
    connection ? toUrl(connection(service, role)) : ''
  return {
    node: databaseNode({
      ...options,
      name: 'primary',
      url: () => urlOf('identity', 'service'),
      async start(onLost) {
        const { hasStandbys, onProgress } = options
        const postgres = await startEmbeddedPostgres({ dataDirectory, hasStandbys, onProgress, onLost })
        connection = (service, role) => postgres.connection(service, role)
        await postgres.ensureServices(services)
        return postgres
      },
    }),
    urls: (service: PartName) => ({ service: urlOf(service, 'service'), owner: urlOf(service, 'owner') }),
  }
}

async function standbyNode(
  name: string,
  dataDirectory: string,
  options: { readonly onProgress: (step: string) => void; readonly onChange: () => void },
): Promise<{ readonly node: Member; readonly url: string }> {
  let lost: (error: Error) => void = () => undefined
  const { onProgress } = options
  const standby = await embeddedStandby({ dataDirectory, name, onProgress, onLost: (error) => lost(error) })
  const url = toUrl(standby.connection('identity'))
  const node = databaseNode({
    ...options,
    name,
    url: () => url,
    async start(onLost) {
      lost = onLost
      await standby.start()
      return standby
    },
  })
  return { node, url }
}

function named(
  service: PartName,
  urls: { readonly service: string; readonly owner: string; readonly replicas: readonly string[] },
): Record<string, string> {
  const name = `DATABASE_URL_${service.toUpperCase()}`
  return {
    [name]: urls.service,
    [`${name}_OWNER`]: urls.owner,
    ...(urls.replicas.length > 0 && { [`${name}_REPLICAS`]: urls.replicas.join() }),
  }
}
