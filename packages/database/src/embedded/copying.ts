import { copyFile, chmod, chown, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PostgresFailed, codeOf } from './errors.ts'
import type { SystemUser } from './system-user.ts'

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

interface File {
  readonly path: string
  readonly bytes: number
}

export interface Copying {
  readonly from: string
  readonly to: string
  /** Whom the copy belongs to; undefined is the user of this process. */
  readonly user: SystemUser | undefined
}

/**
 * Copies the files of a cluster whose server runs and is between `pg_backup_start` and `pg_backup_stop`. They change
 * meanwhile; the log since the start of the backup makes them whole.
 */
export async function copyCluster({
  from,
  to,
  user,
  onBytes,
}: Copying & { readonly onBytes: (copied: number, total: number) => void }): Promise<void> {
  const { directories, files } = await listCluster(from)
  for (const directory of [...directories, join('pg_wal', 'archive_status'), join('pg_wal', 'summaries')]) {
    await mkdir(join(to, directory), { recursive: true })
    await own(join(to, directory), 0o700, user)
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  let copied = 0
  for (const { path, bytes } of files) {
    if (await copyIfThere(join(from, path), join(to, path))) await own(join(to, path), 0o600, user)
    copied += bytes
    onBytes(copied, total)
  }
  await writeFile(join(to, CONTROL), await readControl(join(from, CONTROL)))
  await own(join(to, CONTROL), 0o600, user)
}

/** Copies the log, from the file `first` to the file `last`. */
export async function copyLog({
  from,
  to,
  user,
  first,
  last,
}: Copying & { readonly first: string; readonly last: string }): Promise<void> {
  for (const name of await readdir(join(from, 'pg_wal'))) {
    if (!/^[0-9A-F]{24}$/.test(name) || name < first || name > last) continue
    await copyFile(join(from, 'pg_wal', name), join(to, 'pg_wal', name))
    await own(join(to, 'pg_wal', name), 0o600, user)
  }
}

async function own(path: string, mode: number, user: SystemUser | undefined): Promise<void> {
  await chmod(path, mode)
  if (user) await chown(path, user.uid, user.gid)
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
async function copyIfThere(from: string, to: string): Promise<boolean> {
  return ifThere(async () => {
    await copyFile(from, to)
    return true
  }, false)
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
