import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from '@sallyport/kernel'
import { copyCluster, copyLog } from './copying.ts'
import { PostgresFailed, usingDirectory } from './errors.ts'
import { connectAdministrator } from './ownership.ts'
import type { Placement } from './placement.ts'
import { run } from './run.ts'
import type { SystemUser } from './system-user.ts'
import { within } from '../time-limit.ts'

const PROGRESS_EVERY_MS = 2_000
/** The primary writes everything out when a backup begins, which a slow disk may take long for. */
const ANSWER_LIMIT_MS = 60_000
const MEGABYTE = 1_000_000

export interface CloneOptions {
  /** The server to clone, which must be running. */
  readonly primary: Placement
  /** Where the clone will lie. What is there is replaced. */
  readonly standby: Placement
  readonly sync: boolean
  readonly onProgress: (step: string) => void
  /** Ends it early. */
  readonly signal: AbortSignal
  /** Called when the clone is complete: afterwards nothing may run on what it replaces. */
  readonly beforeReplacing: () => Promise<void>
}

/**
 * Makes a standby's cluster out of the running primary's. It is made under another name and renamed when it is complete
 * and on the disk, so that nothing half-copied is ever started.
 */
export async function cloneCluster(options: CloneOptions): Promise<void> {
  const { primary, standby, sync, onProgress, signal, beforeReplacing } = options
  const { clusterDirectory, dataDirectory, user } = standby
  const name = basename(clusterDirectory)
  await usingDirectory(dataDirectory, async () => {
    const unfinished = await mkdtemp(`${clusterDirectory}.new-`)
    try {
      let nextProgress = performance.now()
      const onBytes = (copied: number, total: number): void => {
        if (performance.now() < nextProgress && copied < total) return
        nextProgress = performance.now() + PROGRESS_EVERY_MS
        onProgress(`making ${name}: copied ${megabytes(copied)} of ${megabytes(total)} MB`)
      }
      await backUp(primary, { name, to: unfinished, signal, onBytes })
      if (user) await handOver(unfinished, user)
      if (sync) await run('sync', ['-f', unfinished])
      await beforeReplacing()
      const replaced = `${unfinished}.replaced`
      await rename(clusterDirectory, replaced).catch(() => undefined)
      await rename(unfinished, clusterDirectory)
      await syncDirectory(dirname(clusterDirectory))
      await rm(replaced, { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      // Thousands of files; whoever stops leaves them to the next start.
      if (!signal.aborted) await rm(unfinished, { recursive: true, force: true, maxRetries: 3 })
      throw error
    }
  })
}

interface BackUp {
  readonly name: string
  readonly to: string
  readonly signal: AbortSignal
  readonly onBytes: (copied: number, total: number) => void
}

async function backUp(primary: Placement, { name, to, signal, onBytes }: BackUp): Promise<void> {
  const client = await connectAdministrator(primary, 'postgres').catch((error: unknown) => {
    throw new PostgresFailed(`${name} cannot be made while the primary is not running`, String(error))
  })
  // A primary that is slow, or hangs in the middle, must not keep the standby from being stopped.
  const done = new AbortController()
  const aborted = once(signal, 'abort', { signal: done.signal }).then(() => signal.throwIfAborted())
  aborted.catch(() => undefined)
  const answer = async <Row extends object>(text: string, values: readonly unknown[] = []) => {
    const reply = client.query<Row>(text, [...values])
    await within(ANSWER_LIMIT_MS, Promise.race([reply, aborted]))
    return (await reply).rows[0]
  }
  const copy = { from: primary.clusterDirectory, to, signal }
  try {
    signal.throwIfAborted()
    // The log since the start is part of the copy: for as long as this connection lasts the primary keeps it.
    await answer(`select pg_create_physical_replication_slot($1, true, true)`, [
      `clone_${randomBytes(8).toString('hex')}`,
    ])
    const start = await answer<{ file: string }>(`select pg_walfile_name(pg_backup_start($1, fast => true)) as file`, [
      'standby',
    ])
    await copyCluster({ ...copy, onBytes })
    const stop = await answer<{ file: string; label: string }>(
      `select pg_walfile_name(lsn) as file, labelfile as label from pg_backup_stop(wait_for_archive => false)`,
    )
    if (!start || !stop) throw new PostgresFailed('the backup of the primary was not finished')
    await copyLog({ ...copy, first: start.file, last: stop.file })
    await writeFile(join(to, 'backup_label'), stop.label, { mode: 0o600 })
    await writeFile(join(to, 'standby.signal'), '', { mode: 0o600 })
  } finally {
    // Without it the backup and the slot are ended too.
    done.abort()
    const end = client.end().catch(() => undefined)
    if (!signal.aborted) await within(ANSWER_LIMIT_MS, end).catch(() => undefined)
  }
}

async function handOver(directory: string, { uid, gid }: SystemUser): Promise<void> {
  const { status, output } = await run('chown', ['-R', `${uid}:${gid}`, directory])
  if (status !== 0) throw new PostgresFailed(`${directory} cannot be handed over to PostgreSQL's user`, output)
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE)
}
