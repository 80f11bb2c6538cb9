import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeDataDirectory } from './data-directory.ts'
import { hasEnded, launch, untilOpen } from './program.ts'

/** A process of the cluster, as `addresses.json` shows it. */
export interface Whereabouts {
  readonly url: string
  readonly pid: number | null
}

export interface ClusterAddresses {
  readonly public: string
  readonly admin: string
  readonly instances: Readonly<Record<string, Whereabouts>>
}

/** `sallyport cluster` as an operator starts it, in a directory of its own. */
export interface Cluster {
  readonly dataDirectory: string
  /** The public door. */
  readonly door: string
  readonly adminDoor: string
  /** What `addresses.json` says now. */
  addresses(): Promise<ClusterAddresses>
  /** The process of a member that runs. */
  pidOf(name: string): Promise<number>
  urlOf(name: string): Promise<string>
  /** Everything that was written so far, by the cluster and all its processes. */
  output(): string
  /** `sallyport cluster …` in another terminal. */
  say(...words: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>
  stopMember(name: string): Promise<void>
  startMember(name: string): Promise<void>
  /** `kill -9`; the cluster starts it again. Resolves with the process that was killed. */
  killMember(name: string): Promise<number>
  /** Stops a member's processes where they are, as when its machine stands still. */
  suspend(name: string): Promise<void>
  resume(name: string): Promise<void>
  /** `kill -9` of the cluster alone. */
  kill(): Promise<void>
  /** Starts it after it was killed. */
  startAgain(): Promise<void>
  /** Ends everything, whatever state a test has left it in, and removes what was written. */
  stop(): Promise<void>
}

const execute = promisify(execFile)

/** Eleven processes take longer than one. */
const startLimitMs = 90_000

export const administratorPassword = 'Front-Door-8180!'

/** Starts a cluster on free ports and waits until it is open. */
export async function startCluster(settings: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const dataDirectory = await makeDataDirectory()
  const environment = {
    SALLYPORT_DATA: dataDirectory,
    SALLYPORT_PUBLIC_PORT: '0',
    SALLYPORT_ADMIN_PORT: '0',
    SALLYPORT_ADMIN_PASSWORD: administratorPassword,
    ...settings,
  }
  const said: string[] = []
  const suspended = new Map<string, readonly number[]>()
  let running = launch(['cluster'], environment)

  async function addresses(): Promise<ClusterAddresses> {
    return parse(await readFile(join(dataDirectory, 'addresses.json'), 'utf8'))
  }

  async function find(name: string): Promise<Whereabouts> {
    const found = (await addresses()).instances[name]
    if (!found) throw new Error(`there is no ${name}`)
    return found
  }

  async function pidOf(name: string): Promise<number> {
    const { pid } = await find(name)
    if (pid === null) throw new Error(`${name} does not run`)
    return pid
  }

  async function say(...words: readonly string[]) {
    const other = launch(['cluster', ...words], { SALLYPORT_DATA: dataDirectory })
    return { code: await other.ended(), output: other.output() }
  }

  /** What `sallyport cluster stop NAME` does, without the second that a program takes to start. */
  async function move(action: 'stop' | 'start', name: string): Promise<void> {
    const { url, token }: Record<string, unknown> = JSON.parse(
      await readFile(join(dataDirectory, 'cluster.json'), 'utf8'),
    )
    const order = `${String(url)}/members/${name}/${action}`
    const reply = await fetch(order, { method: 'POST', headers: { authorization: `Bearer ${String(token)}` } })
    const answer = await reply.text()
    if (!reply.ok) throw new Error(`${name} could not be moved: ${answer}`)
  }

  async function resume(name: string): Promise<void> {
    for (const pid of suspended.get(name) ?? []) signal(pid, 'SIGCONT')
    suspended.delete(name)
  }

  async function kill(): Promise<void> {
    await running.end('SIGKILL')
    said.push(running.output())
  }

  async function startAgain(): Promise<void> {
    running = launch(['cluster'], environment)
    await untilOpen(running, startLimitMs)
  }

  async function stop(): Promise<void> {
    await Promise.all([...suspended.keys()].map(resume))
    // What a cluster that was killed has left running is taken over by the next one, which ends it in order.
    if (hasEnded(running)) await startAgain()
    await running.end('SIGINT')
    await rm(dataDirectory, { recursive: true, force: true })
  }

  try {
    await untilOpen(running, startLimitMs)
  } catch (error) {
    await running.end('SIGINT')
    await rm(dataDirectory, { recursive: true, force: true })
    throw error
  }
  const doors = await addresses()
  return {
    dataDirectory,
    door: doors.public,
    adminDoor: doors.admin,
    addresses,
    pidOf,
    urlOf: async (name) => (await find(name)).url,
    output: () => [...said, hasEnded(running) ? '' : running.output()].join(''),
    say,
    stopMember: (name) => move('stop', name),
    startMember: (name) => move('start', name),
    async killMember(name) {
      const pid = await pidOf(name)
      process.kill(pid, 'SIGKILL')
      return pid
    },
    async suspend(name) {
      const pids = await family(await pidOf(name))
      suspended.set(name, pids)
      for (const pid of pids) signal(pid, 'SIGSTOP')
    },
    resume,
    kill,
    startAgain,
    stop,
  }
}

/** A process and those that it has started, as a PostgreSQL server is made of. */
async function family(pid: number): Promise<readonly number[]> {
  const { stdout } = await execute('ps', ['-e', '-o', 'pid=,ppid='])
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return [pid, ...pairs.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []))]
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // One that has ended meanwhile is not missed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Whether a process still runs. One that has ended and that nobody has asked about yet does not. */
export async function isAlive(pid: number | null | undefined): Promise<boolean> {
  if (typeof pid !== 'number') return false
  const { stdout } = await execute('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return /^[^Z\s]/.test(stdout.trim())
}

function parse(text: string): ClusterAddresses {
  const found: unknown = JSON.parse(text)
  const { public: publicDoor, admin, instances }: Record<string, unknown> = Object(found)
  if (typeof publicDoor !== 'string' || typeof admin !== 'string') throw new TypeError('addresses.json names no doors')
  return { public: publicDoor, admin, instances: Object.fromEntries(Object.entries(Object(instances)).map(toEntry)) }
}

function toEntry([name, value]: [string, unknown]): [string, Whereabouts] {
  const { url, pid }: Record<string, unknown> = Object(value)
  if (typeof url !== 'string' || !(typeof pid === 'number' || pid === null))
    throw new TypeError(`addresses.json says nothing of ${name}`)
  return [name, { url, pid }]
}
