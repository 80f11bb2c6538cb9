import { join, resolve } from 'node:path'
import { portFinder } from '@sallyport/kernel'
import { writeAddresses, removeAddresses } from '../data-directory/addresses.ts'
import { type ProcessLock, takeProcessLock } from '../data-directory/process-lock.ts'
import { serviceKey } from '../data-directory/service-keys.ts'
import { partNames, type PartName } from '../settings/parts.ts'
import { InvalidSettings, type Settings } from '../settings/settings.ts'
import { takeOrders } from './control.ts'
import { openDatabaseNodes } from './database-nodes.ts'
import { type Member, MemberFailed } from './member.ts'
import { partProcess } from './part-process.ts'
import { environmentOf, type Instances, planParts, urlOf } from './plan.ts'
import { untilReady } from './until-ready.ts'

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
  /**
   * Resolves once every process works and all have heard of one another.
   *
   * @throws {InvalidSettings} @throws {DirectoryInUse} @throws {DirectoryUnusable} @throws {PostgresFailed} @throws {MemberFailed}
   */
  readonly opened: Promise<OpenCluster>
  /** Stops all of them in order, also in the middle of the start: the gateway, the services, the databases. */
  stop(): Promise<void>
}

export interface OpenCluster {
  readonly addresses: { readonly public: string; readonly admin: string }
  readonly members: readonly Member[]
}

/**
 * Starts every part as a process of its own, on an embedded PostgreSQL with standbys unless databases are configured. What
 * was started is stopped again when one of them does not come to work.
 */
export function startCluster(options: ClusterOptions): Cluster {
  const undo: (() => Promise<void>)[] = []
  const ending = new AbortController()
  const undoAll = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  const opening = open(options, undo, ending.signal)
  const opened = opening.catch(async (error: unknown) => {
    await undoAll()
    throw error
  })
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    ending.abort(new MemberFailed('the cluster was stopped'))
    await undoAll()
    // What was being made meanwhile has been told to end, or finds that it should.
    await opened.catch(() => undefined)
    await undoAll()
  }
  return { opened, stop: () => (stopped ??= stop()) }
}

async function open(options: ClusterOptions, undo: (() => Promise<void>)[], ending: AbortSignal): Promise<OpenCluster> {
  const { write, onProgress, instances } = options
  const dataDirectory = resolve(options.settings.dataDirectory)
  const lock = await takeDirectory(dataDirectory)
  undo.push(async () => lock.release())
  const findPort = portFinder(dataDirectory)
  const settings = await withPorts({ ...options.settings, dataDirectory }, findPort)
  const doors = doorsOf(settings)
  // Made before anybody needs them: the parts start all at once.
  for (const part of partNames) await serviceKey(dataDirectory, part)
  let members: readonly Member[] = []
  const recorder = recordWhereabouts(dataDirectory, doors, () => members)
  const onChange = (): void => recorder.changed()
  const nodes = await openDatabaseNodes(settings, { standbys: options.standbys, write, onProgress, onChange })
  undo.push(() => nodes.stop())
  ending.throwIfAborted()
  await nodes.start()
  const parts = await planParts(instances, findPort)
  const common = {
    environment: { ...options.environment, ...portSettings(settings) },
    dataDirectory,
    publicUrl: settings.publicUrl ?? localUrl(doors.public),
    databaseUrls: (part: PartName) => nodes.urlsFor(part),
  }
  const processes = parts.map((planned) =>
    partProcess({
      ...planned,
      url: planned.part === 'gateway' ? doors.public : urlOf(planned),
      environment: environmentOf(planned, parts, common),
      write,
      onChange,
      onDamage: (copy) => nodes.renew(copy),
    }),
  )
  members = [...nodes.members, ...processes]
  undo.push(() => stopInOrder(processes))
  ending.throwIfAborted()
  await Promise.all(
    processes.map(async (member) => {
      await member.start()
      onProgress(`${member.name} works`)
    }),
  )
  for (const name of await untilReady(parts, ending)) onProgress(`${name} is not ready, /health/ready tells why`)
  const orders = await takeOrders(dataDirectory, members)
  undo.push(() => orders.close())
  undo.push(() => recorder.end())
  await recorder.begin()
  ending.throwIfAborted()
  return { addresses: doors, members }
}

/** The gateway first, which finishes what is under way with the help of the others. */
async function stopInOrder(processes: readonly Member[]): Promise<void> {
  const isGateway = ({ name }: Member): boolean => name === 'gateway'
  const inOrder = [processes.filter(isGateway), processes.filter((member) => !isGateway(member))]
  for (const group of inOrder) await Promise.all(group.map((member) => member.stop()))
}

/** Keeps `addresses.json` true (design §6): doors, and every process with its id. */
function recordWhereabouts(
  dataDirectory: string,
  doors: OpenCluster['addresses'],
  members: () => readonly Member[],
): { begin(): Promise<void>; changed(): void; end(): Promise<void> } {
  // Before the doors answer, and after, there is nothing to write down.
  let isOpen = false
  let recording = Promise.resolve()
  const record = (): Promise<void> => {
    const instances = Object.fromEntries(members().map(({ name, url, pid }) => [name, { url, pid: pid ?? null }]))
    const written = recording.then(() => writeAddresses(dataDirectory, { ...doors, instances }))
    recording = written.catch(() => undefined)
    return written
  }
  return {
    async begin() {
      isOpen = true
      await record()
    },
    changed() {
      if (isOpen) record().catch(() => undefined)
    },
    async end() {
      isOpen = false
      await recording
      await removeAddresses(dataDirectory)
    },
  }
}

/** Of several clusters on one directory one runs, whatever databases they use; the right ends with its process. */
async function takeDirectory(dataDirectory: string): Promise<ProcessLock> {
  const lock = await takeProcessLock(join(dataDirectory, 'cluster.lock'), { waitMs: 0 })
  if (lock) return lock
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

function doorsOf({ host, publicPort, adminPort, tls }: Settings): OpenCluster['addresses'] {
  const base = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}`
  return { public: `${base}:${publicPort}`, admin: `${base}:${adminPort}` }
}

/** What people know the public door by as long as nobody has said otherwise. */
function localUrl(door: string): string {
  const url = new URL(door)
  url.hostname = 'localhost'
  return url.origin
}
