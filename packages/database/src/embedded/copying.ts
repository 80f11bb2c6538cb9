import { copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PostgresFailed, codeOf } from './errors.ts'

/** What a server makes anew at its start, or what concerns the copied server alone: directories stay, but empty. */
const EMPTIED = new Set([
  'pg_wal',
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|backup_label.*|tablespace_map.*|.*\.signal|pgsql_tmp.*|pg_internal\.init.*|.*\.tmp)$/
/** The server's view of itself: copied last and with care. */
const CONTROL = join('global', 'pg_control')
const CONTROL_READS = 20
const AT_ONCE = 8

interface File {
  readonly path: string
  readonly bytes: number
}

export interface Copying {
  readonly from: string
  /** An empty directory. What is copied belongs to the user of this process. */
  readonly to: string
  /** Ends it early. */
  readonly signal: AbortSignal
}

/**
 * Copies the files of a cluster whose server runs and is between `pg_backup_start` and `pg_backup_stop`. They change
 * meanwhile; the log since the start of the backup makes them whole.
 */
export async function copyCluster({
  from,
  to,
  signal,
  onBytes,
}: Copying & { readonly onBytes: (copied: number, total: number) => void }): Promise<void> {
  const { directories, files } = await listCluster(from)
  for (const directory of [...directories, join('pg_wal', 'archive_status'), join('pg_wal', 'summaries')])
    await mkdir(join(to, directory), { recursive: true, mode: 0o700 })
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  let copied = 0
  const remaining = files.values()
  const work = async (): Promise<void> => {
    for (const { path, bytes } of remaining) {
      signal.throwIfAborted()
      await copyIfThere(join(from, path), join(to, path))
      copied += bytes
      onBytes(copied, total)
    }
  }
  // There are thousands of files, most of them small.
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await writeFile(join(to, CONTROL), await readControl(join(from, CONTROL)), { mode: 0o600 })
}

/** Copies the log, from the file `first` to the file `last`. */
export async function copyLog({
  from,
  to,
  signal,
  first,
  last,
}: Copying & { readonly first: string; readonly last: string }): Promise<void> {
  for (const name of await readdir(join(from, 'pg_wal'))) {
    if (!/^[0-9A-F]{24}$/.test(name) || name < first || name > last) continue
    signal.throwIfAborted()
    await copyFile(join(from, 'pg_wal', name), join(to, 'pg_wal', name))
  }
}

async function listCluster(root: string): Promise<{ directories: readonly string[]; files: readonly File[] }> {
  const directories: string[] = []
  const files: File[] = []
  const visit = async (directory: string): Promise<void> => {
    const isEmptied = EMPTIED.has(directory)
    for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (isEmptied || LEFT_OUT.test(entry.name) || path === CONTROL) continue
      if (directory === 'pg_tblspc')
        throw new PostgresFailed('a standby cannot be made: the database has tablespaces, which lie elsewhere')
      if (entry.isDirectory()) {
        directories.push(path)
        await visit(path)
      } else {
        const bytes = await sizeIfThere(join(root, path))
        if (bytes !== undefined) files.push({ path, bytes })
      }
    }
  }
  await visit('')
  return { directories, files }
}

/** Two readings that are the same: one alone may have been made while it was written. */
async function readControl(file: string): Promise<Buffer> {
  let before = await readFile(file)
  for (let reads = 0; reads < CONTROL_READS; reads += 1) {
    const now = await readFile(file)
    if (now.equals(before)) return now
    before = now
  }
  throw new PostgresFailed(`${file} changes all the time`)
}

/** A table may be dropped while it is copied. */
async function copyIfThere(from: string, to: string): Promise<void> {
  await ifThere(() => copyFile(from, to), undefined)
}

async function sizeIfThere(file: string): Promise<number | undefined> {
  return ifThere(async () => (await stat(file)).size, undefined)
}

async function ifThere<T>(step: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise
    throw error
  }
}
