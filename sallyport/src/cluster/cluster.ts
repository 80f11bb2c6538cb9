import { resolve } from 'node:path'
import { writeAddresses, removeAddresses } from '../data-directory/addresses.ts'
import { serviceKey } from '../data-directory/secrets.ts'
import { partNames, type PartName } from '../settings/parts.ts'
import { InvalidSettings, type Settings } from '../settings/settings.ts'
import { askForStatus, ClusterRefused, takeOrders } from './control.ts'
import { type DatabaseNodes, openDatabaseNodes } from './database-nodes.ts'
import type { Member } from './member.ts'
import { partProcess } from './part-process.ts'
import { environmentOf, type Instances, planParts, urlOf } from './plan.ts'
import { portFinder } from './ports.ts'

export interface ClusterOptions {
  readonly settings: Settings
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly instances: Instances
  /** How many standbys the embedded PostgreSQL has. */
  readonly standbys: number
  /** Told every line that any process writes, behind its name. */
  readonly write: (line: string) => void
  /** Told in a sentence each what takes time. */
  readonly onProgress: (step: string) => void
}

/** Many processes, run from one. */
export interface Cluster {
  readonly addresses: { readonly public: string; readonly admin: string }
  readonly members: readonly Member[]
  /** Stops all of them in order: the gateway, the services, the databases. */
  stop(): Promise<void>
}

/**
 * Starts every part as a process of its own, on an embedded PostgreSQL with standbys unless databases are configured.
 *
 * @throws {InvalidSettings} @throws {DirectoryInUse} @throws {DirectoryUnusable} @throws {PostgresFailed} @throws {MemberFailed}
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { write, onProgress, instances } = options
  await refuseSecondCluster(options.settings.dataDirectory)
  const dataDirectory = resolve(options.settings.dataDirectory)
  const findPort = portFinder(dataDirectory)
  const settings = await withPorts(options.settings, findPort)
  const { host } = settings
  const doors = doorsOf(settings)
  const publicUrl = settings.publicUrl ?? localUrl(doors.public)
  // Made before anybody needs them: the parts start all at once.
  for (const part of partNames) await serviceKey(dataDirectory, part)
  let members: readonly Member[] = []
  const recorder = recordWhereabouts(dataDirectory, doors, () => members)
  const nodes = await openDatabaseNodes(settings, {
    standbys: options.standbys,
    onProgress,
    onChange: () => recorder.changed(),
  })
  try {
    const parts = await planParts(instances, findPort)
    const common = {
      environment: { ...options.environment, ...portSettings(settings) },
      dataDirectory,
      publicUrl,
      host,
      databaseUrls: (part: PartName) => nodes.urlsFor(part),
    }
    const processes = parts.map((planned) =>
      partProcess({
        ...planned,
        url: planned.part === 'gateway' ? doors.public : urlOf(planned, common),
        environment: environmentOf(planned, parts, common),
        write,
        onChange: () => recorder.changed(),
      }),
    )
    members = [...nodes.members, ...processes]
    const orders = await takeOrders(dataDirectory, members)
    const stop = stopping({ processes, nodes, orders, recorder })
    try {
      await Promise.all(
        processes.map(async (member) => {
          await member.start()
          onProgress(`${member.name} works`)
        }),
      )
    } catch (error) {
      await stop()
      throw error
    }
    await recorder.begin()
    return { addresses: doors, members, stop }
  } catch (error) {
    await nodes.stop()
    throw error
  }
}

function stopping(parts: {
  readonly processes: readonly Member[]
  readonly nodes: DatabaseNodes
  readonly orders: { close(): Promise<void> }
  readonly recorder: { end(): Promise<void> }
}): () => Promise<void> {
  const { processes, nodes, orders, recorder } = parts
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await recorder.end()
    await orders.close()
    const isDoor = ({ name }: Member): boolean => name === 'gateway'
    const inOrder = [processes.filter(isDoor), processes.filter((member) => !isDoor(member))]
    for (const group of inOrder) await Promise.all(group.map((member) => member.stop()))
    await nodes.stop()
  }
  return () => (stopped ??= stop())
}

/** Keeps `addresses.json` true (design §6): doors, and every process with its id. */
function recordWhereabouts(
  dataDirectory: string,
  doors: Cluster['addresses'],
  members: () => readonly Member[],
): { begin(): Promise<void>; changed(): void; end(): Promise<void> } {
  let writing: Promise<void> | undefined
  let recording = Promise.resolve()
  const record = (): void => {
    const instances = Object.fromEntries(members().map(({ name, url, pid }) => [name, { url, pid: pid ?? null }]))
    recording = recording.then(() => writeAddresses(dataDirectory, { ...doors, instances })).catch(() => undefined)
    writing = recording
  }
  return {
    async begin() {
      record()
      await recording
    },
    changed() {
      // Before the doors answer there is nothing to write down.
      if (writing) record()
    },
    async end() {
      await writing
      writing = undefined
      await removeAddresses(dataDirectory)
    },
  }
}

async function refuseSecondCluster(dataDirectory: string): Promise<void> {
  try {
    await askForStatus(dataDirectory)
  } catch (error) {
    if (error instanceof ClusterRefused) return
    throw error
  }
  throw new InvalidSettings(`a cluster runs on ${dataDirectory} already; SALLYPORT_DATA names another directory`)
}

/** A gateway that is started again comes back where it was, so the ports of its doors are settled before. */
async function withPorts(settings: Settings, findPort: () => Promise<number>): Promise<Settings> {
  return {
    ...settings,
    publicPort: settings.publicPort === 0 ? await findPort() : settings.publicPort,
    adminPort: settings.adminPort === 0 ? await findPort() : settings.adminPort,
  }
}

function portSettings({ publicPort, adminPort }: Settings): Record<string, string> {
  return { SALLYPORT_PUBLIC_PORT: String(publicPort), SALLYPORT_ADMIN_PORT: String(adminPort) }
}

function doorsOf({ host, publicPort, adminPort, tls }: Settings): Cluster['addresses'] {
  const base = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}`
  return { public: `${base}:${publicPort}`, admin: `${base}:${adminPort}` }
}

/** What people know the public door by as long as nobody has said otherwise. */
function localUrl(door: string): string {
  const url = new URL(door)
  url.hostname = 'localhost'
  return url.origin
}
