import { chown, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from './cluster.ts'
import { copyCluster } from './copying.ts'
import { PostgresFailed, usingDirectory } from './errors.ts'
import { connectAdministrator } from './ownership.ts'
import type { Placement } from './placement.ts'
import { run } from './run.ts'

const PROGRESS_EVERY_MS = 2_000
const MEGABYTE = 1_000_000

export interface CloneOptions {
  /** The server to clone, which must be running. */
  readonly primary: Placement
  /** Where the clone will lie. What is there is replaced. */
  readonly standby: Placement
  readonly sync: boolean
  readonly onProgress: (step: string) => void
  /** Called when the clone is complete: afterwards nothing may run on what it replaces. */
  readonly beforeReplacing: () => Promise<void>
}

/**
 * Makes a standby's cluster out of the running primary's. It is made under another name and renamed when it is complete
 * and on the disk, so that nothing half-copied is ever started.
 */
export async function cloneCluster(options: CloneOptions): Promise<void> {
  const { primary, standby, sync, onProgress, beforeReplacing } = options
  const { clusterDirectory, dataDirectory, user } = standby
  const name = basename(clusterDirectory)
  await usingDirectory(dataDirectory, async () => {
    const unfinished = await mkdtemp(`${clusterDirectory}.new-`)
    try {
      if (user) await chown(unfinished, user.uid, user.gid)
      let nextProgress = performance.now()
      await backUp(primary, unfinished, (copied, total) => {
        if (performance.now() < nextProgress && copied < total) return
        nextProgress = performance.now() + PROGRESS_EVERY_MS
        onProgress(`making ${name}: copied ${megabytes(copied)} of ${megabytes(total)} MB`)
      })
      if (sync) await run('sync', ['-f', unfinished])
      await beforeReplacing()
      const replaced = `${unfinished}.replaced`
      await rename(clusterDirectory, replaced).catch(() => undefined)
      await rename(unfinished, clusterDirectory)
      await syncDirectory(dirname(clusterDirectory))
      await rm(replaced, { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true, maxRetries: 3 })
      throw error
    }
  })
}

async function backUp(primary: Placement, to: string, onBytes: (copied: number, total: number) => void): Promise<void> {
  const client = await connectAdministrator(primary, 'postgres')
  try {
    await client.query(`select pg_backup_start($1, fast => true)`, ['standby'])
    await copyCluster({ from: primary.clusterDirectory, to, user: primary.user, onBytes })
    const { rows } = await client.query<{ label: string }>(
      `select labelfile as label from pg_backup_stop(wait_for_archive => false)`,
    )
    const [stopped] = rows
    if (!stopped) throw new PostgresFailed('the backup of the primary was not finished')
    for (const [file, content] of [
      ['backup_label', stopped.label],
      ['standby.signal', ''],
    ] as const) {
      await writeFile(join(to, file), content, { mode: 0o600 })
      if (primary.user) await chown(join(to, file), primary.user.uid, primary.user.gid)
    }
  } finally {
    // Without it the backup is ended too.
    await client.end()
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE)
}
