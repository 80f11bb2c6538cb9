import { chown, mkdtemp, readFile, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from '@sallyport/kernel'
import { DirectoryUnusable, PostgresFailed, codeOf, usingDirectory } from './errors.ts'
import type { Placement } from './placement.ts'
import { run } from './run.ts'
import { isRoot } from './system-user.ts'

/**
 * Makes the cluster when there is none. It is made under another name and renamed when it is complete and on the disk,
 * so that a start which was killed leaves nothing that looks like a cluster, and of two starts in the same moment one
 * gives its cluster up and takes the other's.
 * @returns whether this call made it.
 * @throws DirectoryUnusable when the disk does not take it, or when what is there cannot be used.
 */
export async function ensureCluster(placement: Placement, options: { sync: boolean }): Promise<boolean> {
  const { dataDirectory } = placement
  return usingDirectory(dataDirectory, async () => {
    if (await isUsable(placement)) return false
    const parent = dirname(placement.clusterDirectory)
    const unfinished = await mkdtemp(`${placement.clusterDirectory}.new-`)
    try {
      if (placement.user) await chown(unfinished, placement.user.uid, placement.user.gid)
      await initialise(placement, unfinished, options.sync)
      // An empty directory somebody made by hand is no obstacle; rmdir refuses every other.
      await rmdir(placement.clusterDirectory).catch(() => undefined)
      await rename(unfinished, placement.clusterDirectory)
      await syncDirectory(parent)
      return true
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true })
      // Another program was first, or had already begun to tidy up.
      if (await isUsable(placement)) return false
      throw error
    }
  })
}

/** Removes what starts that were killed left unfinished. Only the owner of the directory may. */
export async function removeUnfinishedClusters(placement: Placement): Promise<void> {
  const parent = dirname(placement.clusterDirectory)
  const prefix = `${basename(placement.clusterDirectory)}.new-`
  for (const name of await readdir(parent))
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 })
}

/** Whether a complete cluster of our version is there. A directory that is neither empty nor a cluster is refused. */
async function isUsable({ clusterDirectory, dataDirectory, binaries, user }: Placement): Promise<boolean> {
  const version = await readIfThere(join(clusterDirectory, 'PG_VERSION'))
  if (version === undefined) {
    const content = await readdir(clusterDirectory).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    })
    if (content.length === 0) return false
    throw new DirectoryUnusable(dataDirectory, `${clusterDirectory} is not a PostgreSQL cluster; move it away`)
  }
  const { uid } = await stat(clusterDirectory)
  const mine = user?.uid ?? process.getuid?.()
  if (mine !== undefined && uid !== mine)
    throw new DirectoryUnusable(
      dataDirectory,
      `the database in it belongs to the user with uid ${uid}; start as that user${isRoot() ? '' : ' or as root'}`,
    )
  if (version.trim() !== binaries.major)
    throw new DirectoryUnusable(
      dataDirectory,
      `the database in it was made by PostgreSQL ${version.trim()}, and this is ${binaries.major}; ` +
        `start it with the version of Sallyport that made it and move the data with pg_dump`,
    )
  return true
}

async function initialise({ binaries, user, dataDirectory }: Placement, target: string, sync: boolean): Promise<void> {
  const { status, output } = await run(
    binaries.initdb,
    [
      `--pgdata=${target}`,
      '--username=postgres',
      '--data-checksums',
      // Text is compared byte by byte, the same on every system, and upper and lower case know all of Unicode.
      '--encoding=UTF8',
      '--no-locale',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      // Who can open the socket is decided by the directory it lies in, which is its owner's alone (0700).
      '--auth-local=trust',
      '--auth-host=reject',
      ...(sync ? [] : ['--no-sync']),
    ],
    user,
  )
  if (status === 0) return
  if (/No space left on device|Disk quota exceeded/.test(output))
    throw new DirectoryUnusable(dataDirectory, 'the disk is full; free some space (about 100 MB) and start again')
  throw new PostgresFailed(`the database in ${dataDirectory} could not be made`, output)
}

/** The text of a file, or undefined when there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
