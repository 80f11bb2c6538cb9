import { join } from 'node:path'
import { embeddedStandby, type EmbeddedPostgres, startEmbeddedPostgres, toUrl } from '@sallyport/database'
import { partNames, type PartName } from '../settings/parts.ts'
import type { Settings } from '../settings/settings.ts'
import { databaseNode } from './database-node.ts'
import { followServerLog } from './server-log.ts'
import type { Member } from './member.ts'

/** The databases of a cluster. */
export interface DatabaseNodes {
  /** The servers that the cluster runs itself; none where every database is configured. */
  readonly members: readonly Member[]
  /**
   * Starts the primary, then the standbys.
   *
   * @throws {MemberFailed}
   */
  start(): Promise<void>
  /** The settings by which a part reaches its database, once the primary has been started. */
  urlsFor(part: PartName): Readonly<Record<string, string>>
  /** Has a standby made afresh whose files turned out to be damaged. Does nothing for a name that is not theirs. */
  renew(name: string): void
  /** Stops the standbys, then the primary, which would wait for them otherwise. */
  stop(): Promise<void>
}

interface NodeOptions {
  /** Told every line that the servers write, behind their names. */
  readonly write: (line: string) => void
  readonly onProgress: (step: string) => void
  readonly onChange: () => void
}

/** An embedded PostgreSQL with standbys (enrollment E-2, E-63) for all parts without a configured database. */
export async function openDatabaseNodes(
  settings: Settings,
  options: NodeOptions & { readonly standbys: number },
): Promise<DatabaseNodes> {
  const { dataDirectory, databaseUrls } = settings
  const own = partNames.filter((part) => databaseUrls[part] === undefined)
  const configured = (part: PartName): Record<string, string> => {
    const urls = databaseUrls[part]
    return urls ? named(part, { ...urls, replicas: part === 'identity' ? settings.identityReplicaUrls : [] }) : {}
  }
  if (own.length === 0) {
    const nothing = async (): Promise<void> => undefined
    return { members: [], urlsFor: configured, start: nothing, renew: () => undefined, stop: nothing }
  }

  // Standbys spread the reads of identity: where its database is configured, they are configured with it.
  const count = own.includes('identity') ? options.standbys : 0
  const primary = embeddedPrimary(dataDirectory, own, { ...options, hasStandbys: count > 0 })
  const names = Array.from({ length: count }, (_, index) => `secondary-${index + 1}`)
  const standbys = await Promise.all(names.map((name) => standbyNode(name, dataDirectory, options)))
  const logs = [
    followServerLog(join(dataDirectory, 'postgres.log'), 'primary', options.write),
    ...names.map((name) => followServerLog(join(dataDirectory, `${name}.log`), name, options.write)),
  ]
  return {
    members: [primary.node, ...standbys.map(({ node }) => node)],
    async start() {
      await primary.node.start()
      for (const { node } of standbys) await node.start()
    },
    urlsFor(part) {
      if (!own.includes(part)) return configured(part)
      return named(part, {
        ...primary.urls(part),
        replicas: part === 'identity' ? standbys.map(({ url }) => url) : [],
      })
    },
    renew: (name) => standbys.find(({ node }) => node.name === name)?.renew(),
    async stop() {
      for (const log of logs) log.stop()
      await Promise.all(standbys.map(({ node }) => node.stop()))
      await primary.node.stop()
    },
  }
}

function embeddedPrimary(
  dataDirectory: string,
  services: readonly PartName[],
  options: NodeOptions & { readonly hasStandbys: boolean },
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

interface StandbyNode {
  readonly node: Member
  /** How identity reads there. */
  readonly url: string
  renew(): void
}

async function standbyNode(
  name: string,
  dataDirectory: string,
  { onProgress, onChange }: NodeOptions,
): Promise<StandbyNode> {
  let lost: (error: Error) => void = () => undefined
  const standby = await embeddedStandby({
    dataDirectory,
    name,
    onProgress,
    onLost: (error) => lost(error),
    onRenewed: onChange,
  })
  const url = toUrl(standby.connection('identity'))
  const node = databaseNode({
    name,
    onProgress,
    onChange,
    url: () => url,
    // A copy under way may take long.
    interrupt: () => void standby.stop().catch(() => undefined),
    async start(onLost) {
      lost = onLost
      await standby.start()
      return standby
    },
  })
  return {
    node,
    url,
    renew() {
      if (standby.pid === undefined) return
      onProgress(`${name} is damaged and is made afresh`)
      standby
        .renew()
        .then(onChange, (error: unknown) => onProgress(`${name} could not be made afresh: ${String(error)}`))
    },
  }
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
