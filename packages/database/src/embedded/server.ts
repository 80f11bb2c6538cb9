import { spawn } from 'node:child_process'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PostgresFailed } from './errors.ts'
import type { Placement } from './placement.ts'
import { isAlive, servesCluster, signal, waitForExit } from './process.ts'
import { plainEnvironment } from './run.ts'

/** The only port; it is no more than a part of the socket's name. */
export const PORT = 5432

const LOG_LIMIT_BYTES = 1_000_000
const LOG_TAIL_BYTES = 4_000
const FAST_STOP_LIMIT_MS = 15_000
// After five seconds the server itself kills those of its processes that do not end.
const IMMEDIATE_STOP_LIMIT_MS = 8_000

/** A PostgreSQL that runs on the cluster. */
export interface Server {
  readonly pid: number
  /** It takes connections. */
  readonly ready: boolean
}

export interface LaunchedServer {
  readonly pid: number | undefined
  readonly exited: boolean
  /** How long the server's log was before, in bytes. */
  readonly logStart: number
}

const baseSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  max_connections: '200',
  shared_buffers: '128MB',
  effective_cache_size: '1GB',
  // Small transactions with indexes: compiling a query never pays.
  jit: 'off',
  // The disks are solid-state more often than not.
  random_page_cost: '1.1',
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  // What a statement did wrong is told to the service that sent it. In the server's log it would be personal data
  // (the details name keys and values) and a file that grows without end.
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
}

/** All settings of the server, and a fingerprint by which a running one is recognised as started with the same. */
export function settingsOf(placement: Placement, extra: Readonly<Record<string, string>>): Record<string, string> {
  const settings = { ...baseSettings, ...extra, unix_socket_directories: placement.socketDirectory, port: String(PORT) }
  const fingerprint = JSON.stringify([placement.binaries.version, settings])
  return { ...settings, 'sallyport.fingerprint': Buffer.from(fingerprint).toString('base64') }
}

/** The server that runs on the cluster, or undefined. A pid file whose process is another's is not one. */
export async function findServer(placement: Pick<Placement, 'clusterDirectory'>): Promise<Server | undefined> {
  const text = await readPidFile(placement)
  const lines = text?.split('\n') ?? []
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  if (!(await servesCluster(pid, placement.clusterDirectory))) return undefined
  return { pid, ready: lines[7]?.trim() === 'ready' }
}

/** Starts the server apart from this process: Ctrl-C and the end of this process do not reach it. */
export async function launchServer(
  placement: Placement,
  settings: Readonly<Record<string, string>>,
): Promise<LaunchedServer> {
  await removeStalePidFile(placement)
  await rotateLog(placement.logFile)
  const log = await open(placement.logFile, 'a', 0o600)
  try {
    const { size: logStart } = await log.stat()
    // Its user may start the server without root the next time.
    if (placement.user) await log.chown(placement.user.uid, placement.user.gid)
    const state = { exited: false }
    const child = spawn(
      placement.binaries.postgres,
      [
        '-D',
        placement.clusterDirectory,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      {
        cwd: '/',
        env: plainEnvironment(),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        ...(placement.user && { uid: placement.user.uid, gid: placement.user.gid }),
      },
    )
    const ended = () => {
      state.exited = true
    }
    child.on('error', ended)
    child.on('exit', ended)
    child.unref()
    return {
      pid: child.pid,
      logStart,
      get exited() {
        return state.exited
      },
    }
  } finally {
    await log.close()
  }
}

/**
 * Stops the server: first in order (open transactions are rolled back, what is committed is written out), then without
 * ceremony, which the next start repairs from the log.
 * @throws PostgresFailed when even that does not end it.
 */
export async function stopServer(pid: number, mode: 'fast' | 'immediate'): Promise<void> {
  if (mode === 'fast') {
    signal(pid, 'SIGINT')
    if (await waitForExit(pid, FAST_STOP_LIMIT_MS)) return
  }
  signal(pid, 'SIGQUIT')
  // One that was suspended hears no signal but this.
  signal(pid, 'SIGCONT')
  if (await waitForExit(pid, IMMEDIATE_STOP_LIMIT_MS)) return
  signal(pid, 'SIGKILL')
  if (await waitForExit(pid, IMMEDIATE_STOP_LIMIT_MS)) return
  throw new PostgresFailed(`the PostgreSQL with process id ${pid} does not end`)
}

/** The end of what the server wrote into its log since it was launched. */
export async function lastWords({ logFile }: Placement, launched: LaunchedServer | undefined): Promise<string> {
  const text = await readFile(logFile).catch(() => Buffer.alloc(0))
  return text.subarray(Math.max(launched?.logStart ?? 0, text.length - LOG_TAIL_BYTES)).toString()
}

async function readPidFile({ clusterDirectory }: Pick<Placement, 'clusterDirectory'>): Promise<string | undefined> {
  return readFile(pidFileOf(clusterDirectory), 'utf8').catch(() => undefined)
}

/**
 * PostgreSQL refuses to start while the process its pid file names is alive and of the same user, though it may be
 * another program that was given the id after a restart of the machine. Two servers on one cluster stay impossible: the
 * shared memory of a running one keeps a second from starting, pid file or not.
 */
async function removeStalePidFile(placement: Placement): Promise<void> {
  const text = await readPidFile(placement)
  const pid = Number.parseInt(text ?? '', 10)
  if (!isAlive(pid) || (await servesCluster(pid, placement.clusterDirectory))) return
  if (text === (await readPidFile(placement))) await rm(pidFileOf(placement.clusterDirectory), { force: true })
}

function pidFileOf(clusterDirectory: string): string {
  return join(clusterDirectory, 'postmaster.pid')
}

async function rotateLog(file: string): Promise<void> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0
  if (size > LOG_LIMIT_BYTES) await rename(file, `${file}.1`)
}
